// The reference for the rate of registering: LevelDB alone, as many records of the same size in synced batches.
//
//   bare-disk.ts FOLDER COUNT

import process from "node:process";
import { Level } from "level";

const RECORDS_PER_TASK = 4;
const BATCH = 256;
const [folder, count] = [process.argv[2], Number(process.argv[3])];
if (folder === undefined || !(count > 0)) throw new Error("FOLDER COUNT");

const db = new Level<string, string>(folder);
await db.open();
const value = "x".repeat(600);
const startedAt = performance.now();
for (let n = 0; n < count; n += BATCH) {
  const puts: { type: "put"; key: string; value: string }[] = [];
  for (let k = n; k < Math.min(count, n + BATCH); k++) {
    puts.push({ type: "put", key: `entities/${String(k * 7919).padStart(64, "0")}`, value });
    for (let record = 1; record < RECORDS_PER_TASK; record++) {
      puts.push({ type: "put", key: `${record}/${String(k * 7919).padStart(64, "0")}`, value: value.slice(0, 60) });
    }
  }
  await db.batch(puts, { sync: true });
}
console.log(JSON.stringify({ perSecond: count / ((performance.now() - startedAt) / 1000) }));
await db.close();
process.exit(0);
