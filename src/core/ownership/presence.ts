// What peers tell each other of themselves with every probe, and what goes round of others.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type PresenceState = "alive" | "suspect" | "dead" | "left";

/** What a peer says of itself. */
export type PeerNews = {
  readonly name: string;
  /** Milliseconds of its clock when it sent this. */
  readonly wall: Instant;
  readonly weight: number;
  readonly labels: { readonly [name: string]: string };
  /** Versions of the program, of what it writes to others, and of its time zone data: `2026a`. */
  readonly version: string;
  readonly format: number;
  readonly tzdata: string;
  /** 16 hex digits: the root of its digest tree; empty until it has read all that it holds. */
  readonly digest: string;
  /** Digests of its version vector and of its vector of run logs: equal when the vectors are. */
  readonly vector: string;
  readonly runs: string;
  /** The shards that it fires: a bit each in base64, bit n of byte n >> 3; the version grows with each change. */
  readonly shards: string;
  readonly shardsVersion: number;
  readonly draining: boolean;
  /** Takes up nothing: it has just started, or its loop stood still, and it has not synced since. */
  readonly fenced: boolean;
  readonly writable: boolean;
};

/** What one peer believes of another. A greater incarnation wins; then left > dead > suspect > alive. */
export type Rumor = { readonly peer: PeerId; readonly state: PresenceState; readonly incarnation: number };

export type SwimMessage =
  /** Wants an `ack` with the same `seq`. */
  | {
    readonly kind: "probe";
    readonly seq: number;
    readonly incarnation: number;
    readonly news: PeerNews;
    readonly rumors: readonly Rumor[];
  }
  /**
   * `wall` of the news is when it was sent: with the moments of the probe that gives the skew by Cristian's rule.
   * `refused` are the shards of the probe for which its sender has no grant, as in `ShardSet.text()`; absent when none.
   */
  | {
    readonly kind: "ack";
    readonly seq: number;
    readonly refused?: string;
    readonly incarnation: number;
    readonly news: PeerNews;
    readonly rumors: readonly Rumor[];
  }
  /** Asks the receiver to probe `target` and to pass the result on as `probed`. */
  | { readonly kind: "probe-for-me"; readonly seq: number; readonly target: PeerId; readonly rumors: readonly Rumor[] }
  | {
    readonly kind: "probed";
    readonly seq: number;
    readonly target: PeerId;
    readonly reached: boolean;
    readonly incarnation: number;
    /** What the target has said of itself: there may be no other way for the asker to hear it. */
    readonly news?: PeerNews;
    readonly rumors: readonly Rumor[];
  }
  /** Unasked: what can't wait for the next probe (a refutation, a leave). */
  | { readonly kind: "rumors"; readonly rumors: readonly Rumor[] };
