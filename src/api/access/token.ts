// A token opens the API for a while, to one user. It is kept as an entity under the digest of its secret, so that every
// peer knows it and none can show it again. A session is a token too, which the browser holds in a cookie; so is an
// invitation, which opens nothing but one sign-up.

import type { Role, Scope } from "../../core/people/user.ts";
import type { Command } from "../../core/protocol/command.ts";
import { type Entity, isAlive } from "../../core/register/register.ts";
import type { UserId } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";

/** `refresh`: of the seed's API, where it gives further tokens. */
export type TokenKind = "api" | "session" | "refresh" | "invite";

export type Token = {
  /** The digest of its secret; its id in the API. */
  readonly key: string;
  readonly name: string;
  readonly kind: TokenKind;
  /** Whom it stands for; of an invitation, who invites. */
  readonly user: UserId;
  /** At most these: what its user's role does not allow, it does not open. */
  readonly scopes: readonly Scope[];
  readonly createdAt: Instant;
  /** Absent: it ends when it is deleted. */
  readonly expiresAt?: Instant;
  /** The token that it was made with: when that one ends, so does this. */
  readonly parent?: string;
  /** Of an invitation: what the invited may do. */
  readonly role?: Role;
};

/** A token that was made with one that was made with one … is looked up so far. */
export const PARENTS_MAX = 4;

/** Tokens, sessions and invitations that are looked through. */
const TOKENS_MAX = 10_000;

/** The living token under this key. */
export async function findToken(peer: Pick<Peer, "entity" | "now">, key: string): Promise<Token | undefined> {
  const found = tokenOf(await peer.entity("token", key), peer.now());
  let token = found;
  for (let depth = 0; token?.parent !== undefined; depth++) {
    if (depth === PARENTS_MAX) return undefined;
    token = tokenOf(await peer.entity("token", token.parent), peer.now());
  }
  return token === undefined ? undefined : found;
}

/** Those that live, with their entities. */
export async function listTokens(
  peer: Pick<Peer, "entities" | "now">,
  kinds: readonly TokenKind[],
): Promise<readonly (readonly [Token, Entity])[]> {
  const now = peer.now();
  return (await peer.entities("token", TOKENS_MAX)).flatMap((entity): [Token, Entity][] => {
    const token = tokenOf(entity, now);
    return token === undefined || !kinds.includes(token.kind) ? [] : [[token, entity]];
  });
}

/** The token of an entity; absent when it was deleted, or is over at `now`. */
export function tokenOf(entity: Entity | undefined, now: Instant): Token | undefined {
  if (entity === undefined || !isAlive(entity)) return undefined;
  const { expiresAt, parent, role, ...rest } = entity.registers.token?.value as StoredToken;
  if (expiresAt !== null && expiresAt <= now) return undefined;
  return {
    key: entity.key,
    ...rest,
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(parent === undefined ? {} : { parent }),
    ...(role === undefined ? {} : { role }),
  };
}

export function issueToken(token: Token): Command {
  const { key, expiresAt, parent, role, ...rest } = token;
  const stored: StoredToken = {
    ...rest,
    expiresAt: expiresAt ?? null,
    ...(parent === undefined ? {} : { parent }),
    ...(role === undefined ? {} : { role }),
  };
  return { kind: "entity", entity: { kind: "token", key, registers: {} }, values: { token: stored, life: 1 } };
}

export function revokeToken(entity: Entity): Command {
  const life = entity.registers.life?.value;
  return { kind: "entity", entity, values: { token: null, life: typeof life === "number" ? life + 1 : 2 } };
}

export type TokenView = {
  readonly id: string;
  readonly name: string;
  readonly user: UserId;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
};

export function tokenView({ key, name, user, scopes, createdAt, expiresAt }: Token): TokenView {
  return {
    ...{ id: key, name, user, scopes },
    createdAt: formatInstant(createdAt),
    expiresAt: expiresAt === undefined ? null : formatInstant(expiresAt),
  };
}

type StoredToken = {
  readonly name: string;
  readonly kind: TokenKind;
  readonly user: UserId;
  readonly scopes: readonly Scope[];
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly parent?: string;
  readonly role?: Role;
};
