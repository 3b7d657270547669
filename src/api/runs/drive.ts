// Driving many runs again, or dismissing them: those of one task go to its owner together. Each is told when it is to go,
// so that a rate holds wherever they are fired, and also after a restart.

import {
  type Again,
  type CommandResult,
  REDRIVE_MAX,
  type RedriveRefusal,
  type TaskCommand,
} from "../../core/protocol/command.ts";
import type { OccurrenceId } from "../../core/task/occurrence.ts";
import type { Run } from "../../core/task/run.ts";
import { type Faults, number } from "../../core/values/faults.ts";
import type { TaskGuid } from "../../core/values/ids.ts";
import { formatInstant, type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { submit } from "../tasks/put.ts";

/** Events a second that a redrive may be told to hold to. */
export const PER_SECOND_MIN = 0.001;
export const PER_SECOND_MAX = 10_000;

/** Refusals that are told one by one. */
export const REFUSALS_MAX = 20;

/** Commands under way at a time. */
const AT_ONCE = 16;

export type Wanted = { readonly guid: TaskGuid; readonly id: OccurrenceId; readonly instant?: Instant };

export type Told = { readonly runs: readonly Run[]; readonly refused: readonly RedriveRefusal[] };

export type Driven = Told & {
  /** When the last one goes; absent when none does. */
  readonly until?: Instant;
};

/** In their order, the first at `start`; without a rate all then. */
export async function drive(
  peer: Pick<Peer, "submit">,
  wanted: readonly Wanted[],
  { start, perSecond }: { readonly start: Instant; readonly perSecond?: number },
): Promise<Driven> {
  const gapMs = perSecond === undefined ? 0 : 1_000 / perSecond;
  const ofTasks = new Map<TaskGuid, Again[]>();
  for (const [n, { guid, id, instant }] of wanted.entries()) {
    const at = Math.min(INSTANT_MAX, Math.floor(start + n * gapMs)) as Instant;
    const again: Again = { id, at, ...(instant === undefined ? {} : { instant }) };
    const known = ofTasks.get(guid);
    if (known === undefined) ofTasks.set(guid, [again]);
    else known.push(again);
  }
  const { runs, refused } = await overTasks(peer, ofTasks, (runs) => ({ kind: "redrive", runs }));
  let until: Instant | undefined;
  for (const { retryAt } of runs) {
    if (retryAt !== undefined && (until === undefined || retryAt > until)) until = retryAt;
  }
  return { runs, refused, ...(until === undefined ? {} : { until }) };
}

export type DrivenView = {
  readonly redriven: number;
  readonly refused: number;
  readonly refusals: readonly { readonly id: OccurrenceId; readonly reason: string }[];
  readonly until: string | null;
};

export function drivenView({ runs, refused, until }: Driven): DrivenView {
  return {
    redriven: runs.length,
    ...refusalsView(refused),
    until: until === undefined ? null : formatInstant(until),
  };
}

export function refusalsView(refused: readonly RedriveRefusal[]): Pick<DrivenView, "refused" | "refusals"> {
  return {
    refused: refused.length,
    refusals: refused.slice(0, REFUSALS_MAX).map(({ id, message }) => ({ id, reason: message })),
  };
}

export function perSecondIn(value: unknown, faults: Faults): number | undefined {
  if (value === undefined) return undefined;
  return number(value, "perSecond", PER_SECOND_MIN, PER_SECOND_MAX, faults, "fraction");
}

/** These runs are no dead letters any more. */
export async function dismissAll(peer: Pick<Peer, "submit">, letters: readonly Run[]): Promise<Told> {
  const ofTasks = Map.groupBy(letters, ({ guid }) => guid);
  return await overTasks(peer, ofTasks, (runs) => ({ kind: "dismiss", runs: runs.map(({ id }) => id) }));
}

/** What is asked of runs goes to the owners of their tasks, that of one task together. */
async function overTasks<T extends { readonly id: OccurrenceId }>(
  peer: Pick<Peer, "submit">,
  ofTasks: ReadonlyMap<TaskGuid, readonly T[]>,
  commandOf: (runs: readonly T[]) => TaskCommand,
): Promise<Told> {
  const pages = [...ofTasks].flatMap(([guid, all]) => pagesOf(all).map((asked) => ({ guid, asked })));
  const runs: Run[] = [];
  const refused: RedriveRefusal[] = [];
  const work = async () => {
    for (let next = pages.shift(); next !== undefined; next = pages.shift()) {
      const { guid, asked } = next;
      const told = toldBy(await submit(peer, { kind: "task", guid, command: commandOf(asked) }), asked);
      runs.push(...told.runs);
      refused.push(...told.refused);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { runs, refused };
}

function toldBy(result: CommandResult, asked: readonly { readonly id: OccurrenceId }[]): Told {
  switch (result.kind) {
    case "redriven":
    case "dismissed":
      return result;
    case "refused":
      return { runs: [], refused: asked.map(({ id }) => ({ id, message: result.message })) };
    case "task":
    case "removed":
    case "run":
    case "cancelled":
    case "written":
      throw new Error(`what was asked of runs was answered with ${result.kind}`);
  }
}

function pagesOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from(
    { length: Math.ceil(all.length / REDRIVE_MAX) },
    (_, page) => all.slice(page * REDRIVE_MAX, (page + 1) * REDRIVE_MAX),
  );
}
