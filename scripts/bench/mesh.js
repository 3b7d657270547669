// A mesh of real processes on loopback at 200 occurrences a second, and what becomes of them when a peer is killed, stands
// still, hands over, joins, or all are restarted one after the other: from the receiver's log, each occurrence by its id.

import { makeFolder, pause, report, startPeer, startSink } from "./world.js";

const TASKS = 1_000;
const PERIOD_MS = 5_000;
const CALM_MS = 8_000;
const WATCH_MS = 15_000;
const PATIENCE_MS = 60_000;
const KILL_WANTED_MS = 2_000;
const FREEZE_WANTED_MS = 5_000;
/** Between a receiver's answer and the record of it at the peer, at the most: what was in flight at a kill. */
const IN_FLIGHT_MS = 1_000;

export async function mesh(runtime, size) {
  const group = await startMesh(runtime, size);
  const { peers, sink } = group;
  try {
    const from = Math.ceil(Date.now() / 1_000 + 4) * 1_000;
    const { refused } = await peers[0].register(TASKS, (n) => ({
      id: `mesh-${n}`,
      schedule: `R/${new Date(from + (n * PERIOD_MS) / TASKS).toISOString()}/PT${PERIOD_MS / 1_000}S`,
      target: sink.url,
    }));
    if (refused > 0) throw new Error(`${refused} tasks were refused`);
    await group.converged();
    const judge = async (title, since, until, limitMs, mayDouble) => {
      await pause(until + 3_000 - Date.now());
      return judgeSpan(title, await sink.log(), { from, since, until, limitMs, mayDouble });
    };
    const ok = [];
    await pause(from + CALM_MS - Date.now());
    ok.push(await judge("calm", from, from + CALM_MS, 1_000, false));

    let at = Date.now();
    process.kill(peers[size - 1].pid, "SIGKILL");
    ok.push(await judge("kill -9 of one", at, at + WATCH_MS, KILL_WANTED_MS, true));
    await group.start(size - 1);
    await group.converged();

    at = Date.now();
    process.kill(peers[size - 2].pid, "SIGSTOP");
    setTimeout(() => process.kill(peers[size - 2].pid, "SIGCONT"), 12_000);
    ok.push(await judge("SIGSTOP of one for 12 s", at, at + WATCH_MS, FREEZE_WANTED_MS, true));
    await group.converged();

    at = Date.now();
    await peers[0].post(`/api/v1/peers/${peers[0].id}/drain`, { drain: true });
    ok.push(await judge("drain", at, at + 8_000, 1_500, false));
    at = Date.now();
    await peers[0].post(`/api/v1/peers/${peers[0].id}/drain`, { drain: false });
    ok.push(await judge("back from the drain", at, at + 8_000, 1_500, false));

    at = Date.now();
    for (let n = 0; n < size; n++) {
      await peers[n].stop();
      await group.start(n);
      await group.converged();
    }
    ok.push(await judge("rolling restart of all", at, Date.now(), 3_000, false));
    return ok.every(Boolean);
  } finally {
    await group.stop();
  }
}

/** Peers of one mesh, each with a folder of its own, and the sink that they all send to. */
export async function startMesh(runtime, size) {
  const sink = await startSink();
  const folders = Array.from({ length: size }, () => makeFolder());
  const peers = [];
  const start = async (n, args = []) => {
    const peer = await startPeer(folders[n].path, {
      runtime,
      args: ["--p2p", "127.0.0.1:0", "--name", `p${n}`, ...args],
    });
    const post = async (path, body) => {
      const response = await peer.call(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    };
    peers[n] = { ...peer, post };
  };
  await start(0);
  for (let n = 1; n < size; n++) {
    const { ticket } = await peers[0].post("/api/v1/tickets", { ttlSeconds: 600 });
    await start(n, ["--join", ticket]);
  }
  return {
    peers,
    sink,
    start,
    /** Resolves when all see each other alive, with one digest and every shard fired, and how long that took. */
    async converged(patienceMs = PATIENCE_MS) {
      const startedAt = Date.now();
      for (;;) {
        const seen = await Promise.all(peers.map(async (peer) => {
          try {
            return await (await peer.call("/api/v1/mesh")).json();
          } catch {
            return undefined;
          }
        }));
        if (seen.every((mesh) => isWhole(mesh, size)) && new Set(seen.map(({ digest }) => digest)).size === 1) {
          return Date.now() - startedAt;
        }
        if (Date.now() - startedAt > patienceMs) throw new Error(`not converged: ${JSON.stringify(seen)}`);
        await pause(50);
      }
    },
    async stop() {
      for (const peer of peers) await peer?.stop("SIGKILL");
      await sink.stop();
      for (const folder of folders) folder.remove();
    },
  };
}

function isWhole(mesh, size) {
  if (mesh === undefined || !mesh.converged || mesh.digest === "") return false;
  const alive = mesh.peers.filter(({ state }) => state === "alive");
  return alive.length === size && alive.reduce((sum, { shards }) => sum + shards, 0) === 4_096;
}

/** Of the occurrences planned in a span: which never came, which came twice, and how late the first came. */
function judgeSpan(title, arrivals, { from, since, until, limitMs, mayDouble }) {
  const planned = new Map();
  for (let n = 0; n < TASKS; n++) {
    const offset = from + (n * PERIOD_MS) / TASKS;
    const first = offset + Math.max(0, Math.ceil((since - offset) / PERIOD_MS)) * PERIOD_MS;
    for (let at = first; at < until; at += PERIOD_MS) planned.set(at, (planned.get(at) ?? 0) + 1);
  }
  const seen = new Map();
  for (const { id, at, planned: due } of arrivals) {
    if (due < since || due >= until) continue;
    const known = seen.get(id);
    if (known === undefined) seen.set(id, { due, first: at, times: 1 });
    else known.times++;
  }
  const expected = [...planned.values()].reduce((sum, n) => sum + n, 0);
  const late = [...seen.values()].map(({ due, first }) => first - due).sort((a, b) => a - b);
  const share = (part) => late[Math.min(late.length - 1, Math.floor(part * late.length))] ?? NaN;
  const doubled = [...seen.values()].filter(({ times }) => times > 1);
  const outside = doubled.filter(({ due }) => !mayDouble || due > since + IN_FLIGHT_MS + limitMs);
  const lost = expected - seen.size;
  const early = late.filter((ms) => ms < 0).length;
  const text = `${expected} planned, ${lost} lost, ${doubled.length} double, ${early} early, ` +
    `lateness p50 ${share(0.5).toFixed(0)} ms, p99 ${share(0.99).toFixed(0)} ms, max ${share(1).toFixed(0)} ms`;
  const holds = lost === 0 && early === 0 && outside.length === 0 && share(0.99) <= limitMs;
  return report(
    title,
    text,
    `0 lost, ${mayDouble ? "doubles in flight only" : "0 double"}, p99 <= ${limitMs} ms`,
    holds,
  );
}
