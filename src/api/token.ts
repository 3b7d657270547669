// A token opens the API for a while. It is kept as an entity under the digest of its secret, so that every peer knows
// it and none can show it again. A session is a token too: the browser holds it in a cookie.

import type { Command } from "../core/command.ts";
import { formatInstant, type Instant } from "../core/instant.ts";
import { type Entity, isAlive } from "../core/register.ts";
import type { Peer } from "../peer.ts";

export type Token = {
  /** The digest of its secret; its id in the API. */
  readonly key: string;
  readonly name: string;
  readonly kind: "api" | "session";
  readonly createdAt: Instant;
  /** Absent: it ends when it is deleted. */
  readonly expiresAt?: Instant;
  /** The token that the session was opened with: when that one ends, so does this. */
  readonly parent?: string;
};

/** The living token under this key. */
export async function findToken(peer: Pick<Peer, "entity" | "now">, key: string): Promise<Token | undefined> {
  const token = tokenOf(await peer.entity("token", key), peer.now());
  if (token?.parent === undefined) return token;
  return tokenOf(await peer.entity("token", token.parent), peer.now()) === undefined ? undefined : token;
}

/** The token of an entity; absent when it was deleted, or is over at `now`. */
export function tokenOf(entity: Entity | undefined, now: Instant): Token | undefined {
  if (entity === undefined || !isAlive(entity)) return undefined;
  const { expiresAt, parent, ...rest } = entity.registers.token?.value as StoredToken;
  if (expiresAt !== null && expiresAt <= now) return undefined;
  return {
    key: entity.key,
    ...rest,
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(parent === undefined ? {} : { parent }),
  };
}

export function issueToken(token: Token): Command {
  const { key, expiresAt, parent, ...rest } = token;
  const stored: StoredToken = { ...rest, expiresAt: expiresAt ?? null, ...(parent === undefined ? {} : { parent }) };
  return { kind: "entity", entity: { kind: "token", key, registers: {} }, values: { token: stored, life: 1 } };
}

export function revokeToken(entity: Entity): Command {
  const life = entity.registers.life?.value;
  return { kind: "entity", entity, values: { token: null, life: typeof life === "number" ? life + 1 : 2 } };
}

export type TokenView = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
};

export function tokenView(token: Token): TokenView {
  return {
    id: token.key,
    name: token.name,
    createdAt: formatInstant(token.createdAt),
    expiresAt: token.expiresAt === undefined ? null : formatInstant(token.expiresAt),
  };
}

type StoredToken = {
  readonly name: string;
  readonly kind: "api" | "session";
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly parent?: string;
};
