import assert from "node:assert/strict";
import { test } from "node:test";
import { occurrenceId } from "../../src/core/task/occurrence.ts";
import { IdMap } from "../../src/core/values/id-map.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { chanceOf } from "../chance.ts";

/** More than the smallest table takes, and few enough that what is asked for is often there. */
const HASHED = Array.from({ length: 600 }, (_, n) => occurrenceId(taskGuid("ada", "t"), instant(n)));

/** Their last characters are the same: all want one place, and stand in a row behind it. */
const ALIKE = Array.from({ length: 40 }, (_, n) => `${n}-same-end`);

test("a map of ids that come and go says at all times what a map of the language says", () => {
  for (const [name, ids] of Object.entries({ hashed: HASHED, alike: ALIKE, both: [...HASHED, ...ALIKE] })) {
    for (let seed = 1; seed <= 6; seed++) {
      const chance = chanceOf(seed);
      const [ours, theirs] = [new IdMap<string, number>(), new Map<string, number>()];
      for (let step = 0; step < 8_000; step++) {
        const id = ids[Math.floor(chance() * ids.length)] ?? "";
        // It fills, and empties again.
        if (chance() < (step % 4_000 < 2_000 ? 0.8 : 0.2)) {
          ours.set(id, step);
          theirs.set(id, step);
        } else if (chance() < 0.5) {
          assert.equal(ours.delete(id), theirs.delete(id), `${name}, seed ${seed}, step ${step}`);
        } else {
          assert.equal(ours.take(id), theirs.get(id), `${name}, seed ${seed}, step ${step}`);
          theirs.delete(id);
        }
        const other = ids[Math.floor(chance() * ids.length)] ?? "";
        assert.deepEqual(
          { size: ours.size, has: ours.has(other), value: ours.get(other) },
          { size: theirs.size, has: theirs.has(other), value: theirs.get(other) },
          `${name}, seed ${seed}, step ${step}`,
        );
      }
      const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
      assert.deepEqual(sorted(ours.values()), sorted(theirs.values()), `${name}, seed ${seed}`);
    }
  }
});
