// Who was removed from the mesh is linked for a moment more: it hears of it, and stops firing. It was trusted until now.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type Linked = { readonly peer: PeerId; readonly addresses: readonly string[] };

const FAREWELL_MS = 1_000;

export class Farewells {
  readonly #leaving = new Map<PeerId, { readonly linked: Linked; readonly until: Instant }>();

  get size(): number {
    return this.#leaving.size;
  }

  /** When one of them is over. */
  get wakeAt(): number {
    let at = Infinity;
    for (const { until } of this.#leaving.values()) at = Math.min(at, until);
    return at;
  }

  begin({ peer, addresses }: Linked, now: Instant): void {
    this.#leaving.set(peer, { linked: { peer, addresses }, until: now + FAREWELL_MS as Instant });
  }

  /** It is a member again. */
  revoke(peer: PeerId): void {
    this.#leaving.delete(peer);
  }

  /** Who is still to be linked. */
  at(now: Instant): readonly Linked[] {
    for (const [peer, { until }] of [...this.#leaving]) if (until <= now) this.#leaving.delete(peer);
    return Array.from(this.#leaving.values(), ({ linked }) => linked);
  }
}
