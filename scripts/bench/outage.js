// A target that is down for an hour, while 100 events a second are due to it: time is simulated, and the store is real.

import { join } from "node:path";
import { runtimePath } from "../runtime.js";
import { makeFolder, report, root, startProgram } from "./world.js";

export async function outage(runtime) {
  const folder = makeFolder();
  try {
    const args = [join(root, "scripts/bench/outage-hour.ts"), join(folder.path, "db")];
    const run = await startProgram(
      runtimePath(runtime),
      runtime === "deno" ? ["run", "-A", "--no-check", ...args] : args,
    );
    await run.exited;
    const { due, accounted, open, outcomes, attempts, wellMb, mostMb, afterMb, cpuS } = run.ready;
    const told = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`).join(", ");
    const grown = mostMb - wellMb;
    return [
      report("accounted for", `${accounted} of ${due}: ${told}`, `${due}`, accounted === due),
      report("still open ten minutes after", open, "0", open === 0),
      report("attempts at the target while it is down", attempts, "<= 1,000: its breaker is open", attempts <= 1_000),
      report(
        "memory",
        `${wellMb.toFixed(0)} MB while it was well, ${mostMb.toFixed(0)} MB at most, ${
          afterMb.toFixed(0)
        } MB in the end, ${cpuS.toFixed(0)} s of CPU`,
        "+ <= 100 MB",
        grown <= 100,
      ),
    ].every(Boolean);
  } finally {
    folder.remove();
  }
}
