// What this peer has asked others and not been told yet: each question has an end, whether the answer comes, the link
// breaks or the time is over. Who is heard of through others may not be linked yet: what it is asked waits for its link.

import type { Answer, Ask, PeerMessage } from "../protocol/message.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

/** Questions open at a time; what is asked then is answered with nothing at once. */
const OPEN_MAX = 4_096;

/** `undefined`: nobody answers any more. */
export type OnAnswer = (answer: Answer | undefined) => void;

type Open = {
  readonly to: PeerId;
  readonly until: Instant;
  readonly onAnswer: OnAnswer;
  /** It waits for the link. */
  unsent?: PeerMessage | undefined;
};

export class Asks {
  readonly #open = new Map<number, Open>();
  readonly #linked = new Set<PeerId>();
  #last = 0;

  isLinked(peer: PeerId): boolean {
    return this.#linked.has(peer);
  }

  /** The message to send now; undefined when it waits for the link, or too much is open: then it is answered already. */
  ask(to: PeerId, ask: Ask, until: Instant, onAnswer: OnAnswer): PeerMessage | undefined {
    if (this.#open.size >= OPEN_MAX) {
      onAnswer(undefined);
      return undefined;
    }
    const id = ++this.#last;
    const message: PeerMessage = { kind: "ask", id, ask };
    const isLinked = this.#linked.has(to);
    this.#open.set(id, { to, until, onAnswer, ...(isLinked ? {} : { unsent: message }) });
    return isLinked ? message : undefined;
  }

  /** There is a link to that peer: what has waited for it, in the order in which it was asked. */
  linked(peer: PeerId): readonly PeerMessage[] {
    this.#linked.add(peer);
    const waiting: PeerMessage[] = [];
    for (const open of this.#open.values()) {
      if (open.to !== peer || open.unsent === undefined) continue;
      waiting.push(open.unsent);
      open.unsent = undefined;
    }
    return waiting;
  }

  /** An answer that nobody waits for is passed over. */
  answered(from: PeerId, id: number, answer: Answer): void {
    const open = this.#open.get(id);
    if (open === undefined || open.to !== from) return;
    this.#open.delete(id);
    open.onAnswer(answer);
  }

  /** The link to that peer is gone, and with it the answers. */
  unlinked(peer: PeerId): void {
    this.#linked.delete(peer);
    this.#end(({ to }) => to === peer);
  }

  wake(now: Instant): void {
    if (this.wakeAt === undefined || this.wakeAt > now) return;
    this.#end(({ until }) => until <= now);
  }

  get wakeAt(): Instant | undefined {
    let first: Instant | undefined;
    for (const { until } of this.#open.values()) if (first === undefined || until < first) first = until;
    return first;
  }

  #end(isOver: (open: Open) => boolean): void {
    for (const [id, open] of [...this.#open]) {
      if (!isOver(open)) continue;
      this.#open.delete(id);
      open.onAnswer(undefined);
    }
  }
}
