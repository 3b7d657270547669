// A map of ids that come and go, thousands in a second. The table that a map of the language outgrows, or shrinks out of,
// still points to the one after it, and to all that it held: once one has grown old, V8 takes all behind it for alive
// until it looks through the whole heap. Of this one's table nothing is left but the table. See `trigger/deadlines.ts`.

/**
 * The smallest table: what is in flight to one target, all of which may end in one moment, is no cause to make others.
 * One is twice as large as what is in it at least, and eight times at most.
 */
const PLACES_MIN = 512;
const PLACES_EACH_MIN = 2;
const PLACES_EACH_MAX = 8;

/** Ids are hashes, or end in a number: their last characters tell them apart. */
const TOLD_APART_BY = 8;

export class IdMap<Id extends string, Value> {
  #ids: (Id | undefined)[] = emptyTable(PLACES_MIN);
  #values: (Value | undefined)[] = emptyTable(PLACES_MIN);
  /** Of the ids, by place: whoever moves one need not look at it again. */
  #hashes = new Int32Array(PLACES_MIN);
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
    const hash = hashOf(id);
    const place = this.#placeOf(id, hash);
    this.#values[place] = value;
    if (this.#ids[place] !== undefined) return;
    this.#ids[place] = id;
    this.#hashes[place] = hash;
    this.#size++;
    if (this.#size * PLACES_EACH_MIN > this.#ids.length) this.#resize(2 * this.#ids.length);
  }

  /** Whether it was there. */
  delete(id: Id): boolean {
    if (this.#size === 0) return false;
    const place = this.#placeOf(id);
    if (this.#ids[place] === undefined) return false;
    this.#free(place);
    return true;
  }

  /** Takes it out; absent when it is not there. */
  take(id: Id): Value | undefined {
    if (this.#size === 0) return undefined;
    const place = this.#placeOf(id);
    const value = this.#values[place];
    if (this.#ids[place] !== undefined) this.#free(place);
    return value;
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

  #free(place: number): void {
    this.#size--;
    const places = this.#ids.length;
    if (places > PLACES_MIN && this.#size * PLACES_EACH_MAX < places) {
      this.#ids[place] = undefined;
      this.#resize(places / 2);
    } else this.#close(place);
  }

  /** Where the id stands, or the free place where it would. */
  #placeOf(id: Id, hash = hashOf(id)): number {
    const last = this.#ids.length - 1;
    let place = hash & last;
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
      const hash = this.#hashes[place] ?? 0;
      if (((place - hash) & last) < ((place - free) & last)) continue;
      this.#ids[free] = id;
      this.#values[free] = this.#values[place];
      this.#hashes[free] = hash;
      free = place;
    }
    this.#ids[free] = undefined;
    this.#values[free] = undefined;
  }

  #resize(places: number): void {
    const [ids, values, hashes] = [this.#ids, this.#values, this.#hashes];
    this.#ids = emptyTable(places);
    this.#values = emptyTable(places);
    this.#hashes = new Int32Array(places);
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at];
      if (id === undefined) continue;
      const hash = hashes[at] ?? 0;
      const place = this.#placeOf(id, hash);
      this.#ids[place] = id;
      this.#values[place] = values[at];
      this.#hashes[place] = hash;
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
