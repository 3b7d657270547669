// Chance from a seed, in named streams: what one part of a world draws does not change what another part gets, so that
// a world with a fault less is the same world otherwise. mulberry32 by Tommy Ettinger (public domain).

export class Chance {
  #state: number;

  constructor(seed: number, stream: string) {
    this.#state = mixed(seed, stream);
  }

  /** A number in [0, 1). */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  is(share: number): boolean {
    return this.next() < share;
  }

  one<T>(of: readonly T[]): T {
    const chosen = of[Math.floor(this.next() * of.length)];
    if (chosen === undefined) throw new Error("nothing to choose from");
    return chosen;
  }

  /** In an order of its own. */
  shuffled<T>(of: readonly T[]): readonly T[] {
    return of.map((value) => ({ value, place: this.next() })).sort((a, b) => a.place - b.place).map(({ value }) =>
      value
    );
  }
}

/** FNV-1a over the stream's name, started by the seed. */
function mixed(seed: number, stream: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < stream.length; at++) hash = Math.imul(hash ^ stream.charCodeAt(at), 0x01000193) >>> 0;
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}
