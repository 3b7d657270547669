// A program for the tests of the store: it opens the folder that it is given, writes without end, three records at a
// time, in a number of lanes, and prints the number of each write when it is acknowledged. With `hold` it only waits.

import { writeSync } from "node:fs";
import { levelKeyValue } from "../../src/store/level.ts";

const [path = "", from = "0", lanes = "8"] = process.argv.slice(2);
const keyValue = await levelKeyValue({ path });
writeSync(1, "open\n");
if (from === "hold") {
  setInterval(() => {}, 60_000);
} else {
  let next = Number(from);
  await Promise.all(Array.from({ length: Number(lanes) }, async () => {
    while (true) {
      const n = next++;
      const value = `${n} `.repeat(1 + n % 40);
      await keyValue.batch([
        { space: "runs", key: `${n}`, value },
        { space: "runsByTask", key: `${n}`, value },
        { space: "runsByTime", key: `${n}`, value },
      ]);
      writeSync(1, `${n}\n`);
    }
  }));
}
