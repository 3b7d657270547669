// A token opens the API for a while, to one user. It is kept as an entity under the digest of its secret, so that every
// peer knows it and none can show it again. A session is a token too, which the browser holds in a cookie; so is an
// invitation, which opens nothing but one sign-up.

import type { Role, Scope, User } from "../../core/people/user.ts";
import type { Command } from "../../core/protocol/command.ts";
import { type Entity, isAlive } from "../../core/register/register.ts";
import type { UserId } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import { type Stamp, stampMs } from "../../core/values/stamp.ts";
import type { Peer } from "../../peer.ts";
import { everyEntity } from "./every-entity.ts";
import { news } from "./news.ts";

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
  /** Of a session: the address that it was opened from, and what the browser or program calls itself. */
  readonly from?: string;
  readonly agent?: string;
  /** As far as this peer was told. */
  readonly used?: Sighting;
  /** When it was written; absent while it is not. */
  readonly stamp?: Stamp;
};

export type Sighting = { readonly at: Instant; readonly from: string };

/**
 * Whether it was opened with the password that the user has now. A session that the peer where the password was changed
 * had not heard of, or one of the other side of a cut, ends by that, too.
 */
export function isOfPassword({ stamp }: Token, { passwordStamp }: User): boolean {
  return stamp === undefined || passwordStamp === undefined || stamp > passwordStamp;
}

/**
 * Whether a token that seems to be of the old password was written anew with the new one: who has changed it stays signed
 * in, and what says so is written behind the password, and may come behind it.
 */
export async function isKept(peer: Pick<Peer, "entity" | "now">, { key }: Token, user: User): Promise<boolean> {
  const { passwordStamp } = user;
  if (passwordStamp === undefined || peer.now() - stampMs(passwordStamp) > YOUNG_MS) return false;
  const kept = await news(async () => {
    const token = tokenOf(await peer.entity("token", key), peer.now());
    return token !== undefined && !isOfPassword(token, user) ? undefined : { token };
  });
  return kept?.token !== undefined;
}

/** A password that was changed longer ago has come with all that was written with it. */
const YOUNG_MS = 60_000;

/** Written anew, so that it is younger than a password that was changed with it. */
export function renewToken(entity: Entity): Command {
  return { kind: "entity", entity, values: { token: entity.registers.token?.value ?? null } };
}

/** A token that was made with one that was made with one … is looked up so far. */
export const PARENTS_MAX = 4;

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
  const found: [Token, Entity][] = [];
  for await (const entity of everyEntity(peer, "token")) {
    const token = tokenOf(entity, peer.now());
    if (token !== undefined && kinds.includes(token.kind)) found.push([token, entity]);
  }
  return found;
}

/** The token of an entity; absent when it was deleted, or is over at `now`. */
export function tokenOf(entity: Entity | undefined, now: Instant): Token | undefined {
  if (entity === undefined || !isAlive(entity)) return undefined;
  const { expiresAt, parent, role, ...rest } = entity.registers.token?.value as StoredToken;
  if (expiresAt !== null && expiresAt <= now) return undefined;
  const stamp = entity.registers.token?.stamp;
  const used = entity.registers.used?.value as Sighting | undefined;
  return {
    key: entity.key,
    ...rest,
    ...(stamp === undefined ? {} : { stamp }),
    ...(used === undefined ? {} : { used }),
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(parent === undefined ? {} : { parent }),
    ...(role === undefined ? {} : { role }),
  };
}

export function issueToken(token: Token): Command {
  const { key, expiresAt, parent, role, stamp: _, used: __, ...rest } = token;
  const stored: StoredToken = {
    ...rest,
    expiresAt: expiresAt ?? null,
    ...(parent === undefined ? {} : { parent }),
    ...(role === undefined ? {} : { role }),
  };
  return { kind: "entity", entity: { kind: "token", key, registers: {} }, values: { token: stored, life: 1 } };
}

export function revokeToken(entity: Entity): Command {
  const { life, used } = entity.registers;
  const values = { token: null, life: typeof life?.value === "number" ? life.value + 1 : 2 };
  return { kind: "entity", entity, values: used === undefined ? values : { ...values, used: null } };
}

export type TokenView = {
  readonly id: string;
  readonly name: string;
  readonly user: UserId;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedFrom: string | null;
};

/** `last`: when it was last used, when it was. */
export function tokenView({ key, name, user, scopes, createdAt, expiresAt }: Token, last?: Sighting): TokenView {
  return { ...{ id: key, name, user, scopes }, ...timesOf({ createdAt, expiresAt }, last) };
}

export type TimesView = Pick<TokenView, "createdAt" | "expiresAt" | "lastUsedAt" | "lastUsedFrom">;

export function timesOf(
  { createdAt, expiresAt }: { readonly createdAt: Instant; readonly expiresAt: Instant | undefined },
  last: Sighting | undefined,
): TimesView {
  return {
    createdAt: formatInstant(createdAt),
    expiresAt: expiresAt === undefined ? null : formatInstant(expiresAt),
    lastUsedAt: last === undefined ? null : formatInstant(last.at),
    lastUsedFrom: last?.from ?? null,
  };
}

/** A User-Agent says little more in more. */
const AGENT_MAX = 256;

/** Where a session is opened from, and with what. */
export function openedBy(
  request: Request,
  remote: string | undefined,
): Pick<Token, "from" | "agent"> {
  const agent = request.headers.get("user-agent")?.slice(0, AGENT_MAX);
  return { ...(remote === undefined ? {} : { from: remote }), ...(agent === undefined ? {} : { agent }) };
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
  readonly from?: string;
  readonly agent?: string;
};
