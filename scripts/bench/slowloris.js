// A thousand connections that never end their request: how long /healthz takes meanwhile.

import { join } from "node:path";
import process from "node:process";
import { makeFolder, pause, quantile, report, root, startPeer, startProgram } from "./world.js";

const CONNECTIONS = Number(process.env.METRONOME_SLOW ?? 1_000);
const ASKED = 200;
const EACH_MS = 50;

export async function slowloris(runtime) {
  const folder = makeFolder();
  const peer = await startPeer(folder.path, { runtime });
  const port = new URL(peer.url).port;
  try {
    const quiet = await ask(peer.url);
    const client = await startProgram(process.execPath, [
      join(root, "scripts/bench/slow-client.js"),
      port,
      String(CONNECTIONS),
    ]);
    const { times, failed } = await ask(peer.url);
    await client.stop();
    const ms = (share) => quantile(times, share).toFixed(1);
    console.log(
      `  without: p50 ${quantile(quiet.times, 0.5).toFixed(1)} ms, at most ${quantile(quiet.times, 1).toFixed(1)} ms`,
    );
    return [
      report("healthz that failed", failed, "0", failed === 0),
      report(
        "healthz",
        `p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, at most ${ms(1)} ms`,
        "p99 <= 100 ms",
        quantile(times, 0.99) <= 100,
      ),
    ].every(Boolean);
  } finally {
    await peer.stop();
    folder.remove();
  }
}

/** Each on a connection of its own. */
async function ask(url) {
  const times = [];
  let failed = 0;
  for (let n = 0; n < ASKED; n++) {
    const began = performance.now();
    try {
      const response = await fetch(`${url}/healthz`, { headers: { connection: "close" } });
      await response.arrayBuffer();
      if (response.status !== 200) failed++;
    } catch (error) {
      failed++;
      if (failed < 4) console.log(`  ${error.cause ?? error}`);
    }
    times.push(performance.now() - began);
    await pause(EACH_MS);
  }
  return { times, failed };
}
