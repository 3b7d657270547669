// A version is what a task was until an edit: kept by each peer that saw it, so that its user can compare and go back. A
// peer that was away sees several edits as one, and says that there is a gap.

import type { TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MIN } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";
import { type Entity, type Register, revisionOf } from "./register.ts";

export type Version = {
  readonly guid: TaskGuid;
  /** The registers that were replaced, as they were. */
  readonly was: { readonly [name: string]: Register };
  /** When this peer saw them replaced. */
  readonly until: Instant;
  /** The revision that came then. */
  readonly by: Stamp;
};

/** What a person writes; a pause and what is skipped make no version. */
const WRITTEN: readonly string[] = ["schedule", "target", "policy", "meta", "life"];

/** What an edit makes a version of the task before; absent when it changed nothing that a person writes, or there was none. */
export function versionOf(before: Entity | undefined, after: Entity, until: Instant): Version | undefined {
  if (before === undefined || after.kind !== "task") return undefined;
  const names = Object.keys(before.registers).filter((name) =>
    before.registers[name]?.stamp !== after.registers[name]?.stamp
  );
  if (!names.some((name) => WRITTEN.includes(name))) return undefined;
  const was = Object.fromEntries(Object.entries(before.registers).filter(([name]) => names.includes(name)));
  return { guid: before.key as TaskGuid, was, until, by: revisionOf(after) };
}

/** The newest stamp of what a person writes. */
export function writtenOf({ registers }: Entity): Stamp | undefined {
  return WRITTEN.flatMap((name) => registers[name]?.stamp ?? []).sort().at(-1);
}

const INSTANT_DIGITS = 15;

/** Where it stands among those of its task: its key, in the order of time. */
export function versionPlace({ until, by }: Version): string {
  return `${String(until - INSTANT_MIN).padStart(INSTANT_DIGITS, "0")}/${by}`;
}

/** A task as this peer knew it at some time. */
export type PastTask = {
  readonly entity: Entity;
  /** Until when; absent of the task as it is now. */
  readonly until?: Instant;
  /** It was written over something that this peer has not kept, or has not seen. */
  readonly hasGap: boolean;
};

/** What the task is, and what it was, the latest first; `kept` too. */
export function pastOf(now: Entity, kept: readonly Version[]): readonly PastTask[] {
  const entities = [now];
  for (const { was } of kept) {
    const [newer = now] = entities.slice(-1);
    entities.push({ ...newer, registers: { ...newer.registers, ...was } });
  }
  return entities.map((entity, n) => {
    const until = kept[n - 1]?.until;
    return { entity, ...(until === undefined ? {} : { until }), hasGap: hasGap(entity, entities[n + 1]) };
  });
}

/** Whether some register was written over another than the one that was there before. */
function hasGap({ registers }: Entity, before: Entity | undefined): boolean {
  return WRITTEN.some((name) => {
    const register = registers[name];
    const older = before?.registers[name];
    return register !== undefined && register.stamp !== older?.stamp && register.previous !== older?.stamp;
  });
}
