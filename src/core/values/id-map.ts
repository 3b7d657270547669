// A map of ids that come and go, thousands in a second. The table that a map of the language outgrows, or shrinks out of,
// still points to the one after it, and to all that it held: once one has grown old, V8 takes all behind it for alive
// until it looks through the whole heap. Of this one's table nothing is left but the table. See `trigger/deadlines.ts`.

/** The smallest table; one is twice as large as what is in it at least, and eight times at most. */
const PLACES_MIN = 16;
const PLACES_EACH_MIN = 2;
const PLACES_EACH_MAX = 8;

/** Ids are hashes, or end in a number: their last characters tell them apart. */
const TOLD_APART_BY = 8;

export class IdMap<Id extends string, Value> {
  #ids: (Id | undefined)[] = emptyTable(PLACES_MIN);
  #values: (Value | undefined)[] = emptyTable(PLACES_MIN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: Id): boolean {
    return this.#ids[this.#placeOf(id)] !== undefined;
  }

  get(id: Id): Value | undefined {
    return this.#values[this.#placeOf(id)];
  }

  set(id: Id, value: Value): void {
    const place = this.#placeOf(id);
    this.#values[place] = value;
    if (this.#ids[place] !== undefined) return;
    this.#ids[place] = id;
    this.#size++;
    if (this.#size * PLACES_EACH_MIN > this.#ids.length) this.#resize(2 * this.#ids.length);
  }

  /** Whether it was there. */
  delete(id: Id): boolean {
    const place = this.#placeOf(id);
    if (this.#ids[place] === undefined) return false;
    this.#size--;
    const places = this.#ids.length;
    if (places > PLACES_MIN && this.#size * PLACES_EACH_MAX < places) {
      this.#ids[place] = undefined;
      this.#resize(places / 2);
    } else this.#close(place);
    return true;
  }

  /** As they are now, in no order. */
  values(): readonly Value[] {
    const values: Value[] = [];
    for (const [place, id] of this.#ids.entries()) {
      const value = this.#values[place];
      if (id !== undefined && value !== undefined) values.push(value);
    }
    return values;
  }

  /** Where the id stands, or the free place where it would. */
  #placeOf(id: Id): number {
    const last = this.#ids.length - 1;
    let place = hashOf(id) & last;
    for (let there = this.#ids[place]; there !== undefined && there !== id; there = this.#ids[place]) {
      place = (place + 1) & last;
    }
    return place;
  }

  /** A place has become free: who stands behind it because it was taken moves up, so that nobody is sought in vain. */
  #close(free: number): void {
    const last = this.#ids.length - 1;
    for (let place = (free + 1) & last;; place = (place + 1) & last) {
      const id = this.#ids[place];
      if (id === undefined) break;
      const wanted = hashOf(id) & last;
      if (((place - wanted) & last) < ((place - free) & last)) continue;
      this.#ids[free] = id;
      this.#values[free] = this.#values[place];
      free = place;
    }
    this.#ids[free] = undefined;
    this.#values[free] = undefined;
  }

  #resize(places: number): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = emptyTable(places);
    this.#values = emptyTable(places);
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at];
      if (id === undefined) continue;
      const place = this.#placeOf(id);
      this.#ids[place] = id;
      this.#values[place] = values[at];
    }
  }
}

function emptyTable(places: number): undefined[] {
  return new Array<undefined>(places).fill(undefined);
}

function hashOf(id: string): number {
  let hash = 0;
  for (let at = Math.max(0, id.length - TOLD_APART_BY); at < id.length; at++) {
    hash = Math.imul(hash, 31) + id.charCodeAt(at);
  }
  return hash ^ (hash >>> 15);
}
