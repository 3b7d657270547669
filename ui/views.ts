// What the peer shows: tasks, runs and previews, as its REST API writes them. Instants are RFC 3339 UTC.

/** Who is signed in, and at which peer. */
export type SessionView = {
  readonly user: string;
  readonly name: string;
  readonly peer: { readonly id: string; readonly name: string };
};

/** What the stream says first. */
export type Hello = SessionView & { readonly mesh: MeshNews };

export type Task = {
  readonly id: string;
  readonly guid: string;
  readonly user: string;
  readonly name: string;
  /** As it was written. */
  readonly schedule: string | { readonly [field: string]: unknown };
  readonly sentence: string;
  /** A URN, one with how to send, or the name of a target that is kept apart. */
  readonly target:
    | string
    | { readonly urn: string; readonly method?: string }
    | { readonly name: string; readonly path?: string; readonly method?: string };
  readonly payload: unknown;
  /** Its {{…}} are filled in for each attempt. */
  readonly template?: true;
  readonly policy: { readonly [field: string]: unknown };
  readonly state: {
    readonly paused: boolean;
    readonly note?: string;
    readonly until?: string;
    /** Occurrences to come that are not to be sent. */
    readonly skips?: readonly string[];
  };
  readonly labels: { readonly [name: string]: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Absent while nobody is able to fire it; `unowned` says why. */
  readonly owner: string | null;
  readonly unowned?: string;
  readonly next: string | null;
  readonly last: { readonly instant: string; readonly outcome: Outcome; readonly peer: string } | null;
  /** In a list: what became of the last runs that are over, the latest last. */
  readonly recent?: readonly Recent[];
};

export type Recent = { readonly instant: string; readonly outcome: Outcome };

export type Outcome = "delivered" | "failed" | "expired" | "missed" | "skipped";

export type RunState = "due" | "attempting" | "retrying" | "settled";

export type Run = {
  readonly id: string;
  readonly task: string;
  readonly user: string;
  readonly instant: string;
  readonly state: RunState;
  readonly outcome: Outcome | null;
  readonly reason?: string;
  readonly manual?: true;
  readonly duplicate?: true;
  readonly attempts: readonly Attempt[];
  readonly latenessMs: number | null;
  readonly retryAt?: string;
};

export type Attempt = {
  readonly n: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly peer: string;
  /** The owner, when it did not reach the target and asked that peer to send it. */
  readonly askedBy?: string;
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
  readonly choices: ScheduleChoices;
};

/** What a form begins with; `other` is more than it can say. */
export type ScheduleChoices =
  & { readonly zone: string; readonly time: string }
  & (
    | { readonly kind: "every"; readonly count: number; readonly unit: string; readonly start: string }
    | { readonly kind: "week"; readonly days: readonly string[] }
    | { readonly kind: "month"; readonly day: string }
    | { readonly kind: "once"; readonly at: string }
    | { readonly kind: "other" }
  );

export type PeerState = "alive" | "suspect" | "dead" | "left";

/** What the stream and the overview say of the mesh. */
export type MeshNews = {
  readonly self: string;
  readonly digest: string;
  readonly converged: boolean;
  readonly fenced: boolean;
  readonly peers: readonly {
    readonly peer: string;
    readonly name: string;
    readonly state: PeerState;
    readonly shards: number;
    readonly draining: boolean;
    readonly writable: boolean;
  }[];
};

export type Overview = {
  readonly now: string;
  readonly since: string;
  readonly tasks: { readonly tasks: number; readonly paused: number } | null;
  readonly minutes: readonly number[];
  readonly lateness: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly outcomes: { readonly [O in Outcome]: number };
  readonly retrying: number;
  /** `isMore`: than were counted. */
  readonly deadLetters: { readonly count: number; readonly isMore: boolean };
  readonly failing: readonly {
    readonly task: string;
    readonly user: string;
    readonly name: string;
    readonly since: string;
    readonly failures: number;
    readonly error: string | null;
    readonly run: string;
  }[];
  readonly failingCount: number;
  /** Targets that this peer leaves alone for a while. */
  readonly shut: readonly {
    readonly target: string;
    readonly failures: number;
    readonly error: string | null;
    readonly until: string | null;
    readonly waiting: number;
  }[];
  /** Peers whose clocks are off. */
  readonly clocks: readonly { readonly peer: string; readonly name: string; readonly offMs: number }[];
  readonly ahead: {
    readonly pieceMs: number;
    readonly pieces: readonly number[];
    readonly first: readonly {
      readonly task: string;
      readonly user: string;
      readonly name: string;
      readonly at: string;
    }[];
    readonly isAll: boolean;
  };
  readonly mesh: MeshNews;
};

export type Page<T> = { readonly items: readonly T[]; readonly cursor: string | null; readonly total?: number | null };

export function targetUrn(target: Task["target"]): string {
  if (typeof target === "string") return target;
  return "urn" in target ? target.urn : `@${target.name}${target.path ?? ""}`;
}

export type Days = {
  readonly zone: string;
  readonly today: string;
  readonly from: string | null;
  readonly isAll: boolean;
  readonly days: readonly ({
    readonly day: string;
    readonly from: string;
    readonly until: string;
    readonly worstLatenessMs: number | null;
  } & Counts)[];
};

export type Counts = { readonly [O in Outcome]: number };

export type Candidate = {
  readonly peer: string;
  readonly name: string;
  readonly weight: number;
  readonly score: number;
  readonly eligible: boolean;
  readonly reason?: string;
};

export type Explanation = {
  readonly task: string;
  readonly shard: number;
  readonly at: string | null;
  readonly sentence: string;
  readonly owner: string | null;
  readonly here: { readonly peer: string; readonly state: string };
  readonly candidates: readonly Candidate[];
  readonly ownerThen: { readonly peer: string; readonly from: string } | null;
};

export type PeerView = {
  readonly peer: string;
  readonly name: string;
  readonly state: PeerState;
  readonly labels: { readonly [name: string]: string };
  readonly weight: number;
  readonly shards: number;
  readonly draining: boolean;
  readonly fenced: boolean;
  readonly writable: boolean;
  readonly skewMs: number | null;
  readonly rttMs: number | null;
  readonly digest: string;
  readonly version: string;
  readonly format: number | null;
  readonly tzdata: string;
  readonly addresses: readonly string[];
};

export type Mesh = Omit<MeshNews, "peers"> & {
  readonly quarantined: number;
  readonly repaired: number;
  /** By peer, the number of its records of runs that are held. */
  readonly runLogs: { readonly [peer: string]: number };
  readonly peers: readonly PeerView[];
};

export type NamedTarget = {
  readonly name: string;
  readonly description: string;
  readonly urn: string;
  readonly auth?: { readonly kind: string };
  readonly held: {
    readonly [name: string]: {
      readonly since: string;
      readonly publicKey?: string;
      readonly previous?: { readonly until: string | null };
    };
  };
  readonly user: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};
