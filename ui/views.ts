// What the peer shows: tasks, runs and previews, as its REST API writes them. Instants are RFC 3339 UTC.

export type Task = {
  readonly id: string;
  readonly guid: string;
  readonly name: string;
  /** As it was written. */
  readonly schedule: string | { readonly [field: string]: unknown };
  readonly sentence: string;
  readonly target: string | { readonly urn: string; readonly method?: string };
  readonly payload: unknown;
  readonly policy: { readonly [field: string]: unknown };
  readonly state: { readonly paused: boolean; readonly note?: string; readonly until?: string };
  readonly labels: { readonly [name: string]: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly owner: string;
  readonly next: string | null;
  readonly last: { readonly instant: string; readonly outcome: Outcome; readonly peer: string } | null;
};

export type Outcome = "delivered" | "failed" | "expired" | "missed" | "skipped";

export type RunState = "due" | "attempting" | "retrying" | "settled";

export type Run = {
  readonly id: string;
  readonly task: string;
  readonly instant: string;
  readonly state: RunState;
  readonly outcome: Outcome | null;
  readonly reason?: string;
  readonly manual?: true;
  readonly attempts: readonly Attempt[];
  readonly latenessMs: number | null;
  readonly retryAt?: string;
};

export type Attempt = {
  readonly n: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly peer: string;
  readonly status?: number;
  readonly error?: string;
};

export type Preview = {
  readonly sentence: string;
  readonly next: readonly string[];
  /** The same in `zone`: `2026-03-29T03:30:00.000+02:00[Europe/Paris]`. */
  readonly local: readonly string[];
  readonly notes: readonly string[];
  readonly neverFires: boolean;
  readonly zone: string;
};

export type Page<T> = { readonly items: readonly T[]; readonly cursor: string | null };

export function targetUrn(target: Task["target"]): string {
  return typeof target === "string" ? target : target.urn;
}
