// What was done, as people say it: the record's own words are for programs.

import { peerName } from "../mesh-news.ts";
import type { Deed } from "./trail.ts";

/** What stands behind the one who did it, and before the thing that it was done to. */
const WORDS: { readonly [what: string]: string } = {
  "task put": "changed the task",
  "task pause": "paused the task",
  "task resume": "resumed the task",
  "task trigger": "fired once, by hand, the task",
  "task skip": "left out occurrences of the task",
  "task cancel": "ended what was open of the task",
  "task redrive": "sent again runs of the task",
  "task dismiss": "dismissed dead letters of the task",
  "task remove": "deleted the task",
  "target make": "made the target",
  "target change": "changed the target",
  "target end": "deleted the target",
  "user make": "made the user",
  "user change": "changed the user",
  "user end": "deleted the user",
  "token make": "made the token",
  "token change": "changed the token",
  "token end": "revoked the token",
  "setting change": "changed the settings of all",
  "ticket make": "made a ticket, with the number",
  "ticket change": "changed the ticket",
  "ticket end": "took back the ticket",
  "member make": "took in the machine",
  "member change": "changed the machine",
  "member end": "removed the machine",
  "sign-in refused": "was refused to sign in as",
};

const REQUESTS: readonly (readonly [path: RegExp, words: string])[] = [
  [/^POST \/api\/v1\/peers\/([^/]+)\/drain$/, "drained, or let take part again, the peer"],
  [/^POST \/api\/v1\/targets\/([^/]+)\/test$/, "sent a test event to the target"],
  [/^POST \/api\/v1\/tickets$/, "made a ticket for another machine"],
  [/^POST \/api\/v1\/auth\/session$/, "signed in"],
  [/^DELETE \/api\/v1\/auth\/session$/, "signed out"],
];

export type DeedWords = {
  readonly did: string;
  /** The thing, by its name; "" when the words say it all. */
  readonly on: string;
  /** Whom the record does not name as the one who did it: who signs in is nobody before. */
  readonly who?: string;
};

/** `names`: of users, by their ids. */
export function wordsOf({ what, on, before, after }: Deed, names: ReadonlyMap<string, string>): DeedWords {
  if (what === "request") {
    for (const [path, did] of REQUESTS) {
      const [whole, thing = ""] = path.exec(on) ?? [];
      if (whole !== undefined) return { did, on: peerNamed(decodeURIComponent(thing)) };
    }
    return { did: "asked for", on };
  }
  if (what === "token make" && isObject(after?.token)) {
    const { kind, name, user } = after.token;
    if (kind === "session") return { did: "signed in", on: "", ...(typeof user === "string" ? { who: user } : {}) };
    return { did: WORDS[what] ?? what, on: typeof name === "string" && name !== "" ? name : on };
  }
  if (what === "setting change") return { did: WORDS[what] ?? what, on: "" };
  if (what === "task put" && before === undefined && after !== undefined) return { did: "added the task", on };
  const [kind] = what.split(" ");
  const thing = kind === "user" ? names.get(on) ?? on : kind === "member" ? peerNamed(on) : on;
  return { did: WORDS[what] ?? what, on: thing };
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null;
}

/** A peer by its name; other things as they are called. */
function peerNamed(thing: string): string {
  return /^12D3\w{48}$/.test(thing) ? peerName(thing) : thing;
}
