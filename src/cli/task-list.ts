// `task ls`: all tasks, or those that match, page after page.

import { labelPair, repeated, type Spec } from "./command.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { parseTask, type Task } from "./shapes.ts";
import { asText, maybeMoment, moment, outcomeCell, stateCell } from "./show.ts";
import type { Cell } from "./table.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = {
  readonly search?: string;
  readonly label?: readonly string[];
  readonly paused?: boolean;
  readonly target?: string;
  readonly limit?: number;
};

export const taskList: Spec<Options> = {
  usage: "ls",
  beyond: (word) => `One task is shown by: metronome task show ${word}; those that match by: --search ${word}`,
  summary: "list tasks, by id",
  examples: ["metronome task ls --search backup --label site=lyon --paused", "metronome task ls --json | jq -r .id"],
  options: (command) =>
    command
      .option("--search <text>", "those whose id or name holds the text")
      .addOption(repeated("--label <name=value>", "those with the label; may be given more than once", labelPair))
      .option("--target <name>", "those that refer to the named target")
      .option("--paused", "those that are paused")
      .option("--no-paused", "those that are not")
      .option("--limit <n>", "at most so many; all when absent", wholeNumber(1, LIMIT_MAX)),
  async run(context, { search, label, paused, target, limit = LIMIT_MAX }) {
    const isFiltered = [search, label, paused, target].some((each) => each !== undefined);
    await printList(await context.connect(), context, {
      path: "tasks",
      query: { q: search, label, target, paused: paused === undefined ? undefined : String(paused) },
      limit,
      columns: COLUMNS,
      row: (item) => row(parseTask(item)),
      none: isFiltered ? "No task matches." : "There are no tasks. `metronome task add --help` shows how to add one.",
    });
  },
};

const COLUMNS = [
  { title: "ID", isFlexible: true },
  { title: "STATE" },
  { title: "NEXT" },
  { title: "LAST", goes: 1 },
  { title: "OUTCOME" },
  { title: "SCHEDULE", isFlexible: true },
  { title: "TARGET", isFlexible: true },
];

function row(task: Task): readonly Cell[] {
  const { id, next, last, sentence, target } = task;
  return [
    id,
    stateCell(task),
    task.state.paused ? "-" : maybeMoment(next),
    last === undefined ? "-" : moment(last.instant),
    last === undefined ? "-" : outcomeCell(last.outcome),
    sentence,
    typeof target === "string" ? target : urnOf(target),
  ];
}

function urnOf(target: unknown): string {
  if (typeof target !== "object" || target === null) return asText(target);
  if ("name" in target) return `${String(target.name)}${"path" in target ? ` ${String(target.path)}` : ""}`;
  return "urn" in target ? String(target.urn) : asText(target);
}
