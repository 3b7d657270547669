// 2,000 tasks every 5 s with spread phases: how late each delivery arrives at the receiver.

import { makeFolder, pause, report, startPeer, startSink } from "./world.js";

const TASKS = 2_000;
const PERIOD_MS = 5_000;
const SECONDS = 60;
const CORE = 0;
const SINK_CORE = 1;

export async function spread(runtime) {
  const folder = makeFolder();
  const sink = await startSink(SINK_CORE);
  const node = await startPeer(folder.path, { core: CORE, runtime });
  try {
    const from = Math.ceil(Date.now() / 1000 + 5) * 1000;
    const repeats = (SECONDS * 1000) / PERIOD_MS - 1;
    await node.register(TASKS, (n) => ({
      id: `spread-${n}`,
      schedule: `R${repeats}/${new Date(from + (n * PERIOD_MS) / TASKS).toISOString()}/PT${PERIOD_MS / 1000}S`,
      target: sink.url,
    }));
    if (Date.now() > from) throw new Error("registering took until the first tasks were due");
    await pause(from + SECONDS * 1000 + 2_000 - Date.now());
    const seen = await sink.seen();
    const wanted = TASKS * (repeats + 1);
    const { p50, p99, p999, max } = seen.lateness;
    return [
      report("missed", wanted - seen.unique, "0", seen.unique === wanted),
      report("double", seen.doubles, "0", seen.doubles === 0),
      report("early", seen.early, "0", seen.early === 0),
      report("lateness p50", `${p50.toFixed(1)} ms`, "<= 5 ms", p50 <= 5),
      report(
        "lateness p99",
        `${p99.toFixed(1)} ms, p99.9 ${p999.toFixed(1)} ms, max ${max.toFixed(1)} ms`,
        "<= 50 ms",
        p99 <= 50,
      ),
    ].every(Boolean);
  } finally {
    await node.stop();
    await sink.stop();
    folder.remove();
  }
}
