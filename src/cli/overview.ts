// `overview`: how it goes, at one look: what ran, how late, what fails, and what comes next.

import type { Spec } from "./command.ts";
import { listIn, maybe, number, objectIn, text } from "./shapes.ts";
import { moment } from "./show.ts";
import { type Cell, createFacts, createTable } from "./table.ts";

export const overview: Spec<Record<never, never>> = {
  usage: "overview",
  summary: "show how it goes: what ran, how late, what fails, and what comes next",
  examples: ["metronome overview", "metronome overview --json | jq .outcomes"],
  async run({ isJson, ink, width, connect, print, printJson }) {
    const client = await connect();
    const answer = await client.get("overview");
    if (isJson) return await printJson(answer);
    const { tasks, minutes, lateness, outcomes, retrying, deadLetters, failing, failingCount, ahead, mesh } = objectIn(
      answer,
    );
    const late = maybe(lateness, objectIn);
    const counted = maybe(tasks, objectIn);
    const settled = listIn(minutes).map(number).reduce((sum, each) => sum + each, 0);
    const peers = listIn(objectIn(mesh).peers).map(objectIn);
    const alive = peers.filter(({ state }) => state === "alive").length;
    const failed = number(failingCount);
    const letters = objectIn(deadLetters);
    const dead = number(letters.count);
    const given = `${dead}${letters.isMore === true ? "+" : ""}`;
    await print(createFacts([
      ["tasks", counted === undefined ? "-" : `${number(counted.tasks)}, ${number(counted.paused)} of them paused`],
      ["last hour", `${settled} runs`],
      [
        "late",
        late === undefined ? "-" : `half ${number(late.p50)} ms or less, 99 of 100 ${number(late.p99)} ms or less`,
      ],
      [
        "last day",
        Object.entries(objectIn(outcomes)).map(([outcome, count]) => `${number(count)} ${outcome}`).join(", "),
      ],
      ["retrying", String(number(retrying))],
      ["dead letters", dead === 0 ? "none" : { text: given, colour: "red" }],
      ["failing", failed === 0 ? "no task" : { text: failed === 1 ? "1 task" : `${failed} tasks`, colour: "red" }],
      [
        "peers",
        alive === peers.length ? `${alive} alive` : { text: `${alive} of ${peers.length} alive`, colour: "yellow" },
      ],
    ], ink));
    const troubled = listIn(failing).map(objectIn).map(({ task, since, failures, error }): readonly Cell[] => [
      moment(text(since)),
      text(task),
      String(number(failures)),
      maybe(error, text) ?? "-",
    ]);
    if (troubled.length > 0) await print(`\n${createTable(FAILING, ink, width).lines(troubled)}`);
    const next = listIn(objectIn(ahead).first).map(objectIn).map(({ at, task }) => [moment(text(at)), text(task)]);
    if (next.length > 0) await print(`\n${createTable(NEXT, ink, width).lines(next)}`);
  },
};

const FAILING = [
  { title: "FAILING SINCE" },
  { title: "TASK", isFlexible: true },
  { title: "TIMES" },
  { title: "ERROR", isFlexible: true },
];

const NEXT = [{ title: "NEXT" }, { title: "TASK", isFlexible: true }];
