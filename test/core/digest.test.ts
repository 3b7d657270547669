import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { shardOf } from "../../src/core/ownership/shard.ts";
import {
  descend,
  DigestTree,
  leafOf,
  parseDescent,
  type Stamped,
  startDescent,
} from "../../src/core/register/digest.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";

const KEY = "one mesh";

function entity(n: number, ms = 1, kind = "task"): Stamped {
  const registers = { life: { stamp: makeStamp(1, 0, 1) }, schedule: { stamp: makeStamp(ms, 0, 1) } };
  return { kind, key: hash("sha256", String(n), "hex"), registers };
}

test("a task's leaf lies in its shard, and other kinds have their own", () => {
  const guid = taskGuid("user", "task");
  assert.equal(leafOf("task", guid) >> 4, shardOf(guid));
  assert.notEqual(leafOf("token", guid), leafOf("task", guid));
  assert.ok(Number.isInteger(leafOf("task", "no guid")));
});

test("the root of a known tree never changes, for peers of two versions must agree", () => {
  const tree = new DigestTree(KEY);
  assert.equal(tree.root(), "0000000000000000");
  tree.add(entity(1));
  tree.add(entity(2, 5, "token"));
  assert.equal(tree.root(), "52665ed7fc1554d5");
});

test("the order of an entity's registers does not matter", () => {
  const tree = new DigestTree(KEY);
  const { registers, ...rest } = entity(1);
  tree.add({ ...rest, registers });
  tree.remove({ ...rest, registers: Object.fromEntries(Object.entries(registers).reverse()) });
  assert.equal(tree.root(), "0000000000000000");
});

test("a tree of another key is another tree", () => {
  const [mine, theirs] = [new DigestTree(KEY), new DigestTree("another mesh")];
  mine.add(entity(1));
  theirs.add(entity(1));
  assert.notEqual(mine.root(), theirs.root());
});

test("no two entities are written alike, however their names are cut", () => {
  const stamp = makeStamp(1, 0, 1);
  const alike: readonly Stamped[] = [
    { kind: "a", key: "bc", registers: { d: { stamp } } },
    { kind: "ab", key: "c", registers: { d: { stamp } } },
    { kind: "a", key: "b", registers: { cd: { stamp } } },
    { kind: "a", key: `bc1 d${stamp}`, registers: {} },
  ];
  const roots = alike.map((entity) => {
    const tree = new DigestTree(KEY);
    tree.add(entity);
    return tree.root();
  });
  assert.equal(new Set(roots).size, alike.length);
});

test("a tree knows how many it holds", () => {
  const tree = new DigestTree(KEY);
  for (let n = 0; n < 10; n++) tree.add(entity(n));
  tree.remove(entity(3));
  tree.replace(entity(4), entity(4, 9));
  assert.equal(tree.size, 9);
});

test("ten differences are found in four messages of less than 8 KiB", () => {
  const [mine, theirs] = [new DigestTree(KEY), new DigestTree(KEY)];
  for (let n = 0; n < 20_000; n++) {
    mine.add(entity(n));
    if (n >= 4) theirs.add(n < 10 ? entity(n, 2) : entity(n));
  }
  const messages = [startDescent(mine)];
  for (const tree of [theirs, mine, theirs]) {
    const last = parseDescent(JSON.parse(JSON.stringify(messages.at(-1))));
    assert.ok(last);
    messages.push(descend(tree, last));
  }
  const bytes = messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0);
  assert.ok(bytes <= 8 * 1024, `${bytes} bytes`);
  const leaves = Array.from({ length: 10 }, (_, n) => leafOf("task", entity(n).key)).sort((a, b) => a - b);
  assert.deepEqual(messages.at(-1), { kind: "leaves", leaves });
});

test("equal trees end a descent with the first answer, and all-different ones with bounded messages", () => {
  const [mine, theirs] = [new DigestTree(KEY), new DigestTree(KEY)];
  for (let n = 0; n < 20_000; n++) mine.add(entity(n));
  assert.deepEqual(descend(mine, startDescent(mine)), { kind: "leaves", leaves: [] });
  let message = startDescent(mine);
  for (const tree of [theirs, mine, theirs]) {
    message = descend(tree, message);
    assert.ok(JSON.stringify(message).length < 40 * 1024);
  }
  assert.ok(message.kind === "leaves" && message.leaves.length > 500 && parseDescent(message) !== undefined);
});

test("what is no message of a descent is refused", () => {
  const sum = "0".repeat(9);
  const wrong: readonly unknown[] = [
    undefined,
    7,
    { kind: "other" },
    { kind: "leaves", leaves: [65_536] },
    { kind: "leaves", leaves: [2, 1] },
    { kind: "leaves", leaves: [1, 1] },
    { kind: "leaves", leaves: [-1] },
    { kind: "leaves", leaves: [0.5] },
    { kind: "leaves", leaves: Array.from({ length: 4_097 }, (_, n) => n) },
    { kind: "sums", level: 3, nodes: [0], sums: sum.repeat(16) },
    { kind: "sums", level: -1, nodes: [0], sums: sum.repeat(256) },
    { kind: "sums", level: 0, nodes: [1], sums: sum.repeat(256) },
    { kind: "sums", level: 0, nodes: [0], sums: sum.repeat(255) },
    { kind: "sums", level: 0, nodes: [0], sums: "G".repeat(9 * 256) },
    { kind: "sums", level: 2, nodes: Array.from({ length: 257 }, (_, n) => n), sums: sum.repeat(16 * 257) },
  ];
  assert.deepEqual(wrong.map((value) => parseDescent(value)), wrong.map(() => undefined));
  assert.ok(parseDescent({ kind: "sums", level: 1, nodes: [3, 255], sums: sum.repeat(32) }));
});
