// 200 events a second to a target that takes connections and never answers, beside 200 to a good one: how late the good
// one's arrive, against the same peer before the other was sent to.

import { createServer } from "node:net";
import { makeFolder, pause, readProcess, report, startPeer, startSink } from "./world.js";

const TASKS = 1_000;
const PERIOD_MS = 5_000;
/** Alone, and beside the target that hangs: longer than the half minute that an attempt there takes. */
const ALONE_S = 20;
const BESIDE_S = 60;
const CORE = 0;
const SINK_CORE = 1;

export async function hang(runtime) {
  const folder = makeFolder();
  const sink = await startSink(SINK_CORE);
  const silent = await startSilent();
  const node = await startPeer(folder.path, { core: CORE, runtime });
  try {
    const from = nextStart();
    await register(node, "good", from, (ALONE_S * 1_000) / PERIOD_MS, sink.url);
    await pause(from - Date.now());
    const cpuAlone = await cpuOf(node, ALONE_S);
    await pause(1_000);
    const alone = await sink.seen();
    await sink.reset();

    const begin = nextStart();
    const times = (BESIDE_S * 1_000) / PERIOD_MS;
    await register(node, "silent", begin, times, `http://127.0.0.1:${silent.port}/`);
    await register(node, "good", begin, times, sink.url);
    if (Date.now() > begin) throw new Error("registering took until the first tasks were due");
    await pause(begin - Date.now());
    const cpuBeside = await cpuOf(node, BESIDE_S);
    await pause(2_000);
    const beside = await sink.seen();
    const wanted = TASKS * times;
    const grown = beside.lateness.p99 - alone.lateness.p99;
    report("CPU", `${cpuAlone.toFixed(0)} ms a second alone, ${cpuBeside.toFixed(0)} ms beside`, undefined, true);
    return [
      report("missed at the good one", wanted - beside.unique, "0", beside.unique === wanted),
      report("connections that hang", silent.connections(), "> 0", silent.connections() > 0),
      report(
        "lateness p99 of the good one",
        `${alone.lateness.p99.toFixed(1)} ms alone, ${beside.lateness.p99.toFixed(1)} ms beside`,
        "grows <= 50 ms",
        grown <= 50,
      ),
    ].every(Boolean);
  } finally {
    await node.stop();
    await sink.stop();
    silent.close();
    folder.remove();
  }
}

/** Milliseconds of CPU that the peer takes in a second, from now on for so long. */
async function cpuOf({ pid }, seconds) {
  const before = readProcess(pid).cpuMs;
  await pause(seconds * 1_000);
  return (readProcess(pid).cpuMs - before) / seconds;
}

function nextStart() {
  return Math.ceil(Date.now() / 1_000 + 4) * 1_000;
}

async function register(node, name, from, times, target) {
  const { refused } = await node.register(TASKS, (n) => ({
    id: `${name}-${n}`,
    schedule: `R${times - 1}/${new Date(from + (n * PERIOD_MS) / TASKS).toISOString()}/PT${PERIOD_MS / 1_000}S`,
    target,
  }));
  if (refused > 0) throw new Error(`${refused} tasks were refused`);
}

/** Takes what it is sent, and says nothing. */
async function startSilent() {
  const sockets = new Set();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    connections: () => connections,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
