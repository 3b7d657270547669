// Five peers of a mesh with nothing to do: what each costs.

import { startMesh } from "./group.js";
import { pause, readProcess, report } from "./world.js";

const SIZE = 5;
const SETTLE_MS = 15_000;
const SECONDS = 60;
const CPU_WANTED = 1;
const RSS_WANTED_MB = 160;

export async function idle5(runtime) {
  const group = await startMesh(runtime, SIZE);
  try {
    await group.converged();
    await pause(SETTLE_MS);
    const read = () => group.peers.map(({ pid }) => readProcess(pid));
    const before = read();
    await pause(SECONDS * 1_000);
    const after = read();
    const cpu = after.map(({ cpuMs }, n) => (cpuMs - before[n].cpuMs) / (SECONDS * 10));
    const rss = after.map(({ rssMb }) => rssMb);
    return [
      report(
        "CPU of each",
        `${cpu.map((each) => each.toFixed(2)).join(", ")} %`,
        `<= ${CPU_WANTED} %`,
        Math.max(...cpu) <= CPU_WANTED,
      ),
      report(
        "RSS of each",
        `${rss.map((each) => each.toFixed(0)).join(", ")} MB`,
        `<= ${RSS_WANTED_MB} MB`,
        Math.max(...rss) <= RSS_WANTED_MB,
      ),
    ].every(Boolean);
  } finally {
    await group.stop();
  }
}
