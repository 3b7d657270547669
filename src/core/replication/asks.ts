// What this peer has asked others and not been told yet: each question has an end, whether the answer comes, the link
// breaks or the time is over.

import type { Answer, Ask, PeerMessage } from "../protocol/message.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

/** Questions open at a time; what is asked then is answered with nothing at once. */
const OPEN_MAX = 4_096;

/** `undefined`: nobody answers any more. */
export type OnAnswer = (answer: Answer | undefined) => void;

type Open = { readonly to: PeerId; readonly until: Instant; readonly onAnswer: OnAnswer };

export class Asks {
  readonly #open = new Map<number, Open>();
  #last = 0;

  /** The message to send, or undefined when too much is open: then it is answered already. */
  ask(to: PeerId, ask: Ask, until: Instant, onAnswer: OnAnswer): PeerMessage | undefined {
    if (this.#open.size >= OPEN_MAX) {
      onAnswer(undefined);
      return undefined;
    }
    const id = ++this.#last;
    this.#open.set(id, { to, until, onAnswer });
    return { kind: "ask", id, ask };
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
