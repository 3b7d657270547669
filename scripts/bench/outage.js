// A target that is down for an hour, while 100 events a second are due to it: time is simulated, and the store is real.

import { join } from "node:path";
import { runtimePath } from "../runtime.js";
import { asProgram, makeFolder, report, root, startProgram } from "./world.js";

export async function outage(runtime) {
  const folder = makeFolder();
  try {
    const args = [join(root, "scripts/bench/outage-hour.ts"), join(folder.path, "db")];
    const run = await startProgram(runtimePath(runtime), [...asProgram(runtime), ...args]);
    await run.exited;
    const { due, accounted, open, outcomes, attempts, well, most, after, cpuS } = run.ready;
    const told = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`).join(", ");
    return [
      report("accounted for", `${accounted} of ${due}: ${told}`, `${due}`, accounted === due),
      report("still open ten minutes after", open, "0", open === 0),
      report("attempts at the target while it is down", attempts, "<= 1,000: its breaker is open", attempts <= 1_000),
      report(
        "memory",
        `${text(well)} while it was well, ${text(most)} at most, ${text(after)} in the end, ${
          cpuS.toFixed(0)
        } s of CPU`,
        "+ <= 100 MB",
        most.rssMb - well.rssMb <= 100,
      ),
    ].every(Boolean);
  } finally {
    folder.remove();
  }
}

function text({ rssMb, usedMb, filesMb }) {
  return `${rssMb.toFixed(0)} MB (${usedMb.toFixed(0)} of objects, ${filesMb.toFixed(0)} of files)`;
}
