// What a process that is killed while LevelDB writes a table leaves behind is no damage.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { levelKeyValue } from "../../src/store/level.ts";
import { liveTables } from "../../src/store/level-manifest.ts";
import { StoreRefusal } from "../../src/store/store.ts";
import { makeFolder } from "../contract/store-folder.ts";

const WRITES = 200;
const VALUE = "x".repeat(40_000);

async function fill(path: string): Promise<void> {
  const store = await levelKeyValue({ path });
  for (let n = 0; n < WRITES; n++) await store.batch([{ space: "runs", key: `k${n}`, value: VALUE + n }]);
  await store.close();
}

function tables(path: string): readonly string[] {
  return readdirSync(path).filter((name) => /^\d+\.(ldb|sst)$/.test(name));
}

test("a half-written table that the manifest does not name is no damage, and one that it names is", async () => {
  await using folder = await makeFolder();
  const { path } = folder;
  await fill(path);
  const [first] = tables(path);
  assert.ok(first, "the writes made a table");
  writeFileSync(join(path, "999990.ldb"), readFileSync(join(path, first)).subarray(0, 10_000));
  const store = await levelKeyValue({ path });
  assert.equal(store.damaged(), 0);
  await store.close();
  const [named] = tables(path);
  assert.ok(named);
  writeFileSync(join(path, named), readFileSync(join(path, named)).subarray(0, 10_000));
  await assert.rejects(
    levelKeyValue({ path }),
    (error) => error instanceof StoreRefusal && error.kind === "damaged",
  );
});

test("the manifest names exactly the tables of a store that was closed", async () => {
  await using folder = await makeFolder();
  const { path } = folder;
  await fill(path);
  const manifest = readdirSync(path).find((name) => name.startsWith("MANIFEST-"));
  const live = liveTables(readFileSync(join(path, manifest ?? "")));
  const numbers = tables(path).map((name) => Number.parseInt(name, 10));
  assert.deepEqual([...live ?? []].sort((a, b) => a - b), numbers.sort((a, b) => a - b));
});
