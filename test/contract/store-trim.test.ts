// What the store forgets of other peers, so that nothing grows for ever.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { carryKey, seqOfCarryKey } from "../../src/store/keys.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { trim } from "../../src/store/trim.ts";

const MOST = { carries: 10, conflicts: 5, versions: 3 };

async function trimAll(keyValue: ReturnType<typeof memoryKeyValue>): Promise<number> {
  let gone = 0;
  for (let step = 1; step > 0; gone += step) step = await trim(keyValue, MOST);
  return gone;
}

test("of each author the latest carries are kept, and of the conflicts and versions the latest", async () => {
  const keyValue = memoryKeyValue();
  const logged = [["ada", 1_234], ["bob", 10], ["eve", 11]] as const;
  await keyValue.batch(
    logged.flatMap(([author, last]) =>
      Array.from({ length: last }, (_, n) => ({ space: "log" as const, key: carryKey(author, n + 1), value: "1{}" }))
    ),
  );
  await keyValue.batch(
    Array.from({ length: 12 }, (_, n) => ({ space: "conflicts" as const, key: `${1_000 + n}/x`, value: "1{}" })),
  );
  const guids = ["a", "b"].map((letter) => letter.repeat(64) as TaskGuid);
  for (const guid of guids) {
    await recordStore(keyValue).commit(Array.from({ length: 4 }, (_, n) => {
      return { kind: "version", version: { guid, was: {}, until: instant(n), by: makeStamp(n, 0, 1) } } as const;
    }));
  }
  assert.equal(await trimAll(keyValue), 1_224 + 1 + 7 + 5);
  const versions = await Promise.all(guids.map((guid) => recordStore(keyValue).versions(guid, 9)));
  assert.deepEqual(versions.map((each) => each.map(({ until }) => until)), [[3], [3, 2]]);
  assert.equal((await keyValue.walk("versions", {}).take(9)).length, 3);
  const walk = keyValue.walk("log", {});
  const kept = (await walk.take(100)).map(([key]) => [key.slice(0, 3), seqOfCarryKey(key)]);
  assert.deepEqual([kept.length, kept[0], kept[9], kept[10], kept[20]], [
    30,
    ["ada", 1_225],
    ["ada", 1_234],
    ["bob", 1],
    ["eve", 2],
  ]);
  const conflicts = await keyValue.walk("conflicts", {}).take(100);
  assert.deepEqual(conflicts.map(([key]) => key.slice(0, 4)), ["1007", "1008", "1009", "1010", "1011"]);
});
