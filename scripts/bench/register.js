// 100,000 tasks by NDJSON, each batch on the disk before it is acknowledged, beside the same records written by LevelDB
// alone in synced batches; then a restart with all of them.

import { join } from "node:path";
import { runtimePath } from "../runtime.js";
import { makeFolder, readProcess, report, root, startPeer, startProgram, startSink } from "./world.js";

const TASKS = 100_000;
const CORE = 0;
const PER_SECOND_WANTED = 5_000;
const FIRST_FIRE_WANTED_MS = 2_000;
const RSS_WANTED_MB = 200;

export async function register(runtime) {
  const folder = makeFolder();
  const sink = await startSink(1);
  try {
    const bare = await bareDisk(runtime);
    let node = await startPeer(folder.path, { core: CORE, runtime });
    const day = new Date(Date.now() + 86_400_000).toISOString();
    const { elapsedMs, lines, refused } = await node.register(TASKS, (n) => ({
      id: `task-${n}`,
      name: `Task number ${n}`,
      schedule: `R/${day}/PT${3600 + n}S/ET30S`,
      target: sink.url,
      payload: { n, note: "a payload of ordinary size" },
    }));
    const rate = TASKS / (elapsedMs / 1000);
    await node.register(1, () => ({ id: "due", schedule: `R/${new Date().toISOString()}/PT0.1S`, target: sink.url }));
    await sink.awaitUnique(1, 5_000);
    await node.stop("SIGKILL");
    await sink.reset();
    const startedAt = Date.now();
    node = await startPeer(folder.path, { core: CORE, runtime });
    await sink.awaitUnique(1, 20_000);
    const { firstAt } = await sink.seen();
    const { rssMb } = readProcess(node.pid);
    await node.stop();
    return [
      report(
        "registered, durable before each answer",
        `${rate.toFixed(0)}/s (LevelDB alone ${bare.toFixed(0)}/s), ${lines} answers, ${refused} refused`,
        `>= ${PER_SECOND_WANTED}/s`,
        rate >= PER_SECOND_WANTED && lines === TASKS && refused === 0,
      ),
      report(
        "first due fire after a restart",
        `${(firstAt - startedAt).toFixed(0)} ms after the process starts`,
        `<= ${FIRST_FIRE_WANTED_MS} ms`,
        firstAt - startedAt <= FIRST_FIRE_WANTED_MS,
      ),
      report("RSS after the restart", `${rssMb.toFixed(0)} MB`, `<= ${RSS_WANTED_MB} MB`, rssMb <= RSS_WANTED_MB),
    ].every(Boolean);
  } finally {
    await sink.stop();
    folder.remove();
  }
}

async function bareDisk(runtime) {
  const folder = makeFolder();
  const args = [join(root, "scripts/bench/bare-disk.ts"), join(folder.path, "db"), String(TASKS)];
  const loop = await startProgram(
    runtimePath(runtime),
    runtime === "deno" ? ["run", "-A", "--no-check", ...args] : args,
    { core: CORE },
  );
  await loop.exited;
  folder.remove();
  return loop.ready.perSecond;
}
