// When a token or a session was last used, and from where. This peer remembers it to the second; the others are told every
// ten minutes at most, by a register of the token's own, which is no change of the token and stands in no audit.

import { isAlive } from "../../core/register/register.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { submit } from "../tasks/put.ts";
import type { Access } from "./access.ts";
import { type Sighting, type Token, tokenOf } from "./token.ts";

const TOLD_MS = 10 * 60_000;
/** Of more, those are remembered that came last. */
const KNOWN_MAX = 10_000;

export type Sightings = {
  /** Who asks has been let in. */
  saw(access: Access, from: string): void;
  /** By what this peer has seen, and has been told. */
  last(token: Token): Sighting | undefined;
};

export function createSightings(peer: Pick<Peer, "entity" | "now" | "submit">): Sightings {
  /** The one that came last stands last. */
  const known = new Map<string, Sighting & { readonly toldAt: Instant }>();

  return {
    saw(access, from) {
      const key = keyOf(access);
      if (key === undefined) return;
      const at = peer.now();
      const before = known.get(key);
      const isTold = before !== undefined && isFresh(before.toldAt, at);
      known.delete(key);
      known.set(key, { at, from, toldAt: isTold ? before.toldAt : at });
      const [eldest] = known.keys();
      if (known.size > KNOWN_MAX && eldest !== undefined) known.delete(eldest);
      // Nobody waits for it, and what fails is told with the next use but ten minutes later.
      if (!isTold) tell(key, { at, from }).catch(() => {});
    },
    last({ key, used }) {
      const own = known.get(key);
      if (own === undefined) return used;
      return used !== undefined && used.at > own.at ? used : { at: own.at, from: own.from };
    },
  };

  async function tell(key: string, { at, from }: Sighting): Promise<void> {
    const entity = await peer.entity("token", key);
    const token = tokenOf(entity, at);
    if (entity === undefined || token === undefined || !isAlive(entity)) return;
    // Another peer has told so, or this one before it was restarted.
    if (token.used !== undefined && isFresh(token.used.at, at)) return;
    await submit(peer, { kind: "entity", entity, values: { used: { at, from } }, match: "*" });
  }
}

/** The token that it hangs on. */
export function keyOf(access: Access): string | undefined {
  return access.kind === "jwt" ? access.parent : "key" in access ? access.key : undefined;
}

/** A clock that was set back makes nothing fresh for longer. */
function isFresh(at: Instant, now: Instant): boolean {
  return now >= at && now < at + TOLD_MS;
}
