// Whose tasks may reach what lies behind the peer: those of admins. All admins of the mesh, in memory.

import type { ResolvedTarget } from "../delivery/resolved-target.ts";
import type { Entity } from "../register/register.ts";
import type { UserId } from "../values/ids.ts";
import { ADMIN, userOf } from "./user.ts";

export class Trust {
  readonly #admins = new Set<UserId>([ADMIN]);
  /** Who is handed the same target each time may keep what it makes of it. */
  readonly #guarded = new WeakMap<ResolvedTarget, ResolvedTarget>();

  constructor(users: readonly Entity[] = []) {
    for (const user of users) this.take(user);
  }

  take(entity: Entity): void {
    if (entity.kind !== "user") return;
    if (userOf(entity)?.role === "admin") this.#admins.add(entity.key);
    else if (entity.key !== ADMIN) this.#admins.delete(entity.key);
  }

  isAdmin(user: UserId): boolean {
    return this.#admins.has(user);
  }

  /** The target as this user's task may be sent to it. */
  of(user: UserId, target: ResolvedTarget): ResolvedTarget {
    if (this.#admins.has(user)) return target;
    const known = this.#guarded.get(target);
    if (known !== undefined) return known;
    const guarded: ResolvedTarget = { ...target, isGuarded: true };
    this.#guarded.set(target, guarded);
    return guarded;
  }
}
