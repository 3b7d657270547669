// `task next`: when a task will fire, by its peer's own reckoning.

import type { Spec } from "./command.ts";
import { parsePreview } from "./shapes.ts";
import { previewText } from "./show.ts";
import { taskPath } from "./task-path.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = { readonly count: number; readonly from?: string; readonly zone?: string };

/** The API gives no more. */
const COUNT_MAX = 100;
const COUNT = 10;

export const taskNext: Spec<Options> = {
  usage: "next <id>",
  summary: "print when a task is due next",
  examples: ["metronome task next hello -n 5 --zone Europe/Paris"],
  options: (command) =>
    command
      .option("-n, --count <n>", "so many occurrences", wholeNumber(1, COUNT_MAX), COUNT)
      .option("--from <instant>", "from then on (RFC 3339); now when absent")
      .option("--zone <zone>", "also as local time there; the schedule's own when absent"),
  async run({ isJson, connect, print, printJson }, { count, from, zone }, [id = ""]) {
    const client = await connect();
    const answer = await client.get(taskPath(id, "next"), { count: String(count), from, zone });
    return isJson ? await printJson(answer) : await print(previewText(parsePreview(answer)));
  },
};
