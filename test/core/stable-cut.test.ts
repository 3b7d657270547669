import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreAnswer, StoreQuery } from "../../src/core/protocol/store-query.ts";
import type { Write } from "../../src/core/protocol/write.ts";
import type { Entity, EntityKind } from "../../src/core/register/register.ts";
import { StableCut } from "../../src/core/register/stable-cut.ts";
import { VersionVector } from "../../src/core/register/vector.ts";
import { Tombstones } from "../../src/core/replication/tombstones.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";

const NOW = instant(1_700_000_000_000);
const AGE_MS = 1_000;

/** Deleted by the peer of the origin, so long ago. */
function dead(key: string, { origin = 1, agoMs = AGE_MS, kind = "task" as EntityKind } = {}): Entity {
  return { kind, key, registers: { life: { value: 2, stamp: makeStamp(NOW - agoMs, 0, origin) } } };
}

function vectorOf(...stamps: readonly [ms: number, origin: number][]): VersionVector {
  const vector = new VersionVector();
  for (const [ms, origin] of stamps) vector.advance(makeStamp(ms, 0, origin));
  return vector;
}

test("the cut covers what each of the others has said to hold, for every origin", () => {
  const cut = new StableCut();
  const entity: Entity = {
    kind: "task",
    key: "a",
    registers: {
      life: { value: 2, stamp: makeStamp(5, 0, 1) },
      meta: { value: null, stamp: makeStamp(7, 0, 2) },
    },
  };
  assert.equal(cut.covers(entity, ["p"]), false, "nothing is known of it");
  cut.agreed("p", vectorOf([5, 1], [6, 2]));
  assert.equal(cut.covers(entity, ["p"]), false, "of one origin it holds too little");
  cut.agreed("p", vectorOf([5, 1], [7, 2]));
  assert.equal(cut.covers(entity, ["p"]), true);
  assert.equal(cut.covers(entity, ["p", "q"]), false, "one is missing");
  assert.equal(cut.covers(entity, []), true, "there is nobody else");
});

test("what was said holds as it was then, also when the own vector grows on", () => {
  const cut = new StableCut();
  const own = vectorOf([5, 1]);
  cut.agreed("p", own);
  own.advance(makeStamp(9, 0, 1));
  const later: Entity = { kind: "task", key: "a", registers: { life: { value: 2, stamp: makeStamp(9, 0, 1) } } };
  assert.equal(cut.covers(later, ["p"]), false);
  cut.agreed("q", own);
  assert.deepEqual([cut.covers(later, ["q"]), cut.covers(later, ["p"])], [true, false]);
});

test("who is no member any more keeps nothing back, and is unknown when it comes again", () => {
  const cut = new StableCut();
  const entity = dead("a");
  cut.agreed("p", vectorOf([NOW, 1]));
  cut.keepOnly(new Set(["q"]));
  assert.equal(cut.covers(entity, ["p"]), false);
});

/** A collector over pages of the deleted; the answers are given when `answer` is called. */
function collector(pages: readonly (readonly Entity[])[], isEverywhere: (entity: Entity) => boolean = () => true) {
  const queries: Extract<StoreQuery, { kind: "tombstones" }>[] = [];
  const waiting: ((answer: StoreAnswer) => void)[] = [];
  const forgotten: string[] = [];
  const tombstones = new Tombstones({
    now: () => NOW as Instant,
    query(query, onAnswer) {
      assert.equal(query.kind, "tombstones");
      queries.push(query);
      waiting.push(onAnswer);
    },
    persist(writes: readonly Write[]) {
      for (const write of writes) forgotten.push(write.kind === "forget" ? write.entity.key : write.kind);
    },
    isEverywhere,
  }, AGE_MS);
  const answer = (failed = false) => {
    const page = Number(queries[queries.length - 1]?.cursor ?? "0");
    const found = (pages[page] ?? []).map((entity) => ({ entity }));
    const more = page + 1 < pages.length ? { cursor: String(page + 1) } : {};
    waiting.shift()?.(failed ? { kind: "failed" } : { kind: "tombstones", dead: found, ...more });
  };
  return { tombstones, queries, forgotten, answer };
}

test("only what is dead, of a kind that comes in great numbers, old, and known everywhere, is forgotten", () => {
  const alive: Entity = { kind: "task", key: "alive", registers: { life: { value: 1, stamp: makeStamp(0, 0, 1) } } };
  const page = [
    dead("old"),
    dead("young", { agoMs: AGE_MS - 1 }),
    dead("unheard"),
    dead("token", { kind: "token" }),
    dead("ticket", { kind: "ticket" }),
    dead("member", { kind: "member" }),
    dead("user", { kind: "user" }),
    alive,
  ];
  const { tombstones, forgotten, answer } = collector([page], ({ key }) => key !== "unheard");
  tombstones.collect();
  answer();
  assert.deepEqual([forgotten, tombstones.collected], [["old", "token", "ticket"], 3]);
});

test("one step at a time, from page to page, and from the start again; a disk that fails is asked the same again", () => {
  const { tombstones, queries, forgotten, answer } = collector([[dead("a")], [dead("b")]]);
  tombstones.collect();
  tombstones.collect();
  assert.equal(queries.length, 1, "the first step is not over");
  answer();
  tombstones.collect();
  answer(true);
  tombstones.collect();
  answer();
  tombstones.collect();
  answer();
  assert.deepEqual(queries.map(({ cursor }) => cursor), [undefined, "1", "1", undefined]);
  assert.deepEqual(forgotten, ["a", "b", "a"]);
});
