// The book of named targets: all that live, in memory. A task's target is looked up when an attempt starts, so that an
// edit of a target counts for all its tasks at once, and touches none of them.

import type { Entity } from "../register/register.ts";
import type { SealedCredentials } from "../targets/credentials.ts";
import { DEFAULT_LIMITS, plainLimits, type ResolvedLimits, resolveLimits } from "../targets/target-limits.ts";
import { rulesOf } from "../targets/target-schemes.ts";
import { schemeOf, URN_MAX } from "../targets/target-urn.ts";
import {
  isNamed,
  laneOf,
  type NamedTarget,
  optionsFault,
  optionsOf,
  pathFault,
  type Target,
} from "../targets/target.ts";
import type { UserId } from "../values/ids.ts";
import { Memo } from "../values/memo.ts";
import { LANE_MAX } from "./lane.ts";
import type { ResolvedTarget } from "./resolved-target.ts";
import { type StoredTarget, targetOf } from "./target-entity.ts";

/** Living targets at most, of all users: a few KB each. */
export const TARGETS_MAX = 4_096;
/** Ways in which the tasks of one target refer to it, the latest. */
const WAYS_MAX = 256;

type Page = {
  readonly limits: ResolvedLimits;
  readonly plain: ResolvedTarget;
  /** By what a task writes beside the name. */
  readonly ways: Memo<string, ResolvedTarget>;
};

export class TargetBook {
  /** By lane. */
  readonly #pages = new Map<string, Page>();
  /** By the key of the entity. */
  readonly #lanes = new Map<string, string>();

  constructor(entities: readonly Entity[] = []) {
    for (const entity of entities) this.take(entity);
  }

  get size(): number {
    return this.#pages.size;
  }

  /** Takes a target's entity as it stands now; whether it was one. */
  take(entity: Entity): boolean {
    if (entity.kind !== "target") return false;
    const target = targetOf(entity);
    const known = this.#lanes.get(entity.key);
    if (known !== undefined) this.#pages.delete(known);
    this.#lanes.delete(entity.key);
    if (target === undefined || this.#pages.size >= TARGETS_MAX) return true;
    const lane = laneOf(target.user, { name: target.name });
    this.#lanes.set(entity.key, lane);
    this.#pages.set(lane, {
      limits: target.definition === undefined
        ? DEFAULT_LIMITS
        : resolveLimits(target.definition.limits, target.definition.urn),
      plain: plainOf(target),
      ways: new Memo(WAYS_MAX),
    });
    return true;
  }

  /** What bounds the attempts of this lane; of a target that is not known, and of a plain one, what bounds all of them. */
  limitsOf(lane: string): ResolvedLimits {
    return this.#pages.get(lane)?.limits ?? plainLimits(lane);
  }

  /** What the target of a task of this user stands for now. The same is returned while nothing changes. */
  resolve(user: UserId, target: Target): ResolvedTarget {
    if (!isNamed(target)) return target;
    const page = this.#pages.get(laneOf(user, target));
    if (page === undefined) return unsendable(target.name, `there is no target named "${target.name}"`);
    const { name: _, ...way } = target;
    if (Object.keys(way).length === 0 || page.plain.unsendable !== undefined) return page.plain;
    const key = JSON.stringify(way);
    return page.ways.get(key) ?? page.ways.set(key, together(page.plain, target));
  }
}

/** The target itself, as it is sent to when a task says no more than its name. */
export function plainOf({ key, name, definition, credentials }: StoredTarget): ResolvedTarget {
  if (definition === undefined) {
    return unsendable(name, `the target "${name}" was written by a newer peer, and can't be read here`);
  }
  const { description: _, limits: { concurrency = LANE_MAX }, ...plain } = definition;
  const wide = concurrency > LANE_MAX ? { concurrency } : {};
  return { ...plain, ...sealedOf(key, credentials), ...wide };
}

function sealedOf(context: string, credentials: SealedCredentials | undefined): Pick<ResolvedTarget, "sealed"> {
  return credentials === undefined ? {} : { sealed: { text: credentials.sealed, context } };
}

/** The target, and what a task has to say of it. */
function together(target: ResolvedTarget, { name, path, headers, ...options }: NamedTarget): ResolvedTarget {
  const rules = rulesOf(schemeOf(target.urn) ?? "");
  const written = optionsOf({ ...options, headers });
  const wrong = Object.keys(written).find((each) => !Object.hasOwn(rules?.options ?? {}, each));
  if (wrong !== undefined) return unsendable(name, `the target "${name}" knows no ${wrong}, which the task sets`);
  // What a template has filled in was not seen when the task was written.
  const fault = optionsFault(written, "target", rules?.options) ??
    (path === undefined ? undefined : pathFault(path, "target.path"));
  if (fault !== undefined) return unsendable(name, fault.message);
  const urn = path === undefined ? target.urn : withPath(target.urn, path);
  if (urn.length > URN_MAX) return unsendable(name, `the task's path makes the URN longer than ${URN_MAX} characters`);
  const all = headers === undefined && target.headers === undefined
    ? {}
    : { headers: withHeaders(target.headers ?? {}, headers ?? {}) };
  return { ...target, ...written, ...all, urn };
}

/** The path behind that of the URN, before its query, which is kept; a query of the path goes behind that. */
function withPath(urn: string, path: string): string {
  const [base = "", ...baseQuery] = urn.split("?");
  const [steps = "", ...pathQuery] = path.split("?");
  const query = [baseQuery.join("?"), pathQuery.join("?")].filter((part) => part !== "").join("&");
  return `${base.replace(/\/$/, "")}${steps}${query === "" ? "" : `?${query}`}`;
}

type Headers = { readonly [name: string]: string };

/** The task's go before those of the target, whatever their case. */
function withHeaders(ofTarget: Headers, ofTask: Headers): Headers {
  const names = new Set(Object.keys(ofTask).map((name) => name.toLowerCase()));
  const kept = Object.entries(ofTarget).filter(([name]) => !names.has(name.toLowerCase()));
  return Object.fromEntries([...kept, ...Object.entries(ofTask)]);
}

function unsendable(name: string, why: string): ResolvedTarget {
  return { name, urn: "", unsendable: why };
}
