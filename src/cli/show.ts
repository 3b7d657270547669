// Tasks and runs as people read them: instants without idle milliseconds, outcomes in their colours.

import type { Cell } from "./table.ts";
import type { Preview, Run, Task } from "./shapes.ts";

/** `2026-12-01T09:00:00Z` */
export function moment(instant: string): string {
  return instant.replace(".000Z", "Z");
}

export function maybeMoment(instant: string | undefined): string {
  return instant === undefined ? "-" : moment(instant);
}

/** A text as it is, all else as JSON. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function stateCell({ state }: Task): Cell {
  return state.paused ? { text: "paused", colour: "yellow" } : "enabled";
}

/** The outcome of a run, or how far it is. */
export function outcomeCell(text: string): Cell {
  switch (text) {
    case "delivered":
      return { text, colour: "green" };
    case "failed":
      return { text, colour: "red" };
    case "due":
    case "attempting":
      return text;
  }
  return { text, colour: "yellow" };
}

/** What there is to know of a run that was not simply delivered. */
export function detailOf(run: Run): string {
  const last = run.attempts.at(-1);
  const answer = last?.error ?? (last?.status === undefined ? undefined : `HTTP ${last.status}`);
  const again = run.retryAt === undefined ? undefined : `again at ${moment(run.retryAt)}`;
  const parts = [run.isManual ? "manual" : undefined, run.isDuplicate ? "duplicate" : undefined];
  return [...parts, run.reason ?? answer, again].filter((part) => part !== undefined).join(", ");
}

export function lateness({ latenessMs }: Run): string {
  if (latenessMs === undefined) return "-";
  return latenessMs < 10_000 ? `${latenessMs} ms` : `${(latenessMs / 1000).toFixed(0)} s`;
}

/** The sentence, the next occurrences in UTC and in the schedule's zone, and what to know. */
export function previewText({ sentence, next, local, notes, zone }: Preview): string {
  const isLocal = !["UTC", "Z"].includes(zone);
  const lines = next.map((instant, i) =>
    isLocal ? `${moment(instant)}  ${(local[i] ?? "").replace(".000", "")}` : moment(instant)
  );
  const times = lines.length === 0 ? "It never fires.\n" : lines.map((line) => `  ${line}\n`).join("");
  return `${sentence}\n${times}${notes.map((note) => `Note: ${note}\n`).join("")}`;
}
