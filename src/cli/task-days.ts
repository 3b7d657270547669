// `task days`: what became of a task's runs on each day of the last year.

import type { Spec } from "./command.ts";
import { flag, listIn, maybe, number, objectIn, text } from "./shapes.ts";
import { type Cell, createTable } from "./table.ts";
import { taskPath } from "./task-path.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = { readonly zone?: string; readonly limit?: number };

/** 53 weeks. */
const DAYS_MAX = 371;

export const taskDays: Spec<Options> = {
  usage: "days <id>",
  summary: "print what became of a task's runs on each day of the last year, the latest first",
  examples: ["metronome task days hello --limit 7", "metronome task days hello --zone Europe/Paris"],
  options: (command) =>
    command
      .option("--zone <zone>", "days as they are there; the schedule's own zone when absent")
      .option("--limit <n>", "at most so many days that had any", wholeNumber(1, DAYS_MAX)),
  async run({ isJson, ink, width, connect, print, printJson, note }, { zone, limit = DAYS_MAX }, [id = ""]) {
    const client = await connect();
    const answer = objectIn(await client.get(taskPath(id, "days"), { zone }));
    const days = listIn(answer.days).toReversed().slice(0, limit);
    if (isJson) {
      for (const day of days) await printJson(day);
      return;
    }
    if (days.length === 0) return await note("Nothing has become of it yet.");
    await print(createTable(COLUMNS, ink, width).lines(days.map(row)));
    if (!flag(answer.isAll)) await note("Older runs are not counted here: `metronome task runs` lists them.");
  },
};

const OUTCOMES = ["delivered", "failed", "expired", "missed", "skipped"] as const;

const COLUMNS = [
  { title: "DAY" },
  ...OUTCOMES.map((outcome) => ({ title: outcome.toUpperCase() })),
  { title: "WORST LATE" },
];

function row(value: unknown): readonly Cell[] {
  const day = objectIn(value);
  const worst = maybe(day.worstLatenessMs, number);
  return [
    text(day.day),
    ...OUTCOMES.map((outcome): Cell => {
      const count = number(day[outcome]);
      if (count === 0) return "-";
      return outcome === "failed" ? { text: String(count), colour: "red" } : String(count);
    }),
    worst === undefined ? "-" : `${worst} ms`,
  ];
}
