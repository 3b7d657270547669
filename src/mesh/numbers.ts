// Which numbered broadcasts of one peer have been seen: each passes once, in any order, and what is long past never.

/** Numbers remembered. A peer says a few broadcasts a second, and gossip forgets after two minutes. */
const REMEMBERED_MAX = 1_024;

export class Numbers {
  readonly #seen = new Set<number>();
  #floor = -1;

  /** False when it has passed before. */
  pass(number: number): boolean {
    if (number <= this.#floor || this.#seen.has(number)) return false;
    this.#seen.add(number);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED_MAX && oldest !== undefined) {
      this.#seen.delete(oldest);
      this.#floor = Math.max(this.#floor, oldest);
    }
    return true;
  }
}
