// Entity tags, and the conditions that requests put on them: RFC 9110 §8.8.3 and §13.1.

import type { Match } from "../../core/protocol/command.ts";
import { isStamp, type Stamp } from "../../core/values/stamp.ts";
import { problem } from "./problem.ts";

export type EntityTags = "*" | readonly { readonly isWeak: boolean; readonly tag: string }[];

/**
 * The tag of a shown task: its revision, then a digest of what moves by itself (when it is next, what became of it
 * last). If-None-Match asks for both to be the same, a write only for the revision: a task that has fired meanwhile is
 * still the one that was read.
 */
export function makeTag(revision: Stamp, moving: string): string {
  return `"${revision}-${moving}"`;
}

/** The tags of `If-Match` or `If-None-Match`; absent when the request has none. */
export function readTags(request: Request, header: "If-Match" | "If-None-Match"): EntityTags | undefined | Response {
  const text = request.headers.get(header);
  if (text === null) return undefined;
  const tags = parseTags(text);
  return tags ?? problem(400, `${header} is * or a list of entity tags in double quotes.`, {
    field: header,
    suggestion: '"0190a8c0d3f40000000001"',
  });
}

/** What a write may be tried against. A weak tag never matches (strong comparison), nor does one that no task bears. */
export function matchOf(tags: EntityTags | undefined): Match | undefined {
  if (tags === undefined || tags === "*") return tags;
  return tags.flatMap(({ isWeak, tag }) => {
    const revision = TAG_PATTERN.exec(tag)?.[1];
    return isWeak || !isStamp(revision) ? [] : [revision];
  });
}

/** Weak comparison, for reads: whether one of the tags is this one. */
export function hasTag(tags: EntityTags, current: string): boolean {
  return tags === "*" || tags.some(({ tag }) => `"${tag}"` === current);
}

const TAG_PATTERN = /^([0-9a-f]{22})(?:-[0-9a-f]{8})?$/;
/** Blanks stand in it at two places that never touch: else a header of them alone would be tried in all its halves. */
const LIST_PATTERN = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"[ \t]*)?(?:,|$)/y;

function parseTags(text: string): EntityTags | undefined {
  if (text.trim() === "*") return "*";
  const tags: { isWeak: boolean; tag: string }[] = [];
  LIST_PATTERN.lastIndex = 0;
  while (LIST_PATTERN.lastIndex < text.length) {
    const found = LIST_PATTERN.exec(text);
    if (found === null) return undefined;
    if (found[2] !== undefined) tags.push({ isWeak: found[1] !== undefined, tag: found[2] });
  }
  return tags.length > 0 ? tags : undefined;
}
