// What the list of tasks asks of an entity: who it is, and whether it matches. Registers come from other peers, one by
// one: what is missing or of another form is a task without a name, never an error that hides the others.

import type { Entity } from "../core/register/register.ts";
import type { UserId } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Json } from "../core/values/json.ts";
import type { TaskQuery } from "./store.ts";

export type Meta = {
  readonly id: string;
  readonly user: UserId;
  readonly name: string;
  readonly labels: { readonly [name: string]: Json };
};

/** The `meta` register; of a deleted task it still says who it was. */
export function metaOf(entity: Entity): Meta | undefined {
  const meta = objectOf(entity, "meta");
  if (meta === undefined || typeof meta.id !== "string" || typeof meta.user !== "string") return undefined;
  const name = typeof meta.name === "string" ? meta.name : meta.id;
  return { id: meta.id, user: meta.user, name, labels: isObject(meta.labels) ? meta.labels : {} };
}

/** Whether the query asks for some tasks only, so that many may have to be read to find one. */
export function isFilter({ text, paused, labels, target }: TaskQuery): boolean {
  return text !== undefined || paused !== undefined || labels !== undefined || target !== undefined;
}

export function matches(entity: Entity, { text, paused, labels, target, now }: TaskQuery): boolean {
  const meta = metaOf(entity);
  if (meta === undefined) return false;
  if (text !== undefined) {
    const part = text.toLowerCase();
    if (!meta.id.toLowerCase().includes(part) && !meta.name.toLowerCase().includes(part)) return false;
  }
  if (target !== undefined && objectOf(entity, "target")?.name !== target) return false;
  if (paused !== undefined && isPaused(entity, now) !== paused) return false;
  return Object.entries(labels ?? {}).every(([name, value]) => meta.labels[name] === value);
}

/** As `isPausedAt` of the core, for a register that may be of any form. */
function isPaused(entity: Entity, now: Instant | undefined): boolean {
  const state = objectOf(entity, "state");
  if (state?.paused !== true) return false;
  return now === undefined || typeof state.until !== "number" || state.until > now;
}

function objectOf(entity: Entity, register: string): { readonly [key: string]: Json } | undefined {
  const value = entity.registers[register]?.value;
  return isObject(value) ? value : undefined;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
