// The directory finds users by their names. It reads all of them, and remembers them for a moment: who signs in asks for
// one, and nobody is told when another peer's user comes.

import { USER_SETTINGS, type UserSettings, userSettingsOf } from "../../core/people/user-settings.ts";
import { type User, userOf } from "../../core/people/user.ts";
import type { Entity } from "../../core/register/register.ts";
import { canonicalName } from "../../core/values/canonical.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { everyEntity } from "./every-entity.ts";

/** Who live; those who were deleted are not counted. */
export const USERS_MAX = 10_000;
const FRESH_MS = 1_000;

export type Directory = {
  /** In the order of their names. */
  all(): Promise<readonly User[]>;
  /** The one who may sign in by this name: of several, the eldest. */
  named(name: string): Promise<User | undefined>;
  entity(id: string): Promise<Entity | undefined>;
  settings(): Promise<UserSettings>;
  /** What was read is old: a user was written here. */
  forget(): void;
};

export function createDirectory(peer: Pick<Peer, "entity" | "entities" | "now">): Directory {
  let read: { readonly at: Instant; readonly users: Promise<readonly User[]> } | undefined;

  async function readAll(): Promise<readonly User[]> {
    const users: User[] = [];
    for await (const entity of everyEntity(peer, "user")) {
      users.push(...[userOf(entity)].filter((each) => each !== undefined));
    }
    return users.sort((a, b) => compare(a.name, b.name) || a.createdAt - b.createdAt || compare(a.id, b.id));
  }

  const all = (): Promise<readonly User[]> => {
    const now = peer.now();
    // A clock that was set back makes nothing fresh for longer.
    if (read === undefined || now < read.at || now >= read.at + FRESH_MS) {
      const users = readAll();
      read = { at: now, users };
      users.catch(() => read = undefined);
    }
    return read.users;
  };
  return {
    all,
    named: async (text) => {
      const name = canonicalName(text);
      return (await all()).find((user) => user.name === name);
    },
    entity: (id) => ID_PATTERN.test(id) ? peer.entity("user", id) : Promise.resolve(undefined),
    settings: async () => userSettingsOf(await peer.entity("setting", USER_SETTINGS)),
    forget: () => void (read = undefined),
  };
}

const ID_PATTERN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
