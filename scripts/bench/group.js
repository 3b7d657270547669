// Peers of one mesh, each a process with a folder of its own, and the sink that they all send to.

import { makeFolder, pause, startPeer, startSink } from "./world.js";

const PATIENCE_MS = 60_000;
const SHARDS = 4_096;

const ON_LOOPBACK = { http: "127.0.0.1:0", p2p: "127.0.0.1:0" };

/**
 * `placeOf(n)` is where the n-th peer listens, and the words before its command; `onLog` is given each line of its log,
 * of which what is worse than an information is shown.
 */
export async function startMesh(runtime, size, { placeOf = () => ON_LOOPBACK, sinkHost, onLog } = {}) {
  const sink = await startSink(undefined, sinkHost);
  const folders = [];
  const peers = [];
  const group = {
    peers,
    folders,
    sink,
    /** The n-th peer, once more or for the first time. */
    async start(n, args = []) {
      const { http, p2p, prefix } = placeOf(n);
      folders[n] ??= makeFolder();
      peers[n] = await startPeer(folders[n].path, {
        runtime,
        http,
        prefix,
        args: ["--p2p", p2p, "--name", `p${n}`, ...args],
        onLog: (line) => {
          onLog?.(n, line);
          if (/^\S+ (WARNING|ERROR)|^\s|Error/.test(line)) console.log(`    p${n}: ${line}`);
        },
      });
    },
    /** One more peer, with a ticket of the first. */
    async join() {
      const { ticket } = await peers[0].post("/api/v1/tickets", { ttlSeconds: 600 });
      await group.start(peers.length, ["--join", ticket]);
    },
    /** Resolves when all see each other alive with the same data, and every shard fired, and how long that took. */
    converged: (patienceMs) => until(isFiring, patienceMs),
    /** The same, whoever fires what. */
    agreed: (patienceMs) => until(() => true, patienceMs),
    async stop() {
      for (const peer of peers) await peer.stop("SIGKILL");
      await sink.stop();
      for (const folder of folders) folder.remove();
    },
  };
  try {
    await group.start(0);
    for (let n = 1; n < size; n++) await group.join();
  } catch (error) {
    await group.stop();
    throw error;
  }
  return group;

  async function until(isSo, patienceMs = PATIENCE_MS) {
    const startedAt = Date.now();
    for (;;) {
      const seen = await Promise.all(peers.map(meshOf));
      const isWhole = seen.every((mesh) => mesh !== undefined && agrees(mesh, peers.length) && isSo(mesh));
      if (isWhole && new Set(seen.map(({ digest }) => digest)).size === 1) return Date.now() - startedAt;
      if (Date.now() - startedAt > patienceMs) {
        throw new Error(`not converged after ${patienceMs} ms: ${JSON.stringify(seen.map(gist), null, 1)}`);
      }
      await pause(50);
    }
  }
}

async function meshOf(peer) {
  try {
    return await (await peer.call("/api/v1/mesh")).json();
  } catch {
    return undefined;
  }
}

function agrees({ converged, digest, peers }, size) {
  return converged && digest !== "" && peers.filter(({ state }) => state === "alive").length === size;
}

function isFiring({ fenced, peers }) {
  return !fenced && peers.reduce((sum, { shards }) => sum + shards, 0) === SHARDS;
}

/** What of a mesh says why it is not whole. */
function gist(mesh) {
  if (mesh === undefined) return "no answer";
  const { digest, converged, fenced, peers } = mesh;
  return {
    ...{ digest, converged, fenced },
    peers: peers.map(({ name, state, shards, fenced }) => `${name} ${state} ${shards}${fenced ? " fenced" : ""}`),
  };
}
