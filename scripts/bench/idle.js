// A peer with nothing to do: what it costs to have it running.

import { makeFolder, pause, readProcess, report, startPeer } from "./world.js";

const SETTLE_MS = 10_000;
const SECONDS = 60;

export async function idle(runtime) {
  const folder = makeFolder();
  const node = await startPeer(folder.path, { runtime });
  try {
    await pause(SETTLE_MS);
    const before = readProcess(node.pid);
    await pause(SECONDS * 1000);
    const after = readProcess(node.pid);
    const cpu = (after.cpuMs - before.cpuMs) / (SECONDS * 10);
    return [
      report("RSS", `${after.rssMb.toFixed(0)} MB`, "<= 110 MB", after.rssMb <= 110),
      report("CPU", `${cpu.toFixed(2)} %`, "<= 0.5 %", cpu <= 0.5),
    ].every(Boolean);
  } finally {
    await node.stop();
    folder.remove();
  }
}
