// What others are to hear of soon: the first changes of a burst go at once, the rest in batches, so that a busy mesh
// stays under some twenty messages a second whatever its size. A broadcast is only the quick way: what is lost or left
// out here is found by the next sync.

import type { Broadcast } from "../protocol/message.ts";
import type { Entity } from "../register/register.ts";
import type { Carry, CarryPage } from "../task/carry.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

/** A window between batches at the least, and for each peer of the mesh (REPLICATION §4). */
const WINDOW_MIN_MS = 200;
const WINDOW_PER_PEER_MS = 50;

/**
 * So many batches may go ahead of their windows, so far apart: who edits now and then is not made to wait for the window
 * of the edit before, and over some windows no more goes than without.
 */
const AHEAD_MAX = 4;
const APART_MS = 25;

/**
 * How often one other peer is told what waits for its window. A peer that falls has told so nobody of its last window,
 * which is 5 s in a mesh of 100: what it had sent in it was sent again by who took its tasks up.
 */
const CONFIDE_MS = 200;

/** Characters of JSON in one broadcast: 64 KiB on the wire, less what surrounds them and what is not ASCII. */
const BATCH_LENGTH_MAX = 40_000;

/** A record that is longer is left to the next sync. */
const RECORD_LENGTH_MAX = 16_384;

/** Records that wait; what comes then is left to the next sync. */
const WAITING_MAX = 10_000;

export class Outbox {
  readonly #self: PeerId;
  readonly #entities = new Map<string, Entity>();
  #carries: Carry[] = [];
  /** Own carries up to this number were broadcast or passed over. */
  #carriedTo: number;
  #openAt: Instant | undefined;
  /** When the windows of all that has gone are over. */
  #paidAt = -Infinity;
  /** Who is told what waits, from when on again, and up to where it was told. */
  #confidant: PeerId | undefined;
  #confideAt = -Infinity;
  #confidedTo = 0;

  /** `carriedTo`: the number of this peer's last carry. */
  constructor(self: PeerId, carriedTo: number) {
    this.#self = self;
    this.#carriedTo = carriedTo;
  }

  /** In the order in which they became durable. A later state of the same entity takes the place of one that waits. */
  addEntity(entity: Entity): void {
    if (this.#entities.size < WAITING_MAX) this.#entities.set(`${entity.kind}/${entity.key}`, entity);
  }

  addCarry(carry: Carry): void {
    this.#carries.push(carry);
    if (this.#carries.length <= WAITING_MAX) return;
    this.#carriedTo = carry.seq;
    this.#carries = [];
  }

  /** Whether and when there is something to send. */
  wakeAt(now: Instant): Instant | undefined {
    if (this.#entities.size === 0 && this.#carries.length === 0) return undefined;
    return this.#openAt === undefined || this.#openAt < now ? now : this.#openAt;
  }

  /** Up to where others have been told of this peer's log, which ends at `ownSeq`. */
  toldTo(ownSeq: number): number {
    return this.#carries.length === 0 ? ownSeq : this.#carriedTo;
  }

  /** What is to be sent now; empty while the window is shut. */
  take(peers: number, now: Instant): readonly Broadcast[] {
    const wakeAt = this.wakeAt(now);
    if (wakeAt === undefined || wakeAt > now) return [];
    const windowMs = Math.max(WINDOW_MIN_MS, WINDOW_PER_PEER_MS * peers);
    this.#paidAt = Math.max(this.#paidAt, now) + windowMs;
    this.#openAt = Math.max(now + APART_MS, this.#paidAt - (AHEAD_MAX - 1) * windowMs) as Instant;
    this.#confideAt = now + CONFIDE_MS;
    return [...this.#takeCarries(), ...this.#takeEntities()];
  }

  /** Whether and when somebody is to be told of the carries that wait: never shortly before all are. */
  confideAt(now: Instant): Instant | undefined {
    const last = this.#carries[this.#carries.length - 1];
    if (last === undefined || last.seq <= this.#confidedTo) return undefined;
    const at = Math.max(now, this.#confideAt) as Instant;
    return this.#openAt !== undefined && this.#openAt - at >= CONFIDE_MS ? at : undefined;
  }

  /** What `confidant` was not told yet of what waits, or some of it. */
  confide(confidant: PeerId | undefined, now: Instant): CarryPage | undefined {
    this.#confideAt = now + CONFIDE_MS;
    const isSame = confidant === this.#confidant;
    this.#confidant = confidant;
    const after = Math.max(this.#carriedTo, isSame ? this.#confidedTo : 0);
    const carries: Carry[] = [];
    let length = 0;
    for (const carry of this.#carries) {
      if (carry.seq <= after) continue;
      length += JSON.stringify(carry).length;
      if (length > BATCH_LENGTH_MAX) break;
      carries.push(carry);
    }
    const to = carries[carries.length - 1]?.seq;
    // What is too long to be told so is told to all alone.
    this.#confidedTo = to ?? this.#carries[this.#carries.length - 1]?.seq ?? after;
    return to === undefined ? undefined : { author: this.#self, after, to, carries };
  }

  /** The carries that wait, whatever the window. */
  flush(): readonly Broadcast[] {
    return this.#takeCarries();
  }

  /** All of one author's carries from one number on, or none of them: whoever gets a page knows what is missing. */
  #takeCarries(): readonly Broadcast[] {
    const batches: Broadcast[] = [];
    let carries: Carry[] = [];
    let length = 0;
    const flush = () => {
      const last = carries[carries.length - 1];
      if (last === undefined) return;
      batches.push({ kind: "carries", page: { author: this.#self, after: this.#carriedTo, to: last.seq, carries } });
      this.#carriedTo = last.seq;
      carries = [];
      length = 0;
    };
    for (const carry of this.#carries) {
      const size = JSON.stringify(carry).length;
      if (size > RECORD_LENGTH_MAX) {
        flush();
        this.#carriedTo = carry.seq;
        continue;
      }
      if (length + size > BATCH_LENGTH_MAX) flush();
      carries.push(carry);
      length += size;
    }
    flush();
    this.#carries = [];
    return batches;
  }

  #takeEntities(): readonly Broadcast[] {
    const batches: Broadcast[] = [];
    let entities: Entity[] = [];
    let length = 0;
    const flush = () => {
      if (entities.length > 0) batches.push({ kind: "entities", entities });
      entities = [];
      length = 0;
    };
    for (const entity of this.#entities.values()) {
      const size = JSON.stringify(entity).length;
      if (size > RECORD_LENGTH_MAX) continue;
      if (length + size > BATCH_LENGTH_MAX) flush();
      entities.push(entity);
      length += size;
    }
    flush();
    this.#entities.clear();
    return batches;
  }
}
