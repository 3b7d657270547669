// A page of tokens, or of what is kept as such: the eldest first, however many there are.

import { everyEntity } from "../access/every-entity.ts";
import { type Token, type TokenKind, tokenOf } from "../access/token.ts";
import type { Doors } from "../doors.ts";
import { cursor, sealCursor, whole } from "../request/query.ts";
import { PAGE_MAX } from "../tasks/tasks.ts";

/** Few have more: a page holds all that they have. */
export function tokenPageQuery() {
  return { limit: whole(1, PAGE_MAX, PAGE_MAX), cursor: cursor(/^\d{16}\/[0-9a-f]+$/) };
}

export type TokenPage = { readonly items: readonly Token[]; readonly cursor: string | null };

/** Those of the kind that live, and that `isShown`, from behind the cursor on. */
export async function tokenPage(
  peer: Doors["peer"],
  kind: TokenKind,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
  isShown: (token: Token) => boolean = () => true,
): Promise<TokenPage> {
  let found: Token[] = [];
  for await (const entity of everyEntity(peer, "token")) {
    const token = tokenOf(entity, peer.now());
    if (token?.kind !== kind || !isShown(token) || (cursor !== undefined && placeOf(token) <= cursor)) continue;
    found.push(token);
    if (found.length >= limit * HELD) found = eldest(found, limit + 1);
  }
  const items = eldest(found, limit + 1);
  const last = items.length > limit ? items[limit - 1] : undefined;
  return { items: items.slice(0, limit), cursor: sealCursor(last === undefined ? undefined : placeOf(last)) };
}

/** Pages' worth that are held while they are sought. */
const HELD = 4;

function eldest(tokens: readonly Token[], count: number): Token[] {
  return tokens.toSorted((a, b) => a.createdAt - b.createdAt || (a.key < b.key ? -1 : 1)).slice(0, count);
}

function placeOf({ createdAt, key }: Token): string {
  return `${String(createdAt).padStart(16, "0")}/${key}`;
}
