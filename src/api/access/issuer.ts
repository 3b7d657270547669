// The issuer gives tokens and sessions out, and sees that they do not pile up: of one user so many live, and what has been
// over for a while is taken off the list. All of them are counted now and then, when one is asked for.

import type { Command, CommandResult } from "../../core/protocol/command.ts";
import { isAlive } from "../../core/register/register.ts";
import type { UserId } from "../../core/values/ids.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { submit } from "../tasks/put.ts";
import { everyEntity } from "./every-entity.ts";
import { issueToken, revokeToken, type Token, tokenOf } from "./token.ts";

/** Tokens and invitations of one user: one for each of their programs. */
export const TOKENS_OF_USER_MAX = 1_000;
/** Sessions, and those of the seed's API: with one more the eldest ends. */
export const SESSIONS_OF_USER_MAX = 200;
/** Counted anew then: others give tokens out, too, and some end. */
const COUNTED_MS = 10 * 60_000;
/** What is over is taken off so much later, and so many at a time. */
const OVER_MS = 3_600_000;
const OVER_MAX = 500;

export type Issuer = {
  /** Refused when the user has as many as one may have. */
  issue(token: Token): Promise<CommandResult>;
};

type Held = { tokens: number; readonly sessions: { readonly key: string; readonly at: Instant }[] };

export function createIssuer(peer: Pick<Peer, "entity" | "entities" | "submit" | "now">): Issuer {
  let counted: { readonly at: Instant; readonly users: Promise<Map<UserId, Held>> } | undefined;

  return {
    async issue(token) {
      const users = await count();
      const held = users.get(token.user) ?? { tokens: 0, sessions: [] };
      users.set(token.user, held);
      const isSession = token.kind === "session" || token.kind === "refresh";
      if (isSession) {
        held.sessions.push({ key: token.key, at: token.createdAt });
        while (held.sessions.length > SESSIONS_OF_USER_MAX) await end(held.sessions.shift()?.key);
      } else if (held.tokens >= TOKENS_OF_USER_MAX) {
        // Some may have ended since.
        counted = undefined;
        const message = `this user has ${TOKENS_OF_USER_MAX} tokens, which is all that one may have: end some first`;
        return { kind: "refused", why: "conflict", message };
      } else held.tokens++;
      return await submit(peer, issueToken(token));
    },
  };

  function count(): Promise<Map<UserId, Held>> {
    const now = peer.now();
    if (counted === undefined || now < counted.at || now >= counted.at + COUNTED_MS) {
      const users = countAll(now);
      counted = { at: now, users };
      users.catch(() => counted = undefined);
    }
    return counted.users;
  }

  async function countAll(now: Instant): Promise<Map<UserId, Held>> {
    const users = new Map<UserId, Held>();
    const over: Command[] = [];
    for await (const entity of everyEntity(peer, "token")) {
      if (!isAlive(entity)) continue;
      const token = tokenOf(entity, now);
      if (token === undefined) {
        const life = Number(entity.registers.life?.value);
        const isLong = tokenOf(entity, now - OVER_MS as Instant) === undefined;
        // The length of its life alone: two peers that do so at once write the same.
        if (isLong && over.length < OVER_MAX) over.push({ kind: "entity", entity, values: { life: life + 1 } });
        continue;
      }
      const held = users.get(token.user) ?? { tokens: 0, sessions: [] };
      users.set(token.user, held);
      if (token.kind === "session" || token.kind === "refresh") {
        held.sessions.push({ key: token.key, at: token.createdAt });
      } else held.tokens++;
    }
    for (const { sessions } of users.values()) sessions.sort((a, b) => a.at - b.at);
    await Promise.all(over.map((command) => submit(peer, command)));
    return users;
  }

  async function end(key: string | undefined): Promise<void> {
    const entity = key === undefined ? undefined : await peer.entity("token", key);
    if (entity !== undefined && isAlive(entity)) await submit(peer, revokeToken(entity));
  }
}
