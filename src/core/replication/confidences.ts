// What others have told this peer in confidence: carries that they have not told all yet. They are kept in memory, for
// when their author falls before it does: then who takes up its tasks asks for them. A busy peer of a large mesh tells all
// only once in some seconds, for that costs everybody; this costs one.

import type { CarryPage } from "../task/carry.ts";
import type { PeerId } from "../values/ids.ts";

/** Who of these is told what `self` has not told all: the next by id, so that each has one to listen to. */
export function confidantOf(self: PeerId, peers: readonly PeerId[]): PeerId | undefined {
  let [next, first]: (PeerId | undefined)[] = [];
  for (const peer of peers) {
    if (first === undefined || peer < first) first = peer;
    if (peer > self && (next === undefined || peer < next)) next = peer;
  }
  return next ?? first;
}

/** Characters of JSON that are kept of one author: two seconds of 800 carries each, and as much as one answer takes. */
const LENGTH_MAX = 300_000;

/** One tells this peer, and more for a moment when some have gone. */
const AUTHORS_MAX = 4;

type Confided = { readonly page: CarryPage; readonly length: number };

export class Confidences {
  /** Of each author, one after the other and without a gap. Who was heard last comes last. */
  readonly #authors = new Map<PeerId, readonly Confided[]>();

  /** `knownTo`: what is here of the author's log. */
  take(page: CarryPage, knownTo: number): void {
    const { author, after } = page;
    const before = this.#ofAbove(author, knownTo);
    // What does not go on from there is another beginning: its author takes this peer for a new confidant.
    const confided = before.at(-1)?.page.to === after ? before : [];
    const length = JSON.stringify(page.carries).length;
    if (confided.reduce((sum, { length }) => sum + length, length) > LENGTH_MAX) return;
    this.#authors.delete(author);
    this.#authors.set(author, [...confided, { page, length }]);
    const [eldest] = this.#authors.keys();
    if (this.#authors.size > AUTHORS_MAX && eldest !== undefined) this.#authors.delete(eldest);
  }

  /** What goes beyond that, in order. */
  of(author: PeerId, knownTo: number): readonly CarryPage[] {
    return this.#ofAbove(author, knownTo).map(({ page }) => page);
  }

  #ofAbove(author: PeerId, knownTo: number): readonly Confided[] {
    return (this.#authors.get(author) ?? []).filter(({ page }) => page.to > knownTo);
  }
}
