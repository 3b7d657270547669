import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Ask } from "../../src/core/protocol/message.ts";
import type { Entity } from "../../src/core/register/register.ts";
import { pull, type SyncDoors, type SyncEnd, type Unfinished } from "../../src/core/replication/sync.ts";
import { makeStamp, type Stamp } from "../../src/core/values/stamp.ts";

const stampOf = (ms: number) => makeStamp(ms, 0, 1);

const entityOf = (n: number): Entity => ({
  kind: "token",
  key: `t${n}`,
  registers: { life: { value: 1, stamp: stampOf(n) } },
});

/** One who pulls: what it asked, took in and adopted; `answer` is the other peer. */
function puller(answer: (ask: Ask) => Answer | undefined) {
  const asked: Ask[] = [];
  const taken: string[] = [];
  const adopted: (readonly Stamp[])[] = [];
  const doors: SyncDoors = {
    ask(_to, ask, onAnswer) {
      asked.push(ask);
      onAnswer(answer(ask));
    },
    vector: () => [stampOf(asked.length)],
    askForCarries: () => ({ kind: "carries", vector: [] }),
    needsEntities: () => true,
    needsResults: () => false,
    mustFallBack: () => false,
    mergeEntities(entities, _living, done) {
      taken.push(...entities.map(({ key }) => key));
      done();
    },
    applyCarries: (_pages, done) => done(),
    applyResults: (_results, done) => done(),
    adoptVector(stamps, done) {
      adopted.push(stamps);
      done();
    },
    adoptFloors: () => {},
  };
  return { doors, asked, taken, adopted };
}

function pullOnce(doors: SyncDoors, before?: Unfinished): readonly [SyncEnd, Unfinished | undefined] {
  let ended: readonly [SyncEnd, Unfinished | undefined] | undefined;
  pull("other", doors, (end, unfinished) => ended = [end, unfinished], before);
  assert.ok(ended);
  return ended;
}

const NO_CARRIES: Answer = { kind: "carries", pages: [], isMore: false, isTrimmed: false };

/** Three pages of one entity each; the vector grows while they are asked for. */
function pages(vector: number): (ask: Ask) => Answer {
  return (ask) => {
    if (ask.kind !== "entities") return NO_CARRIES;
    const n = Number(ask.cursor ?? "0");
    const more = n < 2 ? { cursor: String(n + 1) } : {};
    return { kind: "entities", entities: [entityOf(n)], vector: [stampOf(vector + n)], living: 3, ...more };
  };
}

test("run logs alone are pulled when nothing else is wanted", () => {
  const { doors, asked, adopted } = puller(pages(10));
  assert.deepEqual(pullOnce({ ...doors, needsEntities: () => false }), ["whole", undefined]);
  assert.deepEqual([asked.map(({ kind }) => kind), adopted], [["carries"], []]);
});

test("a pull adopts the vector of its first page, when the last one is taken in", () => {
  const { doors, taken, adopted } = puller(pages(100));
  assert.deepEqual(pullOnce(doors), ["whole", undefined]);
  assert.deepEqual([taken, adopted], [["t0", "t1", "t2"], [[stampOf(100)]]]);
});

test("a pull that was broken off goes on behind what it has taken in, with the vector of its first page", () => {
  let answer: (ask: Ask) => Answer | undefined = (ask) =>
    ask.kind === "entities" && ask.cursor === "2" ? undefined : pages(100)(ask);
  const { doors, asked, taken, adopted } = puller((ask) => answer(ask));
  const [end, unfinished] = pullOnce(doors);
  assert.equal(end, "broken");
  assert.ok(unfinished);
  // The third page was asked for while the second was being taken in: that one comes once more.
  assert.deepEqual([taken, adopted, unfinished.cursor], [["t0", "t1"], [], "1"]);

  answer = pages(200);
  const before = asked.length;
  assert.deepEqual(pullOnce(doors, unfinished), ["whole", undefined]);
  const questions = asked.slice(before);
  // Runs before entities, this time too; and what is asked for is what was lacking then.
  assert.deepEqual(questions.map(({ kind }) => kind), ["carries", "entities", "entities"]);
  assert.ok(questions.every((ask) => ask.kind !== "entities" || ask.vector === unfinished.base));
  assert.deepEqual([taken, adopted], [["t0", "t1", "t1", "t2"], [[stampOf(100)]]]);
});

test("a pull that was broken off before any entity came begins anew", () => {
  const { doors } = puller((ask) => ask.kind === "entities" ? undefined : NO_CARRIES);
  assert.deepEqual(pullOnce(doors), ["broken", undefined]);
});
