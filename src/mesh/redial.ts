// Keeps trying to reach each member that is not linked: soon, then less and less often, for as long as it is a member.

import type { PeerId } from "../core/values/ids.ts";

export type RedialSettings = {
  readonly self: PeerId;
  /** Ends when there is a link, or rejects. */
  readonly dial: (peer: PeerId, signal: AbortSignal) => Promise<void>;
  readonly onFailed: (peer: PeerId, error: unknown, failures: number) => void;
};

/**
 * The first wait, doubled up to the last. A peer that restarts is back within a second or two. A dial over a cut cable
 * itself takes 5 s, so that with a wait of 5 s the two sides of a cut met again up to 8 s after the heal.
 */
const REDIAL_MIN_MS = 300;
const REDIAL_MAX_MS = 2_000;

/** What has held as long as this was a link, and the next wait is the first again. */
const HELD_MS = 5_000;

/** An advertisement on the network cuts a wait short, but not more often than this: anyone can send them. */
const POKE_MS = 1_000;

type Wanted = {
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  isTrying: boolean;
  triedAt: number;
  linkedAt: number | undefined;
  readonly ending: AbortController;
};

export class Redial {
  readonly #settings: RedialSettings;
  readonly #wanted = new Map<PeerId, Wanted>();

  constructor(settings: RedialSettings) {
    this.#settings = settings;
  }

  want(peer: PeerId): void {
    if (this.#wanted.has(peer)) return;
    const wanted: Wanted = {
      failures: 0,
      timer: undefined,
      isTrying: false,
      triedAt: -Infinity,
      linkedAt: undefined,
      ending: new AbortController(),
    };
    this.#wanted.set(peer, wanted);
    this.#wait(peer, wanted, 0);
  }

  forget(peer: PeerId): void {
    const wanted = this.#wanted.get(peer);
    this.#wanted.delete(peer);
    clearTimeout(wanted?.timer);
    wanted?.ending.abort();
  }

  linked(peer: PeerId): void {
    const wanted = this.#wanted.get(peer);
    if (wanted === undefined) return;
    clearTimeout(wanted.timer);
    wanted.timer = undefined;
    wanted.linkedAt = performance.now();
    // A cable is whole again, or the network is back: others may be reachable too.
    for (const other of this.#wanted.keys()) if (other !== peer) this.poke(other);
  }

  /** The link is gone, or a connection has closed before there was one. */
  lost(peer: PeerId): void {
    const wanted = this.#wanted.get(peer);
    if (wanted === undefined) return;
    if (wanted.linkedAt !== undefined && performance.now() - wanted.linkedAt >= HELD_MS) wanted.failures = 0;
    wanted.linkedAt = undefined;
    if (wanted.timer === undefined && !wanted.isTrying) this.#wait(peer, wanted, waitMs(wanted.failures++));
  }

  /** The peer may be reachable now. */
  poke(peer: PeerId): void {
    const wanted = this.#wanted.get(peer);
    if (wanted?.timer === undefined || performance.now() - wanted.triedAt < POKE_MS) return;
    clearTimeout(wanted.timer);
    this.#wait(peer, wanted, 0);
  }

  close(): void {
    for (const peer of [...this.#wanted.keys()]) this.forget(peer);
  }

  #wait(peer: PeerId, wanted: Wanted, ms: number): void {
    // Of two that dial each other at once, both get two connections: the one of the greater id gives the other a start.
    const start = this.#settings.self < peer ? 0 : REDIAL_MIN_MS;
    wanted.timer = setTimeout(() => void this.#try(peer, wanted), ms + start);
  }

  async #try(peer: PeerId, wanted: Wanted): Promise<void> {
    wanted.timer = undefined;
    wanted.isTrying = true;
    wanted.triedAt = performance.now();
    const error = await this.#settings.dial(peer, wanted.ending.signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    wanted.isTrying = false;
    if (wanted.ending.signal.aborted || wanted.linkedAt !== undefined) return;
    this.#wait(peer, wanted, waitMs(wanted.failures++));
    this.#settings.onFailed(peer, error, wanted.failures);
  }
}

/** With a quarter of chance, so that those who lost the same peer do not come back to it all at once. */
function waitMs(failures: number): number {
  return Math.min(REDIAL_MAX_MS, REDIAL_MIN_MS * 2 ** Math.min(failures, 10)) * (0.75 + Math.random() / 2);
}
