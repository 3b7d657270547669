// A write concern: with `Prefer: replicas=2` (RFC 7240) a write is answered when that many peers, this one included, have
// it on their disks. It is durable here whatever happens; what is not there in time is said, and still spreads by itself.

import type { Peer, Written } from "../../peer.ts";
import { type Problem, problem, problemOf, problemResponse } from "./problem.ts";

/** How long a write waits for others, and how long it may be asked to with `wait=10`. */
export const WAIT_S = 5;
export const WAIT_MAX_S = 60;

/** Of one request that has written many: so many are waited for at a time. */
const AT_ONCE = 64;

export type Concern = {
  /** What is said of these writes: after a while, that the concern is not met; absent once it is. */
  unmet(written: readonly Written[]): Promise<Problem | undefined>;
  /** The answer to the request that has written these, once the concern is met; or the problem that it is not. */
  fulfil(written: readonly Written[], answer: Response): Promise<Response>;
};

/** What the request wants, absent when nothing; or why it can't be had: then nothing is to be written. */
export function readConcern(
  request: Request,
  peer: Pick<Peer, "mesh" | "replicas" | "now">,
): Concern | Response | undefined {
  const preferences = parsePrefer(request.headers.get("prefer") ?? "");
  const sent = preferences.get("replicas");
  if (sent === undefined) return undefined;
  const wanted = countOf(sent, 1, 999);
  if (wanted === undefined) {
    return problem(400, '"replicas" is the number of peers that are to have the write, this one included.', {
      field: "Prefer",
      suggestion: "replicas=2",
    });
  }
  const waitS = countOf(preferences.get("wait") ?? String(WAIT_S), 0, WAIT_MAX_S);
  if (waitS === undefined) {
    return problem(400, `"wait" is a whole number of seconds, at most ${WAIT_MAX_S}.`, {
      field: "Prefer",
      suggestion: `replicas=${wanted}, wait=${WAIT_S}`,
    });
  }
  const members = peer.mesh().peers.filter(({ state }) => state !== "left").length;
  if (wanted > members) {
    const peers = members === 1 ? "one peer" : `${members} peers`;
    return problem(412, `${wanted} peers can't have it: the mesh has ${peers}. Nothing was written.`, {
      field: "Prefer",
      suggestion: `replicas=${members}`,
    });
  }

  /** By as many peers as have the one that the fewest have. */
  async function heldBy(written: readonly Written[]): Promise<number> {
    if (wanted === 1 || wanted === undefined || waitS === undefined) return 1;
    const until = peer.now() + waitS * 1_000;
    let least: number = wanted;
    for (let at = 0; at < written.length && least >= wanted; at += AT_ONCE) {
      const leftMs = Math.min(waitS * 1_000, Math.max(0, until - peer.now()));
      const some = written.slice(at, at + AT_ONCE);
      least = Math.min(...await Promise.all(some.map((each) => peer.replicas(each, wanted, leftMs))));
    }
    return least;
  }

  const unmet = (held: number) =>
    problemOf(
      504,
      `The write is done, and durable at ${held} of the ${wanted} peers that were to have it after ${waitS} s. It is ` +
        "not taken back: the others get it when they can be reached.",
      { field: "Prefer" },
    );
  return {
    async unmet(written) {
      const held = await heldBy(written);
      return held >= wanted ? undefined : unmet(held);
    },
    async fulfil(written, answer) {
      // Nothing was written, or nothing that other peers hold: nothing is said of it.
      if (!answer.ok || written.length === 0) return answer;
      const held = await heldBy(written);
      if (held < wanted) return problemResponse(unmet(held), { "preference-applied": `replicas=${held}` });
      answer.headers.set("preference-applied", `replicas=${wanted}`);
      return answer;
    },
  };
}

/** How long the answer to a request may wait for other peers, by what it wants itself. */
export function waitMsOf(headers: Headers): number {
  const preferences = parsePrefer(headers.get("prefer") ?? "");
  return preferences.has("replicas") ? (countOf(preferences.get("wait") ?? "", 0, WAIT_MAX_S) ?? WAIT_S) * 1_000 : 0;
}

/** Preferences by name; the first of a name counts, and what can't be read is passed over, as RFC 7240 §2 says. */
function parsePrefer(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(",")) {
    const [preference = ""] = part.split(";", 1);
    const [name = "", ...value] = preference.split("=");
    const key = name.trim().toLowerCase();
    if (NAME_PATTERN.test(key) && !found.has(key)) found.set(key, unquoted(value.join("=").trim()));
  }
  return found;
}

const NAME_PATTERN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).trim() : value;
}

function countOf(text: string, min: number, max: number): number | undefined {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  return count >= min && count <= max ? count : undefined;
}
