// A probe asks a peer whether it lives: itself first, then others on its behalf. This file says what an unanswered
// probe means; it is told all that it judges by.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Periods } from "../values/periods.ts";

/** Others that are asked to probe too. REPLICATION: two; more add load and little certainty (SWIM paper, 3.1). */
export const HELPERS = 2;

export type Probe = {
  readonly seq: number;
  /** By the wall clock, for the round trip; and in loop time, for the deadlines. */
  readonly sentAt: Instant;
  readonly sentMs: number;
  /** `hint`: the link was lost, so itself and the others are asked at once. */
  readonly stage: "direct" | "indirect" | "hint";
  readonly dueMs: number;
  readonly helpers: readonly PeerId[];
  /** Helpers that had no answer either. */
  readonly refused: readonly PeerId[];
};

export function directProbe(seq: number, sentAt: Instant, sentMs: number, periods: Periods): Probe {
  return { seq, sentAt, sentMs, stage: "direct", dueMs: sentMs + periods.directMs, helpers: [], refused: [] };
}

/** The direct answer is overdue, or it came to a link that was lost and is there again: so long the helpers have. */
export function indirect(probe: Probe, helpers: readonly PeerId[], periods: Periods): Probe {
  return { ...probe, stage: "indirect", helpers, dueMs: endMs(probe, periods) };
}

/** The link is lost. However often it comes and goes, the probe ends no later than it would have. */
export function hinted(probe: Probe, helpers: readonly PeerId[], ms: number, periods: Periods): Probe {
  return { ...probe, stage: "hint", helpers, refused: [], dueMs: Math.min(ms + periods.hintMs, endMs(probe, periods)) };
}

/**
 * What it means that a hinted probe of a living peer has ended without an answer. Dead when it was refused by whoever
 * could be asked; suspect when a helper was silent, or when the links to all others are lost too: then it is rather the
 * own network that is down.
 */
export function verdictOfHint(
  probe: Probe,
  others: { readonly isReachable: (peer: PeerId) => boolean; readonly living: number },
): "dead" | "suspect" {
  if (probe.helpers.some((peer) => !probe.refused.includes(peer) && others.isReachable(peer))) return "suspect";
  return probe.refused.length > 0 || others.living === 0 ? "dead" : "suspect";
}

function endMs(probe: Probe, periods: Periods): number {
  return probe.sentMs + periods.directMs + periods.indirectMs;
}
