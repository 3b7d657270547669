// The quotas of users: how many tasks, how many bytes of payload, how many fires within a minute. What a user has is
// counted when it is first asked for, and kept up with what is told of its tasks. Two peers that are written to at once
// each count what they have heard of, so a user may go over by what came in between; the next one is refused.

import { Buffer } from "node:buffer";
import type { Notice } from "../../core/delivery/notice.ts";
import { ADMIN, type Quota, userOf } from "../../core/people/user.ts";
import type { Refusal } from "../../core/protocol/command.ts";
import { parseSchedule } from "../../core/schedule/schedule-source.ts";
import { nextAtOrAfter, type ScheduleSource } from "../../core/schedule/schedule.ts";
import { taskOf } from "../../core/task/task-entity.ts";
import type { TaskDefinition } from "../../core/task/task.ts";
import { fault, isFault } from "../../core/values/fault.ts";
import { type TaskGuid, taskGuid, type UserId } from "../../core/values/ids.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { quotaFor } from "../people/user-view.ts";
import type { Directory } from "./directory.ts";

/** Users whose tasks are counted at a time; of each, as many tasks as its quota allows. */
const COUNTED_MAX = 16;
/** Counted anew then: a notice may be missed. */
const COUNTED_MS = 10 * 60_000;
const PAGE = 500;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Users who fired by hand: a line or a few each. */
const FIRED_MAX = 1_000;
/** Of one schedule within a minute. Beyond it, it counts as so many: ten a second. */
const FIRES_MAX = 600;

export type Quotas = {
  /** Absent: the user may have this task. What it then has counts from now on. */
  put(user: UserId, definition: TaskDefinition): Promise<Refusal | undefined>;
  /** Absent: the user may fire these by hand. */
  fire(user: UserId, what?: ByHand): Promise<Refusal | undefined>;
  /** What was to be put was not: it is counted anew. */
  forget(user: UserId): void;
};

export type ByHand = {
  /** 1 when absent. */
  readonly count?: number;
  /** Absent: all of them now. */
  readonly perSecond?: number;
  /** Bytes of JSON of payloads that are sent with them, and kept with their runs. */
  readonly payloadBytes?: number;
};

export function createQuotas(peer: Pick<Peer, "tasks" | "now" | "watch">, directory: Directory): Quotas {
  /** The user that was asked for last stands last. */
  const counted = new Map<UserId, { readonly at: Instant; readonly usage: Promise<Usage> }>();
  /** Manual fires that count still. */
  const fired = new Map<UserId, readonly Fired[]>();
  /** Bytes of their payloads since the day of the user began, which it does with the first. */
  const given = new Map<UserId, { readonly at: Instant; readonly bytes: number }>();
  let unwatch: (() => void) | undefined;

  return {
    async put(user, definition) {
      const quota = await limitsOf(user);
      if (quota === undefined) return undefined;
      const usage = await usageOf(user);
      const guid = taskGuid(user, definition.id);
      const share = shareOf(definition, peer.now());
      const before = usage.get(guid) ?? NOTHING;
      const { tasks, payloadBytes, firesPerMinute } = usage.total;
      const after = {
        tasks: tasks + (before === NOTHING ? 1 : 0),
        payloadBytes: payloadBytes - before.payloadBytes + share.payloadBytes,
        firesPerMinute: firesPerMinute - before.firesPerMinute + share.firesPerMinute,
      };
      // Who is over already may have less, and not more.
      const over = QUOTA_NAMES.find((name) => {
        const limit = quota[name];
        return limit !== null && after[name] > limit && after[name] > usage.total[name];
      });
      if (over !== undefined) return overQuota(over, quota[over] ?? 0, after[over]);
      usage.set(guid, share);
      return undefined;
    },
    async fire(user, { count = 1, perSecond, payloadBytes = 0 } = {}) {
      const limits = await limitsOf(user);
      if (limits === undefined) return undefined;
      const own = limits.firesPerMinute === null ? 0 : (await usageOf(user)).total.firesPerMinute;
      const now = peer.now();
      const recent = (fired.get(user) ?? []).filter(({ from, until }) => now >= from && now < until);
      const inMinute = perSecond === undefined ? count : Math.min(count, Math.ceil(perSecond * 60));
      const fires = recent.reduce((sum, each) => sum + each.inMinute, own) + inMinute;
      const { firesPerMinute, payloadBytes: bytesMax } = limits;
      if (firesPerMinute !== null && inMinute > 0 && fires > firesPerMinute) {
        return overQuota("firesPerMinute", firesPerMinute, fires);
      }
      const day = dayOf(user, now);
      const bytes = day.bytes + payloadBytes;
      if (bytesMax !== null && payloadBytes > 0 && bytes > bytesMax) return overQuota("payloadBytes", bytesMax, bytes);
      renew(given, user, { at: day.at, bytes });
      const lastsMs = MINUTE_MS + (perSecond === undefined ? 0 : count / perSecond * 1_000);
      renew(fired, user, [...recent, { from: now, until: now + lastsMs, inMinute }]);
      return undefined;
    },
    forget(user) {
      counted.delete(user);
    },
  };

  /** A day's payloads by hand are as many as those that the user's tasks may have: their runs are kept for weeks. */
  function dayOf(user: UserId, now: Instant): { readonly at: Instant; readonly bytes: number } {
    const known = given.get(user);
    return known !== undefined && now >= known.at && now < known.at + DAY_MS ? known : { at: now, bytes: 0 };
  }

  /** Absent: no limit at all. */
  async function limitsOf(user: UserId): Promise<{ readonly [name in keyof Quota]: number | null } | undefined> {
    if (user === ADMIN) return undefined;
    const known = userOf(await directory.entity(user));
    const settings = await directory.settings();
    // One that this peer has not heard of yet has what all have.
    const quota = known === undefined ? settings.quota : quotaFor(known, settings);
    return QUOTA_NAMES.every((name) => quota[name] === null) ? undefined : quota;
  }

  function usageOf(user: UserId): Promise<Usage> {
    const now = peer.now();
    const known = counted.get(user);
    counted.delete(user);
    const isFresh = known !== undefined && now >= known.at && now < known.at + COUNTED_MS;
    const entry = isFresh ? known : { at: now, usage: count(user) };
    counted.set(user, entry);
    entry.usage.catch(() => counted.delete(user));
    const [eldest] = counted.keys();
    if (counted.size > COUNTED_MAX && eldest !== undefined) counted.delete(eldest);
    unwatch ??= peer.watch(hear);
    return entry.usage;
  }

  async function count(user: UserId): Promise<Usage> {
    const usage = new Usage();
    let cursor: string | undefined;
    do {
      const page = await peer.tasks({ user, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const { guid, entity } of page.items) {
        const task = taskOf(entity);
        if (task !== undefined) usage.set(guid, shareOf(task.definition, peer.now()));
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    return usage;
  }

  function hear(notice: Notice): void {
    if (notice.kind === "task") {
      const task = taskOf(notice.dossier.entity);
      const usage = task === undefined ? undefined : counted.get(task.user)?.usage;
      if (task === undefined || usage === undefined) return;
      // A notice comes with each run too, which changes nothing here.
      void usage.then((known) => known.has(task.guid) || known.set(task.guid, shareOf(task.definition, peer.now())))
        .catch(() => {});
    } else if (notice.kind === "removed") {
      const { user, task } = notice;
      void counted.get(user)?.usage.then((known) => known.delete(taskGuid(user, task))).catch(() => {});
    }
  }
}

/** Of many users those are remembered that came last. */
function renew<T>(map: Map<UserId, T>, user: UserId, value: T): void {
  map.delete(user);
  map.set(user, value);
  const [eldest] = map.keys();
  if (map.size > FIRED_MAX && eldest !== undefined) map.delete(eldest);
}

type Fired = {
  readonly from: Instant;
  /** A minute after the last of them. */
  readonly until: number;
  readonly inMinute: number;
};

const QUOTA_NAMES = ["tasks", "payloadBytes", "firesPerMinute"] as const;

/** What one task takes of a quota. */
type Share = Pick<Quota, "payloadBytes" | "firesPerMinute">;

const NOTHING: Share = { payloadBytes: 0, firesPerMinute: 0 };

class Usage {
  readonly #shares = new Map<TaskGuid, Share>();
  #payloadBytes = 0;
  #firesPerMinute = 0;

  get total(): Quota {
    const { size } = this.#shares;
    return { tasks: size, payloadBytes: this.#payloadBytes, firesPerMinute: this.#firesPerMinute };
  }

  get(guid: TaskGuid): Share | undefined {
    return this.#shares.get(guid);
  }

  has(guid: TaskGuid): boolean {
    return this.#shares.has(guid);
  }

  set(guid: TaskGuid, share: Share): void {
    this.delete(guid);
    this.#shares.set(guid, share);
    this.#payloadBytes += share.payloadBytes;
    this.#firesPerMinute += share.firesPerMinute;
  }

  delete(guid: TaskGuid): void {
    const { payloadBytes, firesPerMinute } = this.#shares.get(guid) ?? NOTHING;
    this.#shares.delete(guid);
    this.#payloadBytes -= payloadBytes;
    this.#firesPerMinute -= firesPerMinute;
  }
}

function shareOf({ schedule, payload }: TaskDefinition, now: Instant): Share {
  const payloadBytes = payload === null ? 0 : Buffer.byteLength(JSON.stringify(payload));
  return { payloadBytes, firesPerMinute: firesOf(schedule, now) };
}

/** The most occurrences within any minute. */
function firesOf(source: ScheduleSource, now: Instant): number {
  const schedule = parseSchedule(source);
  if (isFault(schedule)) return 0;
  const first = nextAtOrAfter(schedule, now);
  if (first === undefined) return 0;
  // Each second of a minute comes once within any 60 s, whenever the next one is; an interval is the same at all times.
  if (schedule.kind === "cron") return schedule.cron.seconds.length;
  let fires = 0;
  let at: Instant | undefined = first;
  while (at !== undefined && at < first + MINUTE_MS && fires < FIRES_MAX) {
    fires++;
    at = nextAtOrAfter(schedule, at + 1 as Instant);
  }
  return fires;
}

function overQuota(name: keyof Quota, limit: number, would: number): Refusal {
  const message = `${WHAT[name]}: this user may have ${limit}, and would have ${would}. An admin sets the quota.`;
  return { kind: "refused", why: "invalid", message, fault: fault(`quota.${name}`, message) };
}

const WHAT: { readonly [name in keyof Quota]: string } = {
  tasks: "Too many tasks",
  payloadBytes: "Too many bytes of payloads",
  firesPerMinute: "Too many fires within a minute",
};
