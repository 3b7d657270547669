// Skew is how far another peer's clock is ahead of the own one, measured by Cristian's rule: it read what it said half
// a round trip before the answer came. The error is at most that half. What is off the middle of all clocks is off.

/** A clock further than this from the median of the mesh is wrong: its peer owns nothing. */
export const SKEW_MAX_MS = 2_000;
/** How exactly it is known how far the own clock was set: that is noticed at the next alarm, within a second or two. */
const SET_SLACK_MS = 4_000;
/** Samples of one peer that are kept; the median of five stands two bad ones. */
const SAMPLES_MAX = 5;

export type ClockView = {
  /** The median of the living others' clocks against the own one. */
  readonly medianMs: number | undefined;
  /** How far the own clock is ahead of the median of all, itself among them. */
  readonly offMs: number;
  /** By more than `SKEW_MAX_MS`. */
  readonly isOff: boolean;
  /** Other clocks were measured, and none of the median ones is further than that from the own. */
  readonly isShared: boolean;
};

/**
 * The own clock among others that are ahead of it by `skews`. `setMs`: how far it may have been set ahead since it was
 * right. Where one half of the clocks differs from the other half by as much, it is the own half that is wrong.
 */
export function clockAmong(skews: readonly number[], setMs = 0): ClockView {
  const nearestMs = offMedianMs(0, skews);
  const furthestMs = offFurthestMs(skews);
  const isShared = skews.length > 0 && Math.abs(furthestMs) <= SKEW_MAX_MS;
  const offMs = !isShared && Math.abs(furthestMs - setMs) <= SET_SLACK_MS ? furthestMs : nearestMs;
  return { medianMs: median(skews), offMs, isOff: Math.abs(offMs) > SKEW_MAX_MS, isShared };
}

/** How far the own clock is ahead of the furthest median. */
function offFurthestMs(skews: readonly number[]): number {
  const [low, high] = middle([0, ...skews]) ?? [0, 0];
  return Math.abs(low) > Math.abs(high) ? -low : -high;
}

/** The last samples of one peer. */
export class SkewSamples {
  #samples: readonly { readonly skewMs: number; readonly rttMs: number }[] = [];
  /** They are asked for much more often than they change. */
  #skewMs: number | undefined;
  #rttMs: number | undefined;

  /** A probe sent at `sentAt` was answered with `theirs` and the answer came at `now`: the first and the last by the own clock. */
  add(sentAt: number, theirs: number, now: number): void {
    const rttMs = now - sentAt;
    if (rttMs < 0) return;
    this.#keep([...this.#samples.slice(1 - SAMPLES_MAX), { skewMs: theirs + rttMs / 2 - now, rttMs }]);
  }

  /** The own clock was set: what was measured against it is void. */
  clear(): void {
    this.#keep([]);
  }

  #keep(samples: readonly { readonly skewMs: number; readonly rttMs: number }[]): void {
    this.#samples = samples;
    this.#skewMs = median(samples.map(({ skewMs }) => skewMs));
    this.#rttMs = median(samples.map(({ rttMs }) => rttMs));
  }

  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  get rttMs(): number | undefined {
    return this.#rttMs;
  }
}

export function median(values: readonly number[]): number | undefined {
  const span = middle(values);
  return span === undefined ? undefined : (span[0] + span[1]) / 2;
}

/**
 * How far `own` is from the median of all clocks, itself among them; positive when it is ahead. Of an even number any
 * point between the two in the middle is a median, and the nearest counts: so two clocks that differ are both right
 * (nobody can say which is wrong, and somebody must fire), and it takes a majority to call a clock wrong.
 */
export function offMedianMs(own: number, others: readonly number[]): number {
  const [low, high] = middle([own, ...others]) ?? [own, own];
  return own > high ? own - high : own < low ? own - low : 0;
}

/** The two in the middle, which are one when the number is odd. */
function middle(values: readonly number[]): readonly [number, number] | undefined {
  // As numbers, without a comparison of ours: a mesh of a hundred asks with each message.
  const sorted = Float64Array.from(values).sort();
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  return low === undefined || high === undefined ? undefined : [low, high];
}
