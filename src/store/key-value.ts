// The inner door of the store: ordered texts in named spaces. LevelDB behind it, or a map in memory; the same contract
// suite holds for both.

export type Space =
  | "entities"
  | "names"
  | "progress"
  | "due"
  | "runs"
  | "runsByTask"
  | "runsByTime"
  | "deadByTime"
  | "deadByCause"
  | "open"
  | "votes"
  | "answers"
  | "answersByTime"
  | "dots"
  | "log"
  | "backlog"
  | "conflicts"
  | "versions"
  | "versionsByTime"
  | "exchanges"
  | "meta";

export type Put = { readonly space: Space; readonly key: string; readonly value: string };
export type Delete = { readonly space: Space; readonly key: string; readonly value?: undefined };
export type Operation = Put | Delete;

/** Keys in the order of their UTF-8 bytes. `reverse` walks down from `lt`/the end. */
export type Range = {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
};

export interface KeyValue {
  /** Synced and atomic when it resolves; rejects with `StoreFailure`. */
  batch(operations: readonly Operation[]): Promise<void>;
  /** One for each key, in order. A damaged record is `undefined`, and counted. Rejects with `StoreFailure`. */
  getMany(space: Space, keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** A walk over a consistent view, as of the call. */
  walk(space: Space, range: Range): Walk;
  /** Records found damaged since the start. */
  damaged(): number;
  onWritable(listener: (writable: boolean, why: string) => void): void;
  close(): Promise<void>;
}

/** One `take` at a time. */
export interface Walk {
  /** `count` further entries, fewer only at the end. Damaged records are left out, and counted. */
  take(count: number): Promise<readonly (readonly [key: string, value: string])[]>;
  /** The next `take` starts at the first key at or after `key` (at or before it in reverse). Outside the range: at the end. */
  seek(key: string): void;
  close(): Promise<void>;
}
