// A program for the tests of the store: it opens each folder that it is given, reads everything in every way, compares
// it with what was written (a JSON file), and prints one line for each. Damage can abort it in the midst of LevelDB.

import { readFileSync, writeSync } from "node:fs";
import type { KeyValue } from "../../src/store/key-value.ts";
import { levelKeyValue } from "../../src/store/level.ts";
import { StoreRefusal } from "../../src/store/store.ts";

export type Reading =
  | { readonly refused: string; readonly message: string }
  | { readonly damaged: number; readonly logged: number; readonly lost: number; readonly wrong: readonly string[] };

const [written = "", ...paths] = process.argv.slice(2);
const records = new Map<string, string[]>(JSON.parse(readFileSync(written, "utf8")));

for (const path of paths) writeSync(1, `${JSON.stringify(await readStore(path))}\n`);

async function readStore(path: string): Promise<Reading> {
  let logged = 0;
  let keyValue: KeyValue;
  try {
    keyValue = await levelKeyValue({ path, log: () => logged++ });
  } catch (error) {
    if (!(error instanceof StoreRefusal)) throw error;
    return { refused: error.kind, message: error.message };
  }
  const wrong: string[] = [];
  const check = (key: string, value: string | undefined) => {
    // A record that is lost uncovers the one that it replaced, which was true once: it is no invented value.
    if (value !== undefined && records.get(key)?.includes(value) !== true) wrong.push(`${key} reads ${value}`);
  };
  const keys = [...records.keys()];
  const values = await keyValue.getMany("runs", keys);
  for (const [at, key] of keys.entries()) check(key, values[at]);
  for (const reverse of [false, true]) {
    const walk = keyValue.walk("runs", { reverse });
    for (let entries = await walk.take(700); entries.length > 0; entries = await walk.take(700)) {
      for (const [key, value] of entries) check(key, value);
    }
    await walk.close();
  }
  const lost = keys.filter((key, at) => values[at] !== records.get(key)?.at(-1)).length;
  const damaged = keyValue.damaged();
  await keyValue.close();
  return { damaged, logged, lost, wrong };
}
