// How long something took, many times: counted in classes, for good.

/** Upper bounds of the classes, in seconds. */
const BOUNDS_S: readonly number[] = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60, 300, 3_600],
];

export class Histogram {
  readonly #counts = BOUNDS_S.map(() => 0);
  /** All, those beyond the last bound too; and what they come to together, in seconds. */
  count = 0;
  sum = 0;

  add(ms: number): void {
    const seconds = ms / 1_000;
    this.count++;
    this.sum += Math.max(seconds, 0);
    let place = 0;
    while (seconds > (BOUNDS_S[place] ?? Infinity)) place++;
    if (place < BOUNDS_S.length) this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  /** Upper bounds, ascending, each with how many were at most that and more than the one before. */
  get classes(): readonly (readonly [bound: number, count: number])[] {
    return BOUNDS_S.map((bound, place) => [bound, this.#counts[place] ?? 0]);
  }
}
