// `task explain`: who fires a task and why, and what became of one of its occurrences.

import type { Spec } from "./command.ts";
import { flag, listIn, maybe, number, objectIn, text } from "./shapes.ts";
import { createTable } from "./table.ts";
import { taskPath } from "./task-path.ts";

type Options = { readonly at?: string };

type Candidate = {
  readonly peer: string;
  readonly name: string;
  readonly score: number;
  readonly isEligible: boolean;
  readonly reason: string | undefined;
};

export const taskExplain: Spec<Options> = {
  usage: "explain <id>",
  summary: "say who fires a task and why, and what became of an occurrence",
  examples: ["metronome task explain hello", "metronome task explain hello --at 2026-12-01T09:00:00Z"],
  options: (command) =>
    command.option("--at <instant>", "that occurrence (RFC 3339); the one in flight or the next when absent"),
  async run({ isJson, ink, width, connect, print, printJson }, { at }, [id = ""]) {
    const client = await connect();
    const answer = await client.get(taskPath(id, "explain"), { at });
    if (isJson) return await printJson(answer);
    const { sentence, shard, placement, candidates } = objectIn(answer);
    const of = placement === undefined || placement === null ? "" : ` of its placement's 256`;
    await print(`${text(sentence)}\n\nShard ${number(shard)}${of}, the highest score of the able first:\n`);
    const rows = listIn(candidates).map(parseCandidate);
    await print(
      createTable(COLUMNS, ink, width).lines(rows.map((row) => [
        row.name,
        row.score.toFixed(3),
        row.isEligible ? { text: "yes", colour: "green" } : { text: "no", colour: "yellow" },
        row.reason === undefined ? "" : REASONS[row.reason] ?? row.reason,
        row.peer,
      ])),
    );
  },
};

const COLUMNS = [
  { title: "NAME", isFlexible: true },
  { title: "SCORE" },
  { title: "ABLE" },
  { title: "WHY NOT", isFlexible: true },
  { title: "PEER", isFlexible: true },
];

const REASONS: { readonly [reason: string]: string } = {
  dead: "not reached",
  left: "has left",
  unheard: "has not said what it is",
  draining: "drained",
  clock: "its clock is off",
  fenced: "has not synced yet",
  format: "of another version",
  disk: "its disk takes no writes",
  placement: "not of its placement",
};

function parseCandidate(value: unknown): Candidate {
  const { peer, name, score, eligible, reason } = objectIn(value);
  return {
    peer: text(peer),
    name: text(name),
    score: number(score),
    isEligible: flag(eligible),
    reason: maybe(reason, text),
  };
}
