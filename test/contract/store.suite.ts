// What every store promises, over whatever keeps its records.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type ShardName, shardName, shardOf, SHARDS } from "../../src/core/ownership/shard.ts";
import type { DuePlace, StoredAnswer, Write } from "../../src/core/protocol/write.ts";
import { leafOf } from "../../src/core/register/digest.ts";
import { type Entity, type Register, stampsChanged, stampsOf } from "../../src/core/register/register.ts";
import { NO_PROGRESS, type Progress } from "../../src/core/task/dossier.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { groupOf } from "../../src/core/task/peer-group.ts";
import type { Outcome, Run, RunState } from "../../src/core/task/run.ts";
import { type TaskGuid, taskGuid } from "../../src/core/values/ids.ts";
import { type Instant, instant, INSTANT_MAX, INSTANT_MIN } from "../../src/core/values/instant.ts";
import { makeStamp, type Stamp } from "../../src/core/values/stamp.ts";
import type { Pace } from "../../src/store/backlog.ts";
import type { KeyValue } from "../../src/store/key-value.ts";
import { recordStore } from "../../src/store/records.ts";
import {
  BadCursor,
  type DeadLetterQuery,
  type Page,
  type RunQuery,
  type Store,
  type TaskQuery,
} from "../../src/store/store.ts";
import { chanceOf } from "../chance.ts";
import type { Made } from "./key-value.suite.ts";

export function storeContract(name: string, make: () => Promise<Made>, pace?: Pace): void {
  test(`${name}: a dossier is what was committed: registers, progress and open runs, oldest first`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const one = taskEntity("ada", "one");
    const two = taskEntity("ada", "two");
    const open = [anyRun("ada", "one", 9_000, "retrying"), anyRun("ada", "one", 5_000, "attempting")] as const;
    const progress: Progress = { through: instant(9_000), open: 2, failures: 1, wake: instant(9_500) };
    await store.commit([
      written(one),
      written(two),
      { kind: "progress", guid: guidOf(one), progress },
      ...open.map((run): Write => ({ kind: "run", run, wasOpen: false })),
      { kind: "run", run: anyRun("ada", "one", 1_000, "settled", "delivered"), wasOpen: false },
    ]);
    const never = taskGuid("ada", "never");
    assert.deepEqual(await store.dossiers([guidOf(two), never, guidOf(one)]), [
      { guid: guidOf(two), entity: two, progress: NO_PROGRESS, open: [] },
      { guid: never, progress: NO_PROGRESS, open: [] },
      { guid: guidOf(one), entity: one, progress, open: [open[1], open[0]] },
    ]);
  });

  test(`${name}: a run that settles leaves the open ones and stays in the history`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const entity = taskEntity("ada", "one");
    const open = anyRun("ada", "one", 5_000, "attempting");
    const settled = anyRun("ada", "one", 5_000, "settled", "failed");
    await store.commit([
      written(entity),
      { kind: "progress", guid: guidOf(entity), progress: { ...NO_PROGRESS, open: 1 } },
      { kind: "run", run: open, wasOpen: false },
    ]);
    await store.commit([{ kind: "run", run: settled, wasOpen: true }]);
    assert.deepEqual((await store.dossiers([guidOf(entity)]))[0]?.open, []);
    assert.deepEqual(await store.run(settled.id), settled);
    assert.deepEqual(await store.runs({ guid: guidOf(entity), limit: 10 }), { items: [settled] });
    assert.deepEqual(await store.runs({ limit: 10 }), { items: [settled] });
  });

  test(`${name}: the open runs of many tasks are told apart`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const guids: TaskGuid[] = [];
    for (let n = 0; n < 20; n++) {
      const entity = taskEntity("ada", `t${n}`);
      guids.push(guidOf(entity));
      const runs = Array.from({ length: n * n }, (_, k) => anyRun("ada", `t${n}`, k, "attempting"));
      await store.commit([
        written(entity),
        { kind: "progress", guid: guidOf(entity), progress: { ...NO_PROGRESS, open: runs.length } },
        ...runs.map((run): Write => ({ kind: "run", run, wasOpen: false })),
      ]);
    }
    const dossiers = await store.dossiers(guids);
    assert.deepEqual(dossiers.map(({ open }) => open.length), guids.map((_, n) => n * n));
    assert.ok(dossiers.every(({ guid, open }) => open.every((run) => run.guid === guid)));
  });

  test(`${name}: the due index gives each shard up to the instant, and says where each goes on`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const one = guidIn(1, "a");
    const other = guidIn(1, "b");
    const far = guidIn(4_095, "c");
    await store.commit([
      due(one, { at: instant(2_000) }),
      due(other, { at: instant(-1) }),
      due(far, { at: INSTANT_MIN }),
      due(guidIn(2, "d"), { at: instant(1_000) }),
    ]);
    const [first, second, last] = [shardName(0), shardName(1), shardName(4_095)];
    assert.deepEqual(await store.due({ shards: [last, first, second], until: instant(1_999), limit: 10 }), {
      entries: [{ shard: second, guid: other, at: -1 }, { shard: last, guid: far, at: INSTANT_MIN }],
      rest: [{ shard: first, at: Infinity }, { shard: second, at: 2_000 }, { shard: last, at: Infinity }],
    });
    await store.commit([{ kind: "due", guid: one, from: { at: instant(2_000) }, to: { at: INSTANT_MAX } }]);
    await store.commit([{ kind: "due", guid: other, from: { at: instant(-1) } }]);
    assert.deepEqual(await store.due({ shards: [second], until: instant(2_000), limit: 10 }), {
      entries: [],
      rest: [{ shard: second, at: INSTANT_MAX }],
    });
  });

  test(`${name}: tasks that are placed stand in shards of their peer group, and the store knows the groups`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const guid = guidIn(0xabc, "a");
    const groups = ["lyon", "nice"].flatMap((site) => groupOf({ placement: { match: { site } } }) ?? []);
    const places = groups.map(({ id, text }, n) => ({ at: instant(1_000 + n), group: id, text }));
    await store.commit([
      due(guidIn(0xabc, "b"), { at: instant(1) }),
      ...places.map((place, n) => due(n === 0 ? guid : guidIn(0xfff, "c"), place)),
      ...places.map((place) => due(guidIn(0x001, "d"), place)),
    ]);
    const texts = groups.map(({ text }) => text).sort();
    assert.deepEqual((await store.meshStart("self")).groups.toSorted(), texts);
    const shard = `p${groups[0]?.id}ab` as ShardName;
    assert.deepEqual(await store.due({ shards: [shard], until: instant(5_000), limit: 10 }), {
      entries: [{ shard, guid, at: 1_000 }],
      rest: [{ shard, at: Infinity }],
    });
    await store.commit(places.map((place): Write => ({ kind: "due", guid: guidIn(0x001, "d"), from: place })));
    const [first] = places;
    assert.ok(first);
    await store.commit([{ kind: "due", guid, from: first, to: { at: instant(9) } }]);
    assert.deepEqual(await store.query({ kind: "groups" }), { kind: "groups", groups: [groups[1]?.text] });
  });

  test(`${name}: the deleted are found and forgotten whole, and their stamps are no living ones`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const [kept, gone] = [taskEntity("ada", "kept"), taskEntity("ada", "gone")];
    const life = makeStamp(9_000, 0, 2);
    const dead: Entity = { ...gone, registers: { ...gone.registers, life: { value: 2, stamp: life } } };
    const progress: Progress = { ...NO_PROGRESS, wake: instant(5_000) };
    await store.commit([
      written(kept),
      written(gone),
      { kind: "progress", guid: dead.key as TaskGuid, progress },
      due(dead.key as TaskGuid, { at: instant(5_000) }),
    ]);
    await store.commit([{ kind: "entity", entity: dead, ...stampsChanged(gone, dead), isOwn: true }]);
    const living = async () => {
      const walk = store.dots();
      const dots = await walk.take(100);
      await walk.close();
      return new Set(dots.map(({ key }) => key));
    };
    assert.deepEqual(await living(), new Set([kept.key]));
    const found = await store.query({ kind: "tombstones", limit: 1_000 });
    assert.deepEqual(found, { kind: "tombstones", dead: [{ entity: dead, progress }] });
    const paged: string[] = [];
    for (let cursor: string | undefined = "";;) {
      const page = await store.query({ kind: "tombstones", limit: 1, ...(cursor === "" ? {} : { cursor }) });
      assert.ok(page.kind === "tombstones");
      paged.push(...page.dead.map(({ entity }) => entity.key));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    assert.deepEqual(paged, [dead.key]);
    await store.commit([{ kind: "forget", entity: dead, progress }]);
    assert.deepEqual(await store.query({ kind: "tombstones", limit: 1_000 }), { kind: "tombstones", dead: [] });
    const [dossier] = await store.dossiers([dead.key as TaskGuid]);
    assert.deepEqual(dossier, { guid: dead.key, progress: NO_PROGRESS, open: [] });
    assert.deepEqual(await Promise.all([kept, dead].map(({ key }) => store.entity("task", key))), [kept, undefined]);
    const shard = shardName(shardOf(dead.key as TaskGuid));
    assert.deepEqual((await store.due({ shards: [shard], until: instant(9_000), limit: 9 })).entries, []);
    await store.commit([written(gone)]);
    assert.deepEqual(await living(), new Set([kept.key, gone.key]));
  });

  test(`${name}: what lies in some leaves of the digest tree is told once, of whatever kind`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const stamp = makeStamp(1, 0, 1);
    const tasks = Array.from({ length: 400 }, (_, n): Entity => {
      const end = n.toString(16).padStart(60, "0");
      return { kind: "task", key: `${n < 300 ? "00ff" : "0a00"}${end}`, registers: { life: { value: 1, stamp } } };
    });
    const others = Array.from({ length: 300 }, (_, n): Entity => {
      const kind = n % 2 === 0 ? "user" : "token";
      return { kind, key: `k${n}`, registers: { life: { value: n % 3, stamp } } };
    });
    const all = [...tasks, ...others];
    await store.commit(all.map(written));
    const leafOfOne = ({ kind, key }: Entity) => leafOf(kind, key);
    const leaves = [...new Set([0x00ff, 0x0a00, ...others.slice(0, 20).map(leafOfOne)])].sort((a, b) => a - b);
    for (const wanted of [leaves, [0x00ff], [1], []]) {
      const found: Entity[] = [];
      for (let cursor: string | undefined = "";;) {
        const page = await store.query({ kind: "leaves", leaves: wanted, ...(cursor === "" ? {} : { cursor }) });
        assert.equal(page.kind, "entities");
        if (page.kind !== "entities") break;
        found.push(...page.entities);
        cursor = page.cursor;
        if (cursor === undefined) break;
      }
      const names = (of: readonly Entity[]) => of.map(({ kind, key }) => `${kind}/${key}`).sort();
      assert.deepEqual(names(found), names(all.filter((each) => wanted.includes(leafOfOne(each)))));
    }
  });

  test(`${name}: who was given attempts of a task is kept, and forgotten with the task`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const entity = taskEntity("ada", "held");
    const [guid, other] = [entity.key as TaskGuid, taskGuid("ada", "other")];
    const votes = [{ id: "0".repeat(32) as OccurrenceId, n: 2, peer: "peer-1", at: instant(1_000) }];
    await store.commit([written(entity), { kind: "votes", guid, votes }]);
    const given = () => store.query({ kind: "votes", guids: [other, guid] });
    assert.deepEqual(await given(), { kind: "votes", votes: [[], votes] });
    await store.commit([{ kind: "forget", entity }]);
    assert.deepEqual(await given(), { kind: "votes", votes: [[], []] });
  });

  test(`${name}: a store that is renewed keeps only what the mesh can't know`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const stampedBy = (entity: Entity, origin: number): Entity => ({
      ...entity,
      registers: Object.fromEntries(
        Object.entries(entity.registers).map(([register, { value }]) => [
          register,
          { value, stamp: makeStamp(5_000, 0, origin) },
        ]),
      ),
    });
    const [shared, own] = [stampedBy(taskEntity("ada", "shared"), 7), stampedBy(taskEntity("ada", "own"), 8)];
    await store.origin(8);
    await store.commit([
      written(shared),
      written(own),
      { kind: "progress", guid: shared.key as TaskGuid, progress: { ...NO_PROGRESS, wake: instant(5_000) } },
      due(shared.key as TaskGuid, { at: instant(5_000) }),
      { kind: "vector", stamps: [makeStamp(6_000, 0, 7)] },
    ]);
    await store.renew([makeStamp(9_000, 0, 7), makeStamp(1_000, 0, 8)], 9);
    assert.deepEqual(await Promise.all([shared, own].map(({ key }) => store.entity("task", key))), [undefined, own]);
    const { items } = await store.tasks({ user: "ada", limit: 10 });
    assert.deepEqual(items.map(({ guid }) => guid), [own.key]);
    const [dossier] = await store.dossiers([shared.key as TaskGuid]);
    assert.deepEqual(dossier?.progress, NO_PROGRESS);
    assert.deepEqual([await store.origin(1), (await store.meshStart("self")).vector], [9, []]);
  });

  test(`${name}: whose votes count is known at the next start, and anew for a newcomer`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const electors = [["a", instant(0)], ["b", instant(5_000)]] as const;
    await store.commit([{ kind: "electors", electors }]);
    assert.deepEqual((await store.meshStart("self")).electors, electors);
    await store.commit([{ kind: "electors" }]);
    assert.equal((await store.meshStart("self")).electors, undefined);
  });

  test(`${name}: what a limit leaves of the due index comes when it is asked for again, each entry once`, async () => {
    for (const seed of [1, 2, 3, 4]) {
      await using made = await make();
      const store = recordStore(made.keyValue, pace);
      const chance = chanceOf(seed);
      const writes: { guid: TaskGuid; at: Instant }[] = [];
      for (let n = 0; n < 900; n++) {
        const shard = Math.floor(chance() ** 3 * 60);
        writes.push({ guid: guidIn(shard, `${n}`), at: instant(Math.floor(chance() * 2_000) - 1_000) });
      }
      await store.commit(writes.map(({ guid, at }) => due(guid, { at })));
      const until = instant(Math.floor(chance() * 1_000));
      let shards = Array.from({ length: SHARDS }, (_, shard) => shardName(shard)).filter(() => chance() < 0.9);
      const asked = new Set(shards);
      const expected = writes.filter(({ guid, at }) => asked.has(shardName(shardOf(guid))) && at <= until);
      const found = new Map<string, number>();
      for (let calls = 0; shards.length > 0; calls++) {
        assert.ok(calls < 100, `seed ${seed} comes to an end`);
        const limit = 1 + Math.floor(chance() * 200);
        const page = await store.due({ shards, until, limit });
        assert.ok(page.entries.length <= limit);
        assert.deepEqual(page.rest.map(({ shard }) => shard), shards);
        for (const { guid, at } of page.entries) found.set(guid, at);
        // As the machine does: what came is moved out of the way, what has a rest within the window is asked for again.
        await store.commit(
          page.entries.map(({ guid, at }): Write => ({ kind: "due", guid, from: { at }, to: { at: INSTANT_MAX } })),
        );
        shards = page.rest.filter(({ at }) => at <= until).map(({ shard }) => shard);
      }
      assert.deepEqual(found, new Map(expected.map(({ guid, at }) => [guid, at])), `seed ${seed}`);
    }
  });

  test(`${name}: tasks are listed by user and id, page by page, without those that were deleted`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const ids = ["a", "B", "ä", "zz", "\u{1f600}", "\uffff", "a/b", "a!"];
    for (const user of ["ada", "bob", "ad"]) {
      await store.commit(ids.map((id) => written(taskEntity(user, id))));
    }
    await store.commit([written(taskEntity("ada", "zz", { life: 2 }))]);
    const order = ["B", "a", "a!", "a/b", "zz", "ä", "\uffff", "\u{1f600}"];
    const adas = order.filter((id) => id !== "zz");
    for (const limit of [1, 2, 3, 7, 8, 100]) {
      assert.deepEqual(
        await namesOf(store, { user: "ada", limit }),
        adas.map((id) => `ada ${id}`),
        `pages of ${limit}`,
      );
      assert.deepEqual(await namesOf(store, { limit }), [
        ...order.map((id) => `ad ${id}`),
        ...adas.map((id) => `ada ${id}`),
        ...order.map((id) => `bob ${id}`),
      ], `pages of ${limit}`);
    }
    assert.deepEqual(await store.tasks({ user: "eve", limit: 10 }), { items: [] });
    // What was deleted leaves no name behind that every list would have to pass over.
    assert.deepEqual(await made.keyValue.getMany("names", ["ada\0zz", "ada\0a"]), [undefined, taskGuid("ada", "a")]);
    await store.commit([written(taskEntity("ada", "zz", { life: 3 }))]);
    assert.deepEqual((await namesOf(store, { user: "ada", limit: 3 })).length, order.length);
  });

  test(`${name}: tasks are found by a part of id or name, by labels, and by whether they are paused`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const tasks = [
      taskEntity("ada", "backup-1", { name: "Nightly", labels: { site: "lyon", kind: "db" } }),
      taskEntity("ada", "backup-2", { labels: { site: "paris" }, state: { paused: true } }),
      taskEntity("ada", "mail", { name: "Rückblick BACKUP", state: { paused: true, until: 5_000 } }),
      taskEntity("ada", "odd", {
        name: "toString",
        labels: { site: "lyon" },
        state: { paused: false, note: "was paused" },
      }),
    ];
    await store.commit(tasks.map(written));
    const found = async (query: Omit<TaskQuery, "limit">) =>
      (await namesOf(store, { ...query, limit: 2 })).map((at) => at.slice(4));
    assert.deepEqual(await found({ text: "backup" }), ["backup-1", "backup-2", "mail"]);
    assert.deepEqual(await found({ text: "RÜCK" }), ["mail"]);
    assert.deepEqual(await found({ labels: { site: "lyon" } }), ["backup-1", "odd"]);
    assert.deepEqual(await found({ labels: { site: "lyon", kind: "db" } }), ["backup-1"]);
    assert.deepEqual(await found({ labels: { toString: "x" } }), []);
    assert.deepEqual(await found({ paused: true }), ["backup-2", "mail"]);
    assert.deepEqual(await found({ paused: true, now: instant(4_999) }), ["backup-2", "mail"]);
    assert.deepEqual(await found({ paused: true, now: instant(5_000) }), ["backup-2"]);
    assert.deepEqual(await found({ paused: false, now: instant(5_000) }), ["backup-1", "mail", "odd"]);
    assert.deepEqual(await found({ paused: true, text: "backup", labels: { site: "paris" } }), ["backup-2"]);
  });

  test(`${name}: a search among many tasks costs a bounded number of them a page, and misses none`, async () => {
    await using made = await make();
    const { keyValue, read } = counting(made.keyValue);
    const store = recordStore(keyValue);
    const ids = Array.from({ length: 4_500 }, (_, n) => `t${String(n).padStart(4, "0")}`);
    await store.commit(ids.map((id) => written(taskEntity("ada", id))));
    const pages = await pagesOf((query) => store.tasks(query), { text: "t4321", limit: 10 });
    assert.deepEqual(pages.map(({ items }) => items.length), [0, 0, 1]);
    const before = read();
    await store.tasks({ text: "nowhere", limit: 10 });
    assert.ok(read() - before <= 2_000, `${read() - before} records read`);
  });

  test(`${name}: a page is never empty for want of looking further, nor has a cursor behind the last item`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    await store.commit(["a", "b", "c", "d"].map((id) => written(taskEntity("ada", id))));
    for (const limit of [1, 2, 3, 4, 5]) {
      for (const filter of [{}, { text: "" }]) {
        const pages = await pagesOf((query) => store.tasks(query), { ...filter, limit });
        assert.equal(pages.length, Math.ceil(4 / limit), `limit ${limit}, ${JSON.stringify(filter)}`);
        assert.ok(pages.every(({ items }) => items.length > 0));
      }
    }
  });

  test(`${name}: runs are listed from the latest back, of one task or of all, by outcome and user`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const runs: Run[] = [];
    for (let n = 0; n < 60; n++) {
      const [user, task] = n % 3 === 0 ? ["bob", "two"] : ["ada", "one"];
      const outcome = n % 4 === 0 ? "failed" : "delivered";
      runs.push(
        n % 10 === 9
          ? anyRun(user, task, n * 1_000 - 9_000, "retrying")
          : anyRun(user, task, n * 1_000 - 9_000, "settled", outcome),
      );
    }
    const shuffled = runs.toSorted((a, b) => a.id < b.id ? -1 : 1);
    for (const run of shuffled) await store.commit([{ kind: "run", run, wasOpen: false }]);
    runs.reverse();
    for (const limit of [1, 7, 59, 60, 61]) {
      const listed = async (query: Omit<RunQuery, "limit">) =>
        (await pagesOf((page) => store.runs(page), { ...query, limit })).flatMap(({ items }) => items);
      const of = (filter: (run: Run) => boolean) => runs.filter(filter);
      const guid = taskGuid("ada", "one");
      assert.deepEqual(await listed({}), runs);
      assert.deepEqual(await listed({ guid }), of((run) => run.guid === guid));
      assert.deepEqual(await listed({ outcome: "failed" }), of((run) => run.outcome === "failed"));
      assert.deepEqual(
        await listed({ guid, outcome: "failed" }),
        of((run) => run.guid === guid && run.outcome === "failed"),
      );
      assert.deepEqual(await listed({ user: "bob" }), of((run) => run.user === "bob"));
      assert.deepEqual(await listed({ user: "bob", guid }), []);
      const span = { from: instant(5_000), until: instant(30_000) };
      const isWithin = (run: Run) => run.instant >= 5_000 && run.instant < 30_000;
      assert.deepEqual(await listed(span), of(isWithin));
      assert.deepEqual(await listed({ ...span, guid }), of((run) => isWithin(run) && run.guid === guid));
      assert.deepEqual(await listed({ state: "settled" }), of((run) => run.state === "settled"));
      const waiting = async (query: Omit<RunQuery, "limit" | "state">) =>
        (await listed({ ...query, state: "retrying" })).toSorted((a, b) => b.instant - a.instant);
      const waits = of((run) => run.state === "retrying");
      assert.deepEqual(await waiting({}), waits);
      assert.deepEqual(await waiting({ guid, ...span }), waits.filter((run) => run.guid === guid && isWithin(run)));
      assert.deepEqual(await waiting({ user: "bob" }), waits.filter((run) => run.user === "bob"));
      assert.deepEqual(await waiting({ outcome: "failed" }), []);
    }
  });

  test(`${name}: dead letters are listed by user, target and error, counted, and gone when driven again or forgotten`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const letters = Array.from({ length: 40 }, (_, n): Run => {
      const [user, task] = n % 4 === 0 ? ["bob", "two"] : ["ada", "one"];
      const error = n % 2 === 0 ? "no answer" : "refused";
      return {
        ...anyRun(user, task, n * 1_000, "settled", "failed"),
        target: n % 3 === 0 ? "http://a:80" : `@${user}/b`,
        attempts: [{ n: 1, startedAt: instant(n * 1_000), peer: "p", error }],
      };
    });
    const fine = anyRun("ada", "one", 99_000, "settled", "delivered");
    await store.commit([...letters, fine].map((run): Write => ({ kind: "run", run, wasOpen: false })));
    const all = async (query: Omit<DeadLetterQuery, "limit">, limit: number) =>
      (await pagesOf((page) => store.deadLetters(page), { ...query, limit })).flatMap(({ items }) => items);
    const of = (filter: (run: Run) => boolean) => letters.filter(filter).reverse();
    for (const limit of [1, 7, 40, 41]) {
      assert.deepEqual(await all({}, limit), of(() => true));
      assert.deepEqual(await all({ user: "ada" }, limit), of(({ user }) => user === "ada"));
      assert.deepEqual(
        await all({ target: "http://a:80", error: "refused" }, limit),
        of(({ target, attempts: [first] }) => target === "http://a:80" && first?.error === "refused"),
      );
      assert.deepEqual(
        new Set(await all({ user: "bob", target: "@bob/b" }, limit)),
        new Set(of(({ target }) => target === "@bob/b")),
      );
      assert.deepEqual(await all({ user: "ada", task: "two" }, limit), []);
    }
    const counted = async (user?: string) =>
      (await pagesOf((page) => store.deadCauses(page), { ...(user === undefined ? {} : { user }), limit: 2 }))
        .flatMap(({ items }) => items).map(({ target, error, count }) => `${target} ${error} ${count}`);
    assert.deepEqual(await counted("ada"), [
      "@ada/b no answer 7",
      "@ada/b refused 13",
      "http://a:80 no answer 3",
      "http://a:80 refused 7",
    ]);
    assert.equal((await counted()).length, 5);
    const [first, second] = letters.filter(({ user }) => user === "bob");
    assert.ok(first !== undefined && second !== undefined);
    const { outcome: _, ...rest } = first;
    await store.commit([
      { kind: "run", run: { ...rest, state: "retrying", retryAt: instant(1) }, wasOpen: false, was: first },
      { kind: "run", run: { ...second, duplicate: true }, wasOpen: false, was: second },
    ]);
    assert.equal((await all({}, 50)).length, 39);
    assert.equal((await all({ user: "bob" }, 50)).some(({ duplicate }) => duplicate === true), true);
    for (const cursor of ["", "x", "ada\0x"]) {
      await assert.rejects(store.deadLetters({ user: "bob", cursor, limit: 1 }), BadCursor, JSON.stringify(cursor));
    }
    await assert.rejects(store.deadCauses({ cursor: "x", limit: 1 }), BadCursor);
    await sweepAll(store, 100_000, { runs: 3, ageMs: Infinity });
    assert.deepEqual((await all({}, 50)).map(({ id }) => id), [letters[39]?.id]);
    assert.deepEqual(await counted("ada"), ["http://a:80 refused 1"]);
  });

  test(`${name}: a cursor that is of no page of the list is refused, and shows nothing of another user`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    await store.commit([written(taskEntity("ada", "one"))]);
    const place = `${"0".repeat(15)}/${"0".repeat(32)}`;
    for (const cursor of ["", "x", place, "\0".repeat(601), `ada${"x".repeat(700)}\0`]) {
      await assert.rejects(store.tasks({ user: "bob", cursor, limit: 1 }), BadCursor, JSON.stringify(cursor));
    }
    await assert.rejects(store.tasks({ user: "bob", cursor: "ada\0a", limit: 1 }), BadCursor);
    await assert.rejects(store.tasks({ user: "ad", cursor: "ada\0a", limit: 1 }), BadCursor);
    for (const cursor of ["", "x", "ada\0a", `${place} `, place.toUpperCase().replace("0", "A"), `${place}/`]) {
      await assert.rejects(store.runs({ cursor, limit: 1 }), BadCursor, JSON.stringify(cursor));
      await assert.rejects(store.runs({ guid: taskGuid("ada", "one"), cursor, limit: 1 }), BadCursor);
    }
    assert.deepEqual(await store.runs({ cursor: place, limit: 1 }), { items: [] });
    const open = `${taskGuid("ada", "one")}/${"0".repeat(32)}`;
    for (const cursor of ["", place, `${open}0`, taskGuid("ada", "one")]) {
      await assert.rejects(store.runs({ state: "retrying", cursor, limit: 1 }), BadCursor, JSON.stringify(cursor));
    }
    const guid = taskGuid("bob", "two");
    await assert.rejects(store.runs({ guid, state: "retrying", cursor: open, limit: 1 }), BadCursor);
  });

  test(`${name}: the sweep forgets the oldest settled runs beyond the number that is kept, never open ones`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const keep = { runs: 100, ageMs: Infinity };
    const runs = Array.from(
      { length: 300 },
      (_, n) => n % 30 === 0 ? anyRun("ada", "one", n, "retrying") : anyRun("ada", "one", n, "settled", "delivered"),
    );
    await store.commit(runs.map((run) => ({ kind: "run", run, wasOpen: false })));
    assert.equal(await sweepAll(store, 1_000, keep), 200);
    const isKept = (run: Run) => run.state !== "settled" || run.instant > 206;
    const kept = runs.filter(isKept).reverse();
    assert.equal(kept.length, 100);
    assert.deepEqual((await store.runs({ limit: 500 })).items, kept);
    assert.deepEqual((await store.runs({ guid: taskGuid("ada", "one"), limit: 500 })).items, kept);
    assert.equal(await store.run(runs[1]?.id ?? "" as OccurrenceId), undefined);
    // What comes later is counted without counting all again.
    const later = Array.from({ length: 50 }, (_, n) => anyRun("ada", "one", 1_000 + n, "settled", "failed"));
    await store.commit(later.map((run) => ({ kind: "run", run, wasOpen: false })));
    assert.equal(await sweepAll(store, 2_000, keep), 50);
    assert.equal(await sweepAll(store, 2_000, keep), 0);
    assert.equal((await store.runs({ limit: 500 })).items.length, 100);
  });

  test(`${name}: the sweep forgets what is too old, a bounded number at a call, and passes over open runs`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const runs = Array.from(
      { length: 5_200 },
      (_, n) => n < 4_300 ? anyRun("ada", "one", n, "retrying") : anyRun("ada", "one", n, "settled", "delivered"),
    );
    await store.commit(runs.map((run) => ({ kind: "run", run, wasOpen: false })));
    const sweep = () => store.sweep(instant(10_200), { runs: 1_000_000, ageMs: 5_100 });
    const counts = [await sweep(), await sweep(), await sweep()];
    assert.ok(counts.every((count) => count <= 2_000), `${counts}`);
    assert.equal(counts.reduce((sum, count) => sum + count), 800);
    assert.equal(
      (await pagesOf((page) => store.runs(page), { limit: 2_000 })).flatMap(({ items }) => items).length,
      4_400,
    );
    // Those that were open are settled: they are as old, and go.
    await store.commit(
      runs.slice(0, 4_300).map((run) => ({
        kind: "run",
        run: { ...run, state: "settled", outcome: "failed" },
        wasOpen: true,
      })),
    );
    assert.equal(await sweepAll(store, 10_200, { runs: 1_000_000, ageMs: 5_100 }), 4_300);
  });

  test(`${name}: answers are kept until their time is over, also when they were given anew`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const answer = (expiresAt: number): StoredAnswer => ({
      fingerprint: "f",
      result: { kind: "removed" },
      expiresAt: instant(expiresAt),
    });
    await store.commit([
      { kind: "answer", key: "short", answer: answer(1_000) },
      { kind: "answer", key: "long", answer: answer(5_000) },
      { kind: "answer", key: "again", answer: answer(1_000) },
    ]);
    await store.commit([{ kind: "answer", key: "again", answer: answer(5_000) }]);
    await sweepAll(store, 1_001, { runs: 1, ageMs: 1 });
    assert.equal(await store.answer("short"), undefined);
    assert.deepEqual(await store.answer("long"), answer(5_000));
    assert.deepEqual(await store.answer("again"), answer(5_000));
    await sweepAll(store, 5_001, { runs: 1, ageMs: 1 });
    assert.equal(await store.answer("again"), undefined);
    assert.equal(await sweepAll(store, 9_000, { runs: 1, ageMs: 1 }), 0);
  });

  test(`${name}: marks and entities of each kind are kept apart`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    assert.equal(await store.highWater(), 0);
    const token = (key: string): Entity => ({
      kind: "token",
      key,
      registers: { meta: register({ key, "ü": [null, 1.5, "\ud800"] }) },
    });
    await store.commit([
      { kind: "highWater", ms: 1_790_000_000_000 },
      written(token("a")),
      written(token("b")),
      written(taskEntity("ada", "one")),
    ]);
    assert.equal(await store.highWater(), 1_790_000_000_000);
    assert.deepEqual(await store.entities("token", 10), [token("a"), token("b")]);
    assert.deepEqual(await store.entities("token", 1), [token("a")]);
    assert.deepEqual(await store.entity("token", "b"), token("b"));
    assert.equal(await store.entity("token", "c"), undefined);
    assert.equal((await store.entities("task", 10)).length, 1);
  });

  test(`${name}: all 4,096 shards cost 100 ms of a processor when empty, and 300 ms with 100,000 tasks`, async () => {
    await using made = await make();
    const store = recordStore(made.keyValue, pace);
    const shards = Array.from({ length: SHARDS }, (_, shard) => shardName(shard));
    const ask = () => store.due({ shards, until: instant(60_000), limit: 5_000 });
    const emptyMs = await fastest(ask);
    const chance = chanceOf(1);
    for (let n = 0; n < 100_000; n += 5_000) {
      await store.commit(
        Array.from(
          { length: 5_000 },
          (_, k) => due(guidIn((n + k) % SHARDS, `${n + k}`), { at: instant(Math.floor(chance() * 3_600_000)) }),
        ),
      );
    }
    const fullMs = await fastest(ask);
    console.log(
      `${name}: due over ${SHARDS} shards: ${emptyMs.toFixed(1)} ms of a processor empty, ` +
        `${fullMs.toFixed(1)} ms with 100,000 tasks`,
    );
    assert.ok(emptyMs <= 100, `${emptyMs} ms`);
    assert.ok(fullMs <= 300, `${fullMs} ms`);
  });
}

function due(guid: TaskGuid, to: DuePlace): Write {
  return { kind: "due", guid, to };
}

/** In the time of the processors, which tells the work from the waiting for others on the machine. */
async function fastest(deed: () => Promise<unknown>): Promise<number> {
  let fastestMs = Infinity;
  for (let n = 0; n < 4; n++) {
    const start = process.cpuUsage();
    await deed();
    const { user, system } = process.cpuUsage(start);
    fastestMs = Math.min(fastestMs, (user + system) / 1_000);
  }
  return fastestMs;
}

async function sweepAll(
  store: Store,
  now: number,
  keep: { readonly runs: number; readonly ageMs: number },
): Promise<number> {
  let sum = 0;
  for (let went = 1; went > 0; sum += went) went = await store.sweep(instant(now), keep);
  return sum;
}

async function pagesOf<T, Q extends { readonly limit: number }>(
  ask: (query: Q & { readonly cursor?: string }) => Promise<Page<T>>,
  query: Q,
): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await ask(cursor === undefined ? query : { ...query, cursor });
    assert.ok(page.items.length <= query.limit);
    assert.notEqual(page.cursor ?? "", cursor);
    pages.push(page);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

async function namesOf(store: Store, query: TaskQuery): Promise<string[]> {
  const pages = await pagesOf((page) => store.tasks(page), query);
  return pages.flatMap(({ items }) =>
    items.map(({ entity }) => {
      const { user, id } = entity?.registers.meta?.value as { user: string; id: string };
      return `${user} ${id}`;
    })
  );
}

/** The same one, counting the records that are read. */
function counting(keyValue: KeyValue): { readonly keyValue: KeyValue; readonly read: () => number } {
  let read = 0;
  const counted: KeyValue = {
    batch: (operations) => keyValue.batch(operations),
    getMany: (space, keys) => {
      read += keys.length;
      return keyValue.getMany(space, keys);
    },
    walk: (space, range) => keyValue.walk(space, range),
    damaged: () => keyValue.damaged(),
    onWritable: (listener) => keyValue.onWritable(listener),
    close: () => keyValue.close(),
  };
  return { keyValue: counted, read: () => read };
}

type TaskParts = {
  readonly name?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly state?: { readonly paused: boolean; readonly until?: number; readonly note?: string };
  readonly life?: number;
};

const STAMP = "0".repeat(20) as Stamp;

function register(value: Register["value"]): Register {
  return { value, stamp: STAMP };
}

function written(entity: Entity): Write {
  return { kind: "entity", entity, dropped: [], added: [...stampsOf(entity)], isOwn: true };
}

function taskEntity(user: string, id: string, { name, labels, state, life }: TaskParts = {}): Entity {
  return {
    kind: "task",
    key: taskGuid(user, id),
    registers: {
      meta: register({ id, user, name: name ?? "", labels: labels ?? {}, createdAt: 1_000 }),
      state: register(state ?? { paused: false }),
      life: register(life ?? 1),
      schedule: register("R/2026-01-01T00:00:00Z/PT1M"),
    },
  };
}

function guidOf(entity: Entity): TaskGuid {
  return entity.key as TaskGuid;
}

function guidIn(shard: number, text: string): TaskGuid {
  return shard.toString(16).padStart(3, "0") + taskGuid("ada", text).slice(3) as TaskGuid;
}

function anyRun(user: string, task: string, at: number, state: RunState, outcome?: Outcome): Run {
  const guid = taskGuid(user, task);
  return {
    id: taskGuid(guid, `${at}`).slice(0, 32) as OccurrenceId,
    guid,
    task,
    user,
    instant: instant(at),
    state,
    ...(outcome === undefined ? {} : { outcome, settledAt: instant(at + 5) }),
    attempts: [{ n: 1, startedAt: instant(at + 1), peer: "peer-1" }],
  };
}
