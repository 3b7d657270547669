// What a peer answers, read from JSON into the shapes that the commands show. A peer of another version may say more;
// what it says less is a failure with one clear line.

import { EXIT, Failure } from "./failure.ts";

export type Task = {
  readonly id: string;
  readonly name: string;
  readonly schedule: unknown;
  readonly sentence: string;
  readonly target: unknown;
  readonly payload: unknown;
  readonly policy: JsonObject;
  readonly state: { readonly paused: boolean; readonly note?: string; readonly until?: string };
  readonly labels: JsonObject;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly owner: string | undefined;
  /** Why it has none. */
  readonly unowned: string | undefined;
  readonly next: string | undefined;
  readonly last: { readonly instant: string; readonly outcome: string } | undefined;
};

export type Run = {
  readonly id: string;
  readonly task: string;
  readonly instant: string;
  readonly state: string;
  readonly outcome: string | undefined;
  readonly reason: string | undefined;
  readonly isManual: boolean;
  /** Two peers have settled it. */
  readonly isDuplicate: boolean;
  /** How often it was driven again. */
  readonly redriven: number;
  readonly attempts: readonly {
    readonly n: number;
    readonly peer: string;
    /** The owner, when it asked that peer to send it. */
    readonly askedBy: string | undefined;
    readonly status: number | undefined;
    readonly error: string | undefined;
  }[];
  readonly latenessMs: number | undefined;
  readonly retryAt: string | undefined;
};

export type Preview = {
  readonly sentence: string;
  readonly next: readonly string[];
  readonly local: readonly string[];
  readonly notes: readonly string[];
  readonly zone: string;
};

export type Page = { readonly items: readonly unknown[]; readonly cursor: string | undefined };

/** The answer to one line of a batch. */
export type LineAnswer =
  | { readonly kind: "put"; readonly line: number; readonly isNew: boolean }
  | { readonly kind: "refused"; readonly line: number; readonly problem: unknown };

export type JsonObject = { readonly [name: string]: unknown };

export function parseTask(value: unknown): Task {
  const task = objectIn(value);
  const state = objectIn(task.state);
  const last = task.last === null ? undefined : objectIn(task.last);
  return {
    id: text(task.id),
    name: text(task.name),
    schedule: task.schedule,
    sentence: text(task.sentence),
    target: task.target,
    payload: task.payload,
    policy: objectIn(task.policy),
    state: {
      paused: state.paused === true,
      ...(state.note === undefined ? {} : { note: text(state.note) }),
      ...(state.until === undefined ? {} : { until: text(state.until) }),
    },
    labels: objectIn(task.labels),
    createdAt: text(task.createdAt),
    updatedAt: text(task.updatedAt),
    owner: maybe(task.owner, text),
    unowned: maybe(task.unowned, text),
    next: maybe(task.next, text),
    last: last === undefined ? undefined : { instant: text(last.instant), outcome: text(last.outcome) },
  };
}

export function parseRun(value: unknown): Run {
  const run = objectIn(value);
  return {
    id: text(run.id),
    task: text(run.task),
    instant: text(run.instant),
    state: text(run.state),
    outcome: maybe(run.outcome, text),
    reason: maybe(run.reason, text),
    isManual: run.manual === true,
    isDuplicate: run.duplicate === true,
    redriven: run.redriven === undefined ? 0 : number(objectIn(run.redriven).times),
    attempts: listIn(run.attempts).map(objectIn).map(({ n, peer, askedBy, status, error }) => ({
      n: number(n),
      peer: text(peer),
      askedBy: maybe(askedBy, text),
      status: maybe(status, number),
      error: maybe(error, text),
    })),
    latenessMs: maybe(run.latenessMs, number),
    retryAt: maybe(run.retryAt, text),
  };
}

export function parsePreview(value: unknown): Preview {
  const { sentence, next, local, notes, zone } = objectIn(value);
  return {
    sentence: text(sentence),
    next: listIn(next).map(text),
    local: listIn(local).map(text),
    notes: listIn(notes).map(text),
    zone: text(zone),
  };
}

export function parsePage(value: unknown): Page {
  const { items, cursor } = objectIn(value);
  return { items: listIn(items), cursor: maybe(cursor, text) };
}

export function parseLineAnswer(value: unknown): LineAnswer {
  const { line, status, problem } = objectIn(value);
  if (problem === undefined) return { kind: "put", line: number(line), isNew: number(status) === 201 };
  return { kind: "refused", line: number(line), problem };
}

export function parseToken(value: unknown): { readonly token: string; readonly expiresAt: string | undefined } {
  const { token, expiresAt } = objectIn(value);
  return { token: text(token), expiresAt: maybe(expiresAt, text) };
}

/** JSON from a peer. */
export function parseAnswer(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw unknownAnswer();
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectIn(value: unknown): JsonObject {
  if (!isObject(value)) throw unknownAnswer();
  return value;
}

export function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unknownAnswer();
  return value;
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw unknownAnswer();
  return value;
}

export function number(value: unknown): number {
  if (typeof value !== "number") throw unknownAnswer();
  return value;
}

export function flag(value: unknown): boolean {
  if (typeof value !== "boolean") throw unknownAnswer();
  return value;
}

export function maybe<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

function unknownAnswer(): Failure {
  return new Failure(
    EXIT.failed,
    "The peer answered with something that this program does not know. Are the two of one version?",
  );
}
