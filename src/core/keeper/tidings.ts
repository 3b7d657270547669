// Tidings are what others wait to hear of this peer: when it changes, each is told now, and not in the next round.

import type { PeerId } from "../values/ids.ts";

export class Tidings {
  #said = "";
  readonly #untold = new Set<PeerId>();

  /** What is to be said of this peer to all that live. */
  say(text: string, living: () => readonly PeerId[]): void {
    if (text === this.#said) return;
    this.#said = text;
    for (const peer of living()) this.#untold.add(peer);
  }

  get areTold(): boolean {
    return this.#untold.size === 0;
  }

  /** Who is still to hear it. Who lives no more hears all when it comes back. */
  untold(isAlive: (peer: PeerId) => boolean): readonly PeerId[] {
    for (const peer of this.#untold) if (!isAlive(peer)) this.#untold.delete(peer);
    return [...this.#untold];
  }

  told(peer: PeerId): void {
    this.#untold.delete(peer);
  }
}
