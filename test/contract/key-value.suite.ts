// What every keeper of ordered texts promises. Memory passes it first, then LevelDB.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyValue, Operation, Range, Space } from "../../src/store/key-value.ts";
import { StoreFailure } from "../../src/store/store.ts";
import { chanceOf } from "../chance.ts";

/** A new and empty one, which takes away what it made when it is disposed of. */
export type Made = AsyncDisposable & { readonly keyValue: KeyValue };

export function keyValueContract(name: string, make: () => Promise<Made>): void {
  test(`${name}: a batch is carried out in the order of its operations`, async () => {
    await using made = await make();
    const { keyValue } = made;
    await keyValue.batch([put("a", "1"), put("b", "1"), put("a", "2"), { space: "names", key: "b" }, put("c", "")]);
    assert.deepEqual(await keyValue.getMany("names", ["c", "b", "a", "never"]), ["", undefined, "2", undefined]);
    await keyValue.batch([{ space: "names", key: "a" }, put("b", "3"), { space: "names", key: "never" }]);
    assert.deepEqual(await all(keyValue, {}), [["b", "3"], ["c", ""]]);
    assert.equal(keyValue.damaged(), 0);
  });

  test(`${name}: spaces do not mix, whatever their names start with`, async () => {
    await using made = await make();
    const { keyValue } = made;
    const spaces: Space[] = ["runs", "runsByTask", "runsByTime", "answers", "answersByTime", "open", "meta"];
    await keyValue.batch(spaces.map((space) => ({ space, key: "k", value: space })));
    for (const space of spaces) {
      const own = space === "meta" ? { gte: "k", lte: "k" } : {};
      assert.deepEqual(await all(keyValue, own, space), [["k", space]]);
      assert.deepEqual(await all(keyValue, { ...own, reverse: true }, space), [["k", space]]);
    }
  });

  test(`${name}: walks give what a sorted list gives, in any range, direction and step, with leaps`, async () => {
    for (const seed of [1, 2, 3]) {
      await using made = await make();
      const { keyValue } = made;
      const chance = chanceOf(seed);
      const model = new Map<string, string>();
      for (let round = 0; round < 20; round++) {
        const operations: Operation[] = [];
        for (let n = 0; n < 40; n++) {
          const key = anyKey(chance);
          if (chance() < 0.3) {
            operations.push({ space: "names", key });
            model.delete(key);
          } else {
            operations.push(put(key, `${round} ${n}`));
            model.set(key, `${round} ${n}`);
          }
        }
        await keyValue.batch(operations);
      }
      const sorted = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      for (let n = 0; n < 60; n++) {
        const range = anyRange(chance);
        const within = sorted.filter(([key]) => isWithin(range, key));
        if (range.reverse === true) within.reverse();
        const walk = keyValue.walk("names", range);
        const label = `seed ${seed}, walk ${n} of ${JSON.stringify(range)}`;
        let left = within;
        for (let step = 0; step < 8; step++) {
          const count = 1 + Math.floor(chance() * 60);
          if (chance() < 0.4) {
            const sought = anyKey(chance);
            walk.seek(sought);
            const isAhead = (key: string) =>
              range.reverse === true ? compare(key, sought) <= 0 : compare(key, sought) >= 0;
            left = isWithin(range, sought) ? within.filter(([key]) => isAhead(key)) : [];
          }
          assert.deepEqual(await walk.take(count), left.slice(0, count), label);
          left = left.slice(count);
        }
        await walk.close();
      }
    }
  });

  test(`${name}: a walk sees what was there when it began`, async () => {
    await using made = await make();
    const { keyValue } = made;
    await keyValue.batch([put("a", "1"), put("b", "1"), put("c", "1")]);
    const walk = keyValue.walk("names", {});
    assert.deepEqual(await walk.take(1), [["a", "1"]]);
    await keyValue.batch([put("b", "2"), { space: "names", key: "c" }, put("d", "2")]);
    assert.deepEqual(await walk.take(10), [["b", "1"], ["c", "1"]]);
    assert.deepEqual(await walk.take(10), []);
    walk.seek("a");
    assert.deepEqual(await walk.take(2), [["a", "1"], ["b", "1"]]);
    await walk.close();
    assert.deepEqual(await all(keyValue, {}), [["a", "1"], ["b", "2"], ["d", "2"]]);
  });

  test(`${name}: a take is shorter than asked only at the end, however large the values are`, async () => {
    await using made = await make();
    const { keyValue } = made;
    const large = "ö".repeat(64 * 1024);
    await keyValue.batch(Array.from({ length: 40 }, (_, n) => put(`k${String(n).padStart(2, "0")}`, large + n)));
    const walk = keyValue.walk("names", {});
    assert.equal((await walk.take(30)).length, 30);
    const rest = await walk.take(30);
    assert.equal(rest.length, 10);
    assert.equal(rest[9]?.[1], `${large}39`);
    await walk.close();
  });

  test(`${name}: batches that come together are all kept, the later over the earlier`, async () => {
    await using made = await make();
    const { keyValue } = made;
    const batches = Array.from({ length: 500 }, (_, n) => [put(`own ${n}`, `${n}`), put("shared", `${n}`)]);
    await Promise.all(batches.map((batch) => keyValue.batch(batch)));
    assert.equal((await all(keyValue, { gte: "own", lt: "own!" })).length, 500);
    assert.deepEqual(await keyValue.getMany("names", ["shared"]), ["499"]);
  });

  test(`${name}: closing waits for what is being written, twice is once, and then all is refused as closed`, async () => {
    await using made = await make();
    const { keyValue } = made;
    const walk = keyValue.walk("names", {});
    // More than go in one group: those that still wait are written too.
    const written = Array.from(
      { length: 12 },
      (_, n) => keyValue.batch(Array.from({ length: 1_000 }, (_, k) => put(`${n} ${k}`, ""))),
    );
    await Promise.all([keyValue.close(), keyValue.close()]);
    await Promise.all(written);
    const isClosed = (error: unknown) => error instanceof StoreFailure && error.kind === "closed";
    await assert.rejects(keyValue.batch([put("c", "1")]), isClosed);
    await assert.rejects(keyValue.getMany("names", ["a"]), isClosed);
    await assert.rejects(walk.take(1), isClosed);
    await assert.rejects(keyValue.walk("names", {}).take(1), isClosed);
    await walk.close();
  });
}

function put(key: string, value: string): Operation {
  return { space: "names", key, value };
}

async function all(keyValue: KeyValue, range: Range, space: Space = "names") {
  const walk = keyValue.walk(space, range);
  const entries = await walk.take(10_000);
  await walk.close();
  return entries;
}

/** Letters whose order differs between UTF-8 and UTF-16, and those that are the edges of a byte. */
const LETTERS = [
  "a",
  "b",
  "!",
  '"',
  "/",
  "\0",
  "\u007f",
  "é",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10000}",
  "\u{1f600}",
  "\u{10ffff}",
];

function anyKey(chance: () => number): string {
  let key = "";
  do key += LETTERS[Math.floor(chance() * LETTERS.length)]; while (chance() < 0.6);
  return key;
}

function anyRange(chance: () => number): Range {
  const low = chance();
  const high = chance();
  return {
    ...(low < 0.3 ? { gt: anyKey(chance) } : low < 0.6 ? { gte: anyKey(chance) } : {}),
    ...(high < 0.3 ? { lt: anyKey(chance) } : high < 0.6 ? { lte: anyKey(chance) } : {}),
    ...(chance() < 0.5 ? { reverse: true } : {}),
  };
}

function isWithin({ gt, gte, lt, lte }: Range, key: string): boolean {
  return (gt === undefined || compare(key, gt) > 0) && (gte === undefined || compare(key, gte) >= 0) &&
    (lt === undefined || compare(key, lt) < 0) && (lte === undefined || compare(key, lte) <= 0);
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
