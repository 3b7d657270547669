import assert from "node:assert/strict";
import { test } from "node:test";
import { descend, DigestTree, leafOf, LEAVES, type Stamped, startDescent } from "../../src/core/register/digest.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { chanceOf } from "../chance.ts";

const KEY = "one mesh";

/** Entities by key: what a peer holds. */
type Held = Map<string, Stamped>;

/** A tree that followed some hundred changes, and what it should hold after them. */
function changed(chance: () => number, held: Held, steps: number): DigestTree {
  const tree = new DigestTree(KEY);
  for (const entity of held.values()) tree.add(entity);
  for (let step = 0; step < steps; step++) {
    const key = taskGuid("user", String(Math.floor(chance() * 40)));
    const before = held.get(key);
    if (before !== undefined && chance() < 0.3) {
      tree.remove(before);
      held.delete(key);
      continue;
    }
    const stamp = makeStamp(Math.floor(chance() * 3), 0, 1);
    const after = {
      kind: "task",
      key,
      registers: { ...before?.registers, [chance() < 0.5 ? "life" : "state"]: { stamp } },
    };
    if (before === undefined) tree.add(after);
    else tree.replace(before, after);
    held.set(key, after);
  }
  return tree;
}

function ofHeld(held: Held): DigestTree {
  const tree = new DigestTree(KEY);
  for (const entity of [...held.values()].reverse()) tree.add(entity);
  return tree;
}

test("a tree depends on what is held, not on how it came to be, and its root is the sum of its leaves", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const held: Held = new Map();
    const tree = changed(chanceOf(seed), held, 200);
    assert.equal(tree.root(), ofHeld(held).root(), `seed ${seed}`);
    assert.equal(tree.root(), tree.sum(0, LEAVES), `seed ${seed}`);
  }
});

test("roots are equal exactly when what is held is, and a descent finds exactly the leaves that differ", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const chance = chanceOf(seed);
    const mine: Held = new Map();
    changed(chance, mine, 100);
    const theirs: Held = new Map(mine);
    const other = changed(chance, theirs, Math.floor(chance() * 8));
    const differing = new Set<number>();
    for (const key of new Set([...mine.keys(), ...theirs.keys()])) {
      const [a, b] = [mine.get(key), theirs.get(key)];
      if (
        a?.registers.life?.stamp === b?.registers.life?.stamp && a?.registers.state?.stamp === b?.registers.state?.stamp
      ) {
        continue;
      }
      differing.add(leafOf("task", key));
    }
    const tree = ofHeld(mine);
    assert.equal(tree.root() === other.root(), differing.size === 0, `seed ${seed}`);
    let message = startDescent(tree);
    for (const side of [other, tree, other]) message = descend(side, message);
    const leaves = [...differing].sort((a, b) => a - b);
    assert.deepEqual(message, { kind: "leaves", leaves }, `seed ${seed}`);
  }
});
