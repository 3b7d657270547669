// The introduction of a peer: what it says of itself beside what it fires and holds, and whether others may reckon with it.

import type { PeerNews } from "../ownership/presence.ts";
import type { Eligible } from "../ownership/ranking.ts";
import type { PeerId } from "../values/ids.ts";

export type Introduction = {
  readonly name: string;
  readonly weight: number;
  readonly labels: { readonly [name: string]: string };
  readonly version: string;
  readonly format: number;
  readonly tzdata: string;
};

/** Every peer judges itself by what it tells the others, so that all see the same. A peer of another record format may not understand all tasks. */
export function isEligible(news: PeerNews, own: Introduction): boolean {
  return !news.draining && !news.fenced && news.format === own.format;
}

export function eligibleOf(peer: PeerId, { name, labels, weight, writable }: PeerNews): Eligible {
  return { peer, name, labels, weight, writable };
}
