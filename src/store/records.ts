// The store: what the core writes, kept as records in ordered spaces, and read back for the engine and for people. It
// knows no disk: LevelDB or a map in memory is behind the inner door.

import type { Electors } from "../core/membership/electorate.ts";
import type { MeshStart } from "../core/keeper/mesh-start.ts";
import type { DueQuery } from "../core/protocol/event.ts";
import type { LogEnds, Stamps } from "../core/protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../core/protocol/store-query.ts";
import type { StoredAnswer, Write } from "../core/protocol/write.ts";
import type { Conflict } from "../core/register/conflict.ts";
import type { Entity, EntityKind } from "../core/register/register.ts";
import type { Version } from "../core/register/version.ts";
import { type Dossier, NO_PROGRESS, type Progress } from "../core/task/dossier.ts";
import type { KeptExchange } from "../core/task/exchange.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import type { Run } from "../core/task/run.ts";
import type { PeerId, TaskGuid } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Origin } from "../core/values/stamp.ts";
import { Backlog, type Pace } from "./backlog.ts";
import { browseConflicts, browseRuns, browseTasks } from "./browse.ts";
import { browseCauses, browseDead } from "./dead.ts";
import { dueGroups, readDue } from "./due.ts";
import { known } from "./homecoming.ts";
import type { KeyValue, Space } from "./key-value.ts";
import { carryKey, dotOfPlace, entityKey, ofTask, seqOfCarryKey, startingWith } from "./keys.ts";
import { DEAD, ELECTORS, HIGH_WATER, ORIGIN, RUN_FLOORS, RUN_VECTOR, VECTOR } from "./operations.ts";
import { Past } from "./past.ts";
import { answerQuery } from "./query.ts";
import { readRecord, writeRecord } from "./record.ts";
import {
  type DeadCause,
  type DeadCauseQuery,
  type DeadLetterQuery,
  type Dot,
  type DotWalk,
  type ExchangePlace,
  type Page,
  type RunQuery,
  type Store,
  StoreFailure,
  type TaskQuery,
} from "./store.ts";
import { CARRIES_MAX, CONFLICTS_MAX, trim, VERSIONS_MAX } from "./trim.ts";

/** With a pace, what comes in great numbers is kept in a backlog first: see there. */
export function recordStore(keyValue: KeyValue, pace?: Pace): Store {
  return new RecordStore(keyValue, pace);
}

/** Open runs of one task that are read; a task has at most 2,000. */
const OPEN_MAX = 4_000;

/** Users that are looked at for the admins among them, those that are gone too. */
const USERS_MAX = 100_000;

/** Members that were ever admitted; the largest mesh aimed at has 100. */
const MEMBERS_MAX = 4_096;

/** Targets that ever were: 4,096 of them may live. */
const TARGETS_MAX = 16_384;

class RecordStore implements Store {
  readonly #keyValue: KeyValue;
  readonly #past: Past;
  readonly #backlog: Backlog;

  constructor(keyValue: KeyValue, pace: Pace | undefined) {
    this.#keyValue = keyValue;
    this.#past = new Past(keyValue);
    this.#backlog = new Backlog(keyValue, pace, (runs) => this.#past.add(runs));
  }

  commit(writes: readonly Write[]): Promise<void> {
    return this.#backlog.commit(writes);
  }

  async dossiers(guids: readonly TaskGuid[]): Promise<readonly Dossier[]> {
    await this.#backlog.emptied(guids);
    const entities = this.#many<Entity>("entities", guids.map((guid) => entityKey("task", guid)));
    return await this.#dossiersOf(guids, entities);
  }

  async due(query: DueQuery) {
    await this.#backlog.emptied();
    return await readDue(this.#keyValue, query);
  }

  async tasks(query: TaskQuery): Promise<Page<Dossier>> {
    await this.#shown();
    const page = await browseTasks(this.#keyValue, query);
    return {
      ...page,
      items: await this.#dossiersOf(page.items.map(({ key }) => key as TaskGuid), Promise.resolve(page.items)),
    };
  }

  async runs(query: RunQuery): Promise<Page<Run>> {
    await this.#shown();
    return await browseRuns(this.#keyValue, query);
  }

  async deadLetters(query: DeadLetterQuery): Promise<Page<Run>> {
    await this.#shown();
    return await browseDead(this.#keyValue, query);
  }

  async deadCauses(query: DeadCauseQuery): Promise<Page<DeadCause>> {
    await this.#shown();
    return await browseCauses(this.#keyValue, query);
  }

  async run(id: OccurrenceId) {
    await this.#shown();
    return await this.#one<Run>("runs", id);
  }

  entity(kind: EntityKind, key: string) {
    return this.#one<Entity>("entities", entityKey(kind, key));
  }

  async entities(kind: EntityKind, limit: number, after?: string): Promise<readonly Entity[]> {
    const { gte, lt } = startingWith(entityKey(kind, ""));
    const walk = this.#keyValue.walk(
      "entities",
      after === undefined ? { gte, lt } : { gt: entityKey(kind, after), lt },
    );
    try {
      return (await walk.take(limit)).map(([, record]) => readRecord<Entity>(record));
    } finally {
      await walk.close();
    }
  }

  answer(key: string) {
    return this.#one<StoredAnswer>("answers", key);
  }

  async highWater(): Promise<number> {
    return await this.#one<number>("meta", HIGH_WATER) ?? 0;
  }

  async renew(vector: Stamps, origin: Origin): Promise<void> {
    await this.#backlog.emptied();
    for await (const writes of known(this.#keyValue, vector)) if (writes.length > 0) await this.commit(writes);
    await this.commit([{ kind: "renew", origin }]);
  }

  async origin(made: Origin): Promise<Origin> {
    const known = await this.#one<Origin>("meta", ORIGIN);
    if (known !== undefined) return known;
    await this.#keyValue.batch([{ space: "meta", key: ORIGIN, value: writeRecord(made) }]);
    return made;
  }

  async meshStart(self: PeerId): Promise<MeshStart> {
    await this.#backlog.emptied();
    const ends = await this.#one<LogEnds>("meta", RUN_VECTOR);
    const electors = await this.#one<Electors>("meta", ELECTORS);
    const walk = this.#keyValue.walk("log", { ...startingWith(carryKey(self, undefined)), reverse: true });
    try {
      const [last] = await walk.take(1);
      return {
        vector: await this.#one<Stamps>("meta", VECTOR) ?? [],
        runEnds: ends ?? [],
        runFloors: await this.#one<LogEnds>("meta", RUN_FLOORS) ?? [],
        ownSeq: last === undefined ? 0 : seqOfCarryKey(last[0]),
        isNew: ends === undefined,
        ...(electors === undefined ? {} : { electors }),
        members: await this.entities("member", MEMBERS_MAX),
        targets: await this.entities("target", TARGETS_MAX),
        users: await this.entities("user", USERS_MAX),
        groups: await dueGroups(this.#keyValue),
      };
    } finally {
      await walk.close();
    }
  }

  async query(query: StoreQuery): Promise<StoreAnswer> {
    try {
      await this.#backlog.emptied();
      return await answerQuery(this.#keyValue, query);
    } catch (error) {
      if (error instanceof StoreFailure) return { kind: "failed" };
      throw error;
    }
  }

  dots(): DotWalk {
    const walk = this.#keyValue.walk("dots", {});
    return {
      take: async (count) => {
        const living: Dot[] = [];
        for (;;) {
          const missing = count - living.length;
          const read = await walk.take(missing);
          for (const [place, value] of read) if (value !== DEAD) living.push(dotOfPlace(place));
          if (living.length === count || read.length < missing) return living;
        }
      },
      close: () => walk.close(),
    };
  }

  conflicts(query: { readonly cursor?: string; readonly limit: number }): Promise<Page<Conflict>> {
    return browseConflicts(this.#keyValue, query);
  }

  async versions(guid: TaskGuid, limit: number): Promise<readonly Version[]> {
    const walk = this.#keyValue.walk("versions", { ...startingWith(ofTask(guid, "")), reverse: true });
    try {
      return (await walk.take(limit)).map(([, record]) => readRecord<Version>(record));
    } finally {
      await walk.close();
    }
  }

  exchange(slot: number) {
    return this.#one<KeptExchange>("exchanges", String(slot));
  }

  async exchangePlaces(): Promise<readonly ExchangePlace[]> {
    const places: ExchangePlace[] = [];
    const walk = this.#keyValue.walk("exchanges", {});
    try {
      // A few at a time: each may be large, and only what it is called stays.
      for (let entries = await walk.take(16); entries.length > 0; entries = await walk.take(16)) {
        for (const [key, record] of entries) {
          const { id, n, seq } = readRecord<KeptExchange>(record);
          places.push({ slot: Number(key), name: `${id}/${n}`, seq });
        }
      }
    } finally {
      await walk.close();
    }
    return places;
  }

  async sweep(now: Instant, keep: { readonly runs: number; readonly ageMs: number }): Promise<number> {
    await this.#backlog.emptied();
    const gone = await this.#past.forget(now, keep);
    return gone + await trim(this.#keyValue, {
      ...{ carries: CARRIES_MAX, conflicts: CONFLICTS_MAX, versions: VERSIONS_MAX },
    });
  }

  onWritable(listener: (writable: boolean, why: string) => void): void {
    this.#keyValue.onWritable(listener);
  }

  async close(): Promise<void> {
    await this.#backlog.close();
    await this.#keyValue.close();
  }

  /** For who only looks: while the disk takes no writes, what is in its places is shown. */
  async #shown(): Promise<void> {
    try {
      await this.#backlog.emptied();
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
    }
  }

  async #dossiersOf(
    guids: readonly TaskGuid[],
    read: Promise<readonly (Entity | undefined)[]>,
  ): Promise<readonly Dossier[]> {
    const [entities, progress] = await Promise.all([read, this.#many<Progress>("progress", guids)]);
    // A task that has an entity and no progress is new, or its progress was damaged: then it may have open runs.
    const withOpen = guids.filter((_, at) =>
      progress[at] === undefined ? entities[at] !== undefined : progress[at].open > 0
    );
    const open = withOpen.length === 0 ? undefined : await this.#openRuns(withOpen);
    return guids.map((guid, at) => {
      const entity = entities[at];
      return {
        guid,
        ...(entity === undefined ? {} : { entity }),
        progress: progress[at] ?? NO_PROGRESS,
        open: open?.get(guid) ?? [],
      };
    });
  }

  async #openRuns(guids: readonly TaskGuid[]): Promise<ReadonlyMap<TaskGuid, readonly Run[]>> {
    const open = new Map<TaskGuid, Run[]>();
    const walk = this.#keyValue.walk("open", {});
    try {
      for (const guid of guids.toSorted()) {
        const prefix = ofTask(guid, "");
        walk.seek(prefix);
        const ids: string[] = [];
        for (let count = 4; ids.length < OPEN_MAX; count = 256) {
          const keys = (await walk.take(count)).map(([key]) => key);
          const own = keys.filter((key) => key.startsWith(prefix));
          ids.push(...own.map((key) => key.slice(prefix.length)));
          if (own.length < count) break;
        }
        const runs = await this.#many<Run>("runs", ids);
        open.set(guid, runs.filter((run) => run !== undefined).sort((a, b) => a.instant - b.instant));
      }
    } finally {
      await walk.close();
    }
    return open;
  }

  async #many<T>(space: Space, keys: readonly string[]): Promise<readonly (T | undefined)[]> {
    const records = await this.#keyValue.getMany(space, keys);
    return records.map((record) => record === undefined ? undefined : readRecord<T>(record));
  }

  async #one<T>(space: Space, key: string): Promise<T | undefined> {
    const [found] = await this.#many<T>(space, [key]);
    return found;
  }
}
