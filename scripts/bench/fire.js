// 20,000 one-shots due at one instant, delivered to a raw sink on the same core, beside a bare undici loop that posts
// as much to the same sink on the same core. In pairs, because the machine's speed drifts; the medians are quoted.

import { join } from "node:path";
import { runtimePath } from "../runtime.js";
import { makeFolder, median, pause, report, root, startPeer, startProgram, startSink } from "./world.js";

const COUNT = 20_000;
const CONNECTIONS = 64;
const PAIRS = 3;
const CORE = 0;
const RATIO_WANTED = 0.6;

export async function fire(runtime) {
  const rates = { peer: [], bare: [] };
  const counts = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    rates.bare.push(await bare(runtime));
    const { rate, seen } = await peer(runtime);
    rates.peer.push(rate);
    counts.push(seen);
    console.log(`  pair ${pair + 1}: ${rate.toFixed(0)}/s, bare loop ${rates.bare.at(-1).toFixed(0)}/s`);
  }
  const ratio = median(rates.peer.map((rate, n) => rate / rates.bare[n]));
  const once = counts.every(({ unique, doubles, early }) => unique === COUNT && doubles === 0 && early === 0);
  return [
    report("each delivered exactly once, none early", counts.map(({ count }) => count).join(", "), `${COUNT}`, once),
    report(
      "rate",
      `${median(rates.peer).toFixed(0)}/s of ${median(rates.bare).toFixed(0)}/s bare, ratio ${ratio.toFixed(2)}`,
      `>= ${RATIO_WANTED}`,
      ratio >= RATIO_WANTED,
    ),
  ].every(Boolean);
}

async function bare(runtime) {
  const sink = await startSink(CORE);
  const script = join(root, "scripts/bench/bare-loop.ts");
  const args = [script, String(sink.port), String(COUNT), String(CONNECTIONS)];
  const loop = await startProgram(
    runtimePath(runtime),
    runtime === "deno" ? ["run", "-A", "--no-check", ...args] : args,
    { core: CORE },
  );
  await loop.exited;
  await sink.stop();
  return loop.ready.perSecond;
}

async function peer(runtime) {
  const folder = makeFolder();
  const sink = await startSink(CORE);
  const node = await startPeer(folder.path, { core: CORE, runtime });
  try {
    const dueAt = Math.ceil(Date.now() / 1000 + COUNT / 1_500 + 5) * 1000;
    const due = new Date(dueAt).toISOString();
    const { refused } = await node.register(COUNT, (n) => ({ id: `bench-${n}`, schedule: due, target: sink.url }));
    if (refused > 0) throw new Error(`${refused} tasks were refused`);
    if (Date.now() > dueAt - 1_000) {
      throw new Error("registering took until the tasks were due: the rate would not be true");
    }
    const until = dueAt + 60_000;
    await pause(dueAt + 1_500 - Date.now());
    const seen = await sink.awaitUnique(COUNT, until - Date.now());
    return { rate: COUNT / ((seen.lastAt - dueAt) / 1000), seen };
  } finally {
    await node.stop();
    await sink.stop();
    folder.remove();
  }
}
