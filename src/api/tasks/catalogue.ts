// All tasks in memory, while somebody looks for some of them: searched and sorted in milliseconds, however
// many there are. It is read from the store when it is first asked, kept true by notices, and given up when nobody asks
// any more: a peer at which nobody looks keeps nothing of it.

import type { Notice } from "../../core/delivery/notice.ts";
import { revisionOf } from "../../core/register/register.ts";
import { nextAtOrAfter } from "../../core/schedule/schedule.ts";
import { maskUrn } from "../../core/targets/target-urn.ts";
import { isNamed } from "../../core/targets/target.ts";
import type { Dossier } from "../../core/task/dossier.ts";
import type { Outcome, Run } from "../../core/task/run.ts";
import { isPausedAt, nextToSend, scheduleOf, type Task, taskOf } from "../../core/task/task-entity.ts";
import { isFault } from "../../core/values/fault.ts";
import { type TaskGuid, taskGuid, type UserId } from "../../core/values/ids.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Labels } from "../../core/values/labels.ts";
import { stampMs } from "../../core/values/stamp.ts";
import type { Peer } from "../../peer.ts";

export const SORTS = ["id", "name", "next", "last", "updated"] as const;
export type Sort = typeof SORTS[number];

export type CatalogueQuery = {
  /** Whose tasks; everyone's when absent. */
  readonly user?: UserId;
  /** Part of the id or the name, whatever its case. */
  readonly text?: string;
  /** The name of the target that they refer to. */
  readonly target?: string;
  /** Part of the target's URN. */
  readonly urn?: string;
  readonly paused?: boolean;
  readonly outcome?: Outcome;
  readonly labels?: Labels;
  readonly sort: Sort;
  readonly isDescending: boolean;
  readonly limit: number;
  /** What a page before said. */
  readonly cursor?: string;
};

export type CataloguePage = {
  readonly guids: readonly TaskGuid[];
  readonly cursor?: string;
  /** How many match. */
  readonly total: number;
};

export type Upcoming = {
  readonly task: string;
  readonly user: UserId;
  readonly name: string;
  readonly at: Instant;
};

/** One line of the catalogue: about 500 bytes. */
type Line = {
  readonly guid: TaskGuid;
  readonly id: string;
  readonly name: string;
  /** Id and name in lower case: what a search looks at. */
  readonly words: string;
  readonly urn: string;
  /** The named one. */
  readonly target: string | undefined;
  readonly task: Task;
  readonly updatedAt: number;
  through: Instant;
  last?: { readonly instant: Instant; readonly outcome: Outcome } | undefined;
  /** Reckoned when it is asked for; Infinity is never again. */
  next: number | undefined;
};

/** Beyond so many tasks it would take hundreds of megabytes: lists go through the store, in the order of ids. */
const LINES_MAX = 300_000;
const PAGE = 250;
/** Until so many are read, about a tenth of a second, whoever asks in passing waits; beyond, they get no answer yet. */
const SOON_LINES = 2_000;
/** Nobody has asked for so long. */
const IDLE_MS = 10 * 60_000;

export class Catalogue {
  readonly #peer: Peer;
  readonly #lines = new Map<TaskGuid, Line>();
  #filled: Promise<boolean> | undefined;
  /** True when all is read; false when it is not soon. */
  #soon: Promise<boolean> | undefined;
  #unwatch: (() => void) | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(peer: Peer, closing: AbortSignal) {
    this.#peer = peer;
    closing.addEventListener("abort", () => this.#giveUp(), { once: true });
  }

  /** A page of what matches; absent when there are too many tasks to be held. */
  async page(query: CatalogueQuery): Promise<CataloguePage | undefined> {
    if (!await this.#ready()) return undefined;
    const now = this.#peer.now();
    const found = [...this.#lines.values()].filter(matcher(query, now));
    const compare = ORDERS[query.sort];
    const sign = query.isDescending ? -1 : 1;
    const order = (a: Line, b: Line) => sign * compare(a, b) || compareText(a.guid, b.guid);
    const { was, guid } = query.cursor === undefined ? { was: 0, guid: undefined } : placeOf(query.cursor);
    let sorted = firstOf(found, was + query.limit, order);
    let from = was;
    if (was > 0 && sorted[was - 1]?.guid !== guid) {
      // Its task has gone or moved: where that is now, or where it was.
      sorted = found.sort(order);
      const at = sorted.findIndex((line) => line.guid === guid);
      from = at === -1 ? Math.min(was, sorted.length) : at + 1;
    }
    const lines = sorted.slice(from, from + query.limit);
    const last = lines.at(-1);
    const isMore = from + lines.length < found.length && last !== undefined;
    return {
      guids: lines.map(({ guid }) => guid),
      total: found.length,
      ...(isMore ? { cursor: `${from + lines.length} ${last.guid}` } : {}),
    };
  }

  /** Somebody looks: begins to read what they will ask for. What goes wrong, those hear who ask. */
  warm(): void {
    this.#ready().catch(() => {});
  }

  /** How many tasks there are, and how many of them are paused; absent when that is not known soon. */
  async count(user?: UserId): Promise<{ readonly tasks: number; readonly paused: number } | undefined> {
    if (!await this.#readySoon()) return undefined;
    const now = this.#peer.now();
    let paused = 0;
    let tasks = 0;
    for (const { task } of this.#lines.values()) {
      if (user !== undefined && task.user !== user) continue;
      tasks++;
      if (isPausedAt(task.state, now)) paused++;
    }
    return { tasks, paused };
  }

  /** What comes up until `until`, the first `limit` of it by time; absent when that is not known soon. */
  async upcoming(until: Instant, limit: number, user?: UserId): Promise<readonly Upcoming[] | undefined> {
    if (!await this.#readySoon()) return undefined;
    const now = this.#peer.now();
    const near = [...this.#lines.values()].filter((line) =>
      (user === undefined || line.task.user === user) && nextOf(line) <= until
    ).sort(ORDERS.next);
    const found: Upcoming[] = [];
    for (const line of near) {
      const schedule = scheduleOf(line.task);
      if (isFault(schedule)) continue;
      let at: Instant | undefined = nextOf(line) as Instant;
      for (let count = 0; at !== undefined && at <= until && count < EACH_MAX; count++) {
        found.push({ task: line.id, user: line.task.user, name: line.name, at });
        // What is held back is due once; what its schedule said meanwhile does not come up.
        at = nextAtOrAfter(schedule, Math.max(at + 1, now) as Instant);
      }
      if (found.length > limit * 4) break;
    }
    return found.sort((a, b) => a.at - b.at).slice(0, limit);
  }

  async #ready(): Promise<boolean> {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#giveUp(), IDLE_MS);
    // A peer does not stay alive for the sake of a list.
    if (typeof this.#idle === "object") this.#idle.unref?.();
    try {
      return await this.#begin();
    } catch (error) {
      this.#giveUp();
      throw error;
    }
  }

  /** A first page does not wait for a hundred thousand tasks to be read. */
  async #readySoon(): Promise<boolean> {
    const ready = this.#ready();
    return await Promise.race([ready, this.#soon ?? ready]);
  }

  #begin(): Promise<boolean> {
    if (this.#filled !== undefined) return this.#filled;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#soon = promise;
    return this.#filled = this.#fill(() => resolve(false));
  }

  async #fill(takesLong: () => void): Promise<boolean> {
    this.#unwatch = this.#peer.watch((notice) => this.#hear(notice));
    let cursor: string | undefined;
    do {
      const page = await this.#peer.tasks({
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const dossier of page.items) {
        if (!this.#lines.has(dossier.guid)) this.#put(dossier);
        // Reckoned here, a page at a time: all at once, the first sort by it would hold the loop for a second.
        const line = this.#lines.get(dossier.guid);
        if (line !== undefined) nextOf(line);
      }
      if (this.#lines.size > LINES_MAX) {
        this.#unwatch?.();
        this.#lines.clear();
        return false;
      }
      cursor = page.cursor;
      if (cursor !== undefined && this.#lines.size >= SOON_LINES) takesLong();
    } while (cursor !== undefined);
    this.#soon = undefined;
    return true;
  }

  #giveUp(): void {
    clearTimeout(this.#idle);
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#filled = undefined;
    this.#lines.clear();
  }

  #hear(notice: Notice): void {
    switch (notice.kind) {
      case "task":
        return this.#put(notice.dossier);
      case "removed":
        return void this.#lines.delete(taskGuid(notice.user, notice.task));
      case "run":
        return this.#carry(notice.run);
      case "lane":
      case "mesh":
        return;
    }
  }

  #put({ guid, entity, progress }: Dossier): void {
    const task = taskOf(entity);
    if (task === undefined || entity === undefined) return;
    const { id, name, target } = task.definition;
    this.#lines.set(guid, {
      ...{ guid, id, name, task },
      words: `${id}\n${name}`.toLowerCase(),
      urn: isNamed(target) ? "" : maskUrn(target.urn).toLowerCase(),
      target: isNamed(target) ? target.name : undefined,
      updatedAt: stampMs(revisionOf(entity)),
      through: progress.through,
      last: progress.last,
      next: undefined,
    });
  }

  #carry({ guid, instant, outcome, manual }: Run): void {
    const line = this.#lines.get(guid);
    if (line === undefined) return;
    if (manual !== true && instant > line.through) {
      line.through = instant;
      line.next = undefined;
    }
    if (outcome !== undefined && (line.last === undefined || line.last.instant <= instant)) {
      line.last = { instant, outcome };
    }
  }
}

/** Of one task in the time that is looked at ahead. */
const EACH_MAX = 900;

function matcher(query: CatalogueQuery, now: Instant): (line: Line) => boolean {
  const text = query.text?.toLowerCase();
  const urn = query.urn?.toLowerCase();
  const labels = Object.entries(query.labels ?? {});
  return (line) =>
    (text === undefined || line.words.includes(text)) &&
    (query.user === undefined || line.task.user === query.user) &&
    (query.target === undefined || line.target === query.target) &&
    (urn === undefined || line.urn.includes(urn)) &&
    (query.paused === undefined || isPausedAt(line.task.state, now) === query.paused) &&
    (query.outcome === undefined || line.last?.outcome === query.outcome) &&
    labels.every(([name, value]) => line.task.definition.labels[name] === value);
}

const ORDERS: { readonly [S in Sort]: (a: Line, b: Line) => number } = {
  id: (a, b) => compareText(a.id, b.id),
  name: (a, b) => compareText(a.name, b.name),
  next: (a, b) => compareNumber(nextOf(a), nextOf(b)),
  last: (a, b) => compareNumber(a.last?.instant ?? -Infinity, b.last?.instant ?? -Infinity),
  updated: (a, b) => compareNumber(a.updatedAt, b.updatedAt),
};

function nextOf(line: Line): number {
  if (line.next !== undefined) return line.next;
  const schedule = scheduleOf(line.task);
  const next = isFault(schedule) ? undefined : nextToSend(schedule, line.task, line.through);
  return line.next = next ?? Infinity;
}

const CURSOR = /^(\d{1,9}) ([\s\S]*)$/;

/** Whether a page of the catalogue ended with it; else one of the store's did, before the catalogue was read. */
export function isOwnCursor(cursor: string): boolean {
  return CURSOR.test(cursor);
}

function placeOf(cursor: string): { readonly was: number; readonly guid: string | undefined } {
  const [, place = "0", guid] = CURSOR.exec(cursor) ?? [];
  return { was: Number(place), guid };
}

/** The first of them in this order, in it: a hundred thousand are not sorted for the sake of fifty. */
function firstOf(lines: readonly Line[], count: number, order: (a: Line, b: Line) => number): Line[] {
  const first: Line[] = [];
  let last: Line | undefined;
  for (const line of lines) {
    if (last !== undefined && order(line, last) >= 0) continue;
    first.push(line);
    if (first.length < 2 * count) continue;
    first.sort(order).length = count;
    last = first[count - 1];
  }
  return first.sort(order).slice(0, count);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumber(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
