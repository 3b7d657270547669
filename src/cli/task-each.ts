// `task each`: one deed for many tasks at once, with a word on each that refused.

import type { Spec } from "./command.ts";
import { EXIT } from "./failure.ts";
import { readJson } from "./input.ts";
import { listIn, maybe, number, objectIn, text } from "./shapes.ts";
import { printable } from "./text.ts";

/** As many as the peer takes in one request. */
const TASKS_AT_ONCE = 500;
const DEEDS = ["pause", "resume", "trigger", "skip", "cancel", "change", "delete"];

export const taskEach: Spec<{ readonly with?: string }> = {
  usage: "each <deed> <ids...>",
  isWrite: true,
  summary: `do one thing to many tasks: ${DEEDS.join(", ")}`,
  examples: [
    "metronome task ls --label site=lyon --json | jq -r .id | xargs metronome task each pause",
    `metronome task each change a b --with '{"labels": {"team": "ops"}}'`,
  ],
  options: (command) =>
    command.option("--with <json>", "what each is asked with: of a change the patch; JSON, @file, or - for the input"),
  async run({ parts, isJson, connect, print, printJson, note }, { with: given }, [deed = "", ...ids]) {
    const more = given === undefined ? {} : { with: await readJson("--with", given, parts) };
    const client = await connect();
    const items: unknown[] = [];
    for (let from = 0; from < ids.length; from += TASKS_AT_ONCE) {
      const body = { do: deed, ids: ids.slice(from, from + TASKS_AT_ONCE), ...more };
      items.push(...listIn(objectIn(await client.send("POST", "tasks:each", body)).items));
    }
    const refused = items.map(objectIn).filter(({ status }) => number(status) >= 400);
    if (isJson) { for (const item of items) await printJson(item); }
    else {
      for (const { id, problem } of refused) {
        await note(
          `${printable(text(id))}: ${printable(maybe(problem, (it) => text(objectIn(it).detail)) ?? "refused")}`,
        );
      }
      const done = items.length - refused.length;
      const left = refused.length === 0 ? "" : `, ${refused.length} refused`;
      await print(`${done === 1 ? "1 task" : `${done} tasks`} done${left}.\n`);
    }
    if (refused.length > 0) return EXIT.failed;
  },
};
