// An empty peer joins a peer that holds 100,000 tasks: how long until it holds them too, and what it says meanwhile.

import { startMesh } from "./group.js";
import { readProcess, report } from "./world.js";

const TASKS = 100_000;
const WANTED_MS = 15_000;
const PATIENCE_MS = 120_000;

export async function bulk(runtime) {
  const said = [];
  const group = await startMesh(runtime, 1, {
    onLog: (n, line) => {
      if (n === 1) said.push(line);
    },
  });
  const { peers } = group;
  try {
    const { refused } = await peers[0].register(TASKS, (n) => ({
      id: `bulk-${n}`,
      name: `one of ${TASKS}`,
      schedule: "R/2026-01-01T00:00:00Z/P1Y",
      target: group.sink.url,
    }));
    if (refused > 0) throw new Error(`${refused} tasks were refused`);
    await group.converged(PATIENCE_MS);
    const spentMs = readProcess(peers[0].pid).cpuMs;
    const startedAt = performance.now();
    await group.join();
    const joinedMs = performance.now() - startedAt;
    await group.agreed(PATIENCE_MS);
    const wholeMs = performance.now() - startedAt - joinedMs;
    const [first, second] = peers.map(({ pid }) => readProcess(pid));
    const seconds = [second.cpuMs, first.cpuMs - spentMs].map((ms) => (ms / 1_000).toFixed(1));
    const held = (await peers[1].tasks()).length;
    const progress = said.filter((line) => /takes in/.test(line));
    for (const line of progress) console.log(`    ${line}`);
    return [
      report("tasks at the new peer", held, TASKS, held === TASKS),
      report(
        "from its start until its digest is that of the first",
        `${wholeMs.toFixed(0)} ms, after ${joinedMs.toFixed(0)} ms to start and join; ` +
          `${seconds[0]} s of processor, ${seconds[1]} s at the first peer; RSS ${second.rssMb.toFixed(0)} MB`,
        `<= ${WANTED_MS} ms`,
        wholeMs <= WANTED_MS,
      ),
      report("lines that tell how far it is", progress.length, ">= 2", progress.length >= 2),
    ].every(Boolean);
  } finally {
    await group.stop();
  }
}
