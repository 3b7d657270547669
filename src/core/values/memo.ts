// What was made of a key is made once and shared, as long as it is among the latest.

export class Memo<Key, Value> {
  readonly #made = new Map<Key, Value>();
  readonly #max: number;

  /** Keeps at most `max`; the oldest goes first. */
  constructor(max: number) {
    this.#max = max;
  }

  get(key: Key): Value | undefined {
    return this.#made.get(key);
  }

  set(key: Key, value: Value): Value {
    if (this.#made.size >= this.#max) {
      for (const oldest of this.#made.keys()) {
        this.#made.delete(oldest);
        break;
      }
    }
    this.#made.set(key, value);
    return value;
  }
}
