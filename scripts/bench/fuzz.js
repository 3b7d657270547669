// A real peer, asked 100,000 things that are made of its own description, right and wrong, and 5,000 that are no requests.

import { join } from "node:path";
import process from "node:process";
import { runtimePath } from "../runtime.js";
import { makeFolder, report, root, startPeer, startProgram, TOKEN } from "./world.js";

const REQUESTS = Number(process.env.METRONOME_FUZZ ?? 105_000);
const SEED = Number(process.env.METRONOME_SEED ?? 20_261_128);

export async function fuzz(runtime) {
  const folder = makeFolder();
  const peer = await startPeer(folder.path, { runtime, args: ["--p2p", "127.0.0.1:0"] });
  try {
    const script = join(root, "scripts/bench/fuzz-load.ts");
    const args = [script, peer.url, TOKEN, peer.id, String(REQUESTS), String(SEED)];
    const load = await startProgram(runtimePath("node"), args);
    const { counts, asked, broken, failed, hangs, unsendable, seconds, slowest, p50, p99, pagesP99 } = load.ready;
    await load.exited;
    const wrong = Object.entries(counts).filter(([status]) => Number(status) >= 500).reduce((sum, [, n]) => sum + n, 0);
    console.log(
      `  ${asked} requests in ${seconds.toFixed(0)} s, ${unsendable} that no client writes: ${JSON.stringify(counts)}`,
    );
    for (const { name, count, over, p50, worst } of slowest) {
      const times = `p50 ${p50.toFixed(1)} ms, at most ${worst.toFixed(0)} ms`;
      console.log(`  over 50 ms: ${over} of ${count} × ${name}, ${times}`);
    }
    for (const each of broken) console.log(`  ${each}`);
    console.log(`  p99 without what reads all that there is (the audit, an export): ${pagesP99.toFixed(1)} ms`);
    const health = await peer.call("/healthz");
    return [
      report("answers of 5xx", wrong, "0", wrong === 0),
      report("hangs", hangs, "0", hangs === 0),
      report("connections broken off", failed - wrong - hangs, "0", failed === wrong + hangs),
      report("it lives", health.status, "200", health.status === 200),
      report("p99", `${p99.toFixed(1)} ms (p50 ${p50.toFixed(1)} ms)`, "<= 50 ms", p99 <= 50),
    ].every(Boolean);
  } finally {
    await peer.stop();
    folder.remove();
  }
}
