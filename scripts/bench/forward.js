// A small request to a peer, direct and through another one over the mesh: how many a second, and how long each takes;
// and 20,000 tasks exported that way, with what that costs in memory.

import { performance } from "node:perf_hooks";
import { startMesh } from "./group.js";
import { readProcess, report } from "./world.js";

const SECONDS = 6;
const TASKS = 20_000;
const LOT = 1_000;
/** Bounded: the answer flows, and is not gathered anywhere. */
const GROWTH_WANTED_MB = 64;

export async function forward(runtime) {
  const group = await startMesh(runtime, 2);
  try {
    await group.converged();
    const [near, far] = group.peers;
    const through = `/api/v1/peers/${far.id}/api/v1`;
    for (const lanes of [1, 16]) {
      await rate(() => far.call("/api/v1/healthz"), lanes, 1);
      show(`direct, ${lanes} at a time`, await rate(() => far.call("/api/v1/auth/session"), lanes, SECONDS));
      await rate(() => near.call(`${through}/auth/session`), lanes, 1);
      show(
        `through the mesh, ${lanes} at a time`,
        await rate(() => near.call(`${through}/auth/session`), lanes, SECONDS),
      );
    }
    for (let from = 0; from < TASKS; from += LOT) {
      await far.register(LOT, (n) => ({
        id: `forward-${from + n}`,
        schedule: "R/2026-01-01T00:00:00Z/P1D",
        target: group.sink.url,
        payload: "x".repeat(1_000),
      }));
      // More at once than the mesh carries costs a link, and with it what goes over it.
      await group.converged();
    }
    const before = readProcess(near.pid).rssMb;
    let most = before;
    const watch = setInterval(() => most = Math.max(most, readProcess(near.pid).rssMb), 50);
    const startedAt = performance.now();
    const bytes = (await (await near.call(`${through}/tasks:export`)).arrayBuffer()).byteLength;
    clearInterval(watch);
    const seconds = (performance.now() - startedAt) / 1_000;
    const mb = bytes / 2 ** 20;
    console.log(`  export of ${TASKS} tasks: ${mb.toFixed(1)} MiB at ${(mb / seconds).toFixed(1)} MiB/s`);
    const growth = most - before;
    return report(
      "growth of who passes it on",
      `${growth.toFixed(0)} MB`,
      `<= ${GROWTH_WANTED_MB} MB`,
      growth <= GROWTH_WANTED_MB,
    );
  } finally {
    await group.stop();
  }
}

/** Asks over and over for so many seconds. */
async function rate(ask, lanes, seconds) {
  const times = [];
  const startedAt = performance.now();
  const end = startedAt + seconds * 1_000;
  const lane = async () => {
    while (performance.now() < end) {
      const askedAt = performance.now();
      const answer = await ask();
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
      times.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { perSecond: times.length / ((performance.now() - startedAt) / 1_000), p50: at(0.5), p99: at(0.99) };
}

function show(what, { perSecond, p50, p99 }) {
  console.log(`  ${what}: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
}
