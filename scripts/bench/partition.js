// A mesh of five on a network of its own, cut into three and two for a minute and joined again: every occurrence comes at
// least once, at most once from each side, under one id; tasks that hold never come twice; after the heal all hold the
// same, and what came twice is reported. Network namespaces, so Linux and root; ended and taken away by the benchmark.

import { spawnSync } from "node:child_process";
import { makeFolder, pause, report, startPeer, startSink } from "./world.js";

const SIZE = 5;
/** The first three peers on one side, the other two on the other. */
const LEFT = 3;
const TASKS = 200;
const HOLDING = 100;
const PERIOD_MS = 5_000;
const CUT_MS = 60_000;
/** Until each side has noticed: the detection, and what is fired at once by both in the meantime. */
const SETTLE_MS = 15_000;
const HEAL_WANTED_MS = 5_000;
const NAME = "mtr";

export async function partition(runtime) {
  const network = makeNetwork();
  const sink = await startSink(undefined, network.host);
  const folders = Array.from({ length: SIZE }, () => makeFolder());
  const peers = [];
  try {
    for (let n = 0; n < SIZE; n++) {
      const ticket = n === 0 ? [] : ["--join", (await post(peers[0], "/api/v1/tickets", {})).ticket];
      peers.push(
        await startPeer(folders[n].path, {
          runtime,
          prefix: ["ip", "netns", "exec", `${NAME}${n}`],
          http: `${network.api(n)}:8081`,
          args: ["--p2p", `${network.mesh(n)}:8091`, "--name", `p${n}`, ...ticket],
        }),
      );
    }
    await converged(peers, SIZE, 60_000);
    const from = Math.ceil(Date.now() / 1_000 + 3) * 1_000;
    await peers[0].register(TASKS + HOLDING, (n) => ({
      id: n < TASKS ? `fire-${n}` : `hold-${n - TASKS}`,
      schedule: `R/${new Date(from + (n * PERIOD_MS) / (TASKS + HOLDING)).toISOString()}/PT${PERIOD_MS / 1_000}S`,
      target: sink.url,
      ...(n < TASKS ? {} : { policy: { partition: "hold" } }),
    }));
    await converged(peers, SIZE, 30_000);
    await pause(from + 5_000 - Date.now());

    const cutAt = Date.now();
    network.cut();
    await pause(CUT_MS);
    const healedAt = Date.now();
    network.heal();
    const healMs = await converged(peers, SIZE, 60_000);
    await pause(10_000);
    const arrivals = (await sink.log()).filter(({ planned }) => planned >= cutAt && planned < healedAt);
    const twice = new Set();
    return [
      judge(arrivals, cutAt, healedAt, from, (n) => network.isLeft(n), twice),
      report("digests equal after the heal", `${healMs} ms`, `<= ${HEAL_WANTED_MS} ms`, healMs <= HEAL_WANTED_MS),
      await reported(peers[0], twice),
    ].every(Boolean);
  } finally {
    for (const peer of peers) await peer.stop("SIGKILL");
    await sink.stop();
    network.remove();
    for (const folder of folders) folder.remove();
  }
}

/** `twice` gets the ids that came more than once. */
function judge(arrivals, since, until, from, isLeft, twice) {
  const sides = new Map();
  const tasks = new Map();
  for (const { id, from: address, task, planned } of arrivals) {
    const seen = sides.get(id) ?? { left: 0, right: 0, planned };
    seen[isLeft(address) ? "left" : "right"]++;
    sides.set(id, seen);
    tasks.set(id, task);
    if (seen.left + seen.right > 1) twice.add(id);
  }
  let expected = 0;
  for (let n = 0; n < TASKS + HOLDING; n++) {
    const offset = from + (n * PERIOD_MS) / (TASKS + HOLDING);
    expected += Math.floor((until - 1 - offset) / PERIOD_MS) - Math.floor((since - 1 - offset) / PERIOD_MS);
  }
  const seen = [...sides].map(([id, side]) => ({ ...side, isHolding: /hold-/.test(tasks.get(id) ?? "") }));
  const perSide = seen.filter(({ left, right }) => left > 1 || right > 1).length;
  const settled = seen.filter(({ planned, isHolding }) => !isHolding && planned > since + SETTLE_MS);
  const both = settled.filter(({ left, right }) => left > 0 && right > 0).length;
  const held = seen.filter(({ isHolding, left, right }) => isHolding && left + right > 1).length;
  const lost = expected - seen.length;
  return [
    report("occurrences that never came", `${lost} of ${expected}`, "0", lost === 0),
    report("more than once from one side", perSide, "0", perSide === 0),
    report("fired on both sides, once each is alone", `${both} of ${settled.length}`, "all", both === settled.length),
    report("of those that hold, more than once", held, "0", held === 0),
  ].every(Boolean);
}

/** Each occurrence that came twice says so in its run. */
async function reported(peer, twice) {
  let missing = 0;
  const sample = [...twice].slice(0, 500);
  for (const id of sample) {
    const run = await (await peer.call(`/api/v1/runs/${id}`)).json();
    if (run.duplicate !== true) missing++;
  }
  return report("came twice and is not reported as duplicate", `${missing} of ${sample.length}`, "0", missing === 0);
}

async function post(peer, path, body) {
  const response = await peer.call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return await response.json();
}

async function converged(peers, size, patienceMs) {
  const startedAt = Date.now();
  for (;;) {
    const seen = await Promise.all(peers.map(async (peer) => await (await peer.call("/api/v1/mesh")).json()));
    const isWhole = seen.every(({ converged, digest, peers: all }) =>
      converged && digest !== "" && all.filter(({ state }) => state === "alive").length === size
    );
    if (isWhole && new Set(seen.map(({ digest }) => digest)).size === 1) return Date.now() - startedAt;
    if (Date.now() - startedAt > patienceMs) throw new Error(`not converged after ${patienceMs} ms`);
    await pause(50);
  }
}

/** Two switches with a cable between them, and a third for the API and the target, which nobody cuts. */
function makeNetwork() {
  const ip = (...args) => {
    const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
  };
  const links = [`${NAME}A`, `${NAME}B`, `${NAME}S`];
  const remove = () => {
    for (let n = 0; n < SIZE; n++) spawnSync("ip", ["netns", "del", `${NAME}${n}`]);
    for (const link of [...links, `${NAME}ab`]) spawnSync("ip", ["link", "del", link]);
  };
  remove();
  for (const link of links) {
    ip("link", "add", link, "type", "bridge");
    ip("link", "set", link, "up");
  }
  ip("link", "add", `${NAME}ab`, "type", "veth", "peer", "name", `${NAME}ba`);
  for (const [end, bridge] of [[`${NAME}ab`, `${NAME}A`], [`${NAME}ba`, `${NAME}B`]]) {
    ip("link", "set", end, "master", bridge);
    ip("link", "set", end, "up");
  }
  ip("addr", "add", "10.99.0.1/24", "dev", `${NAME}S`);
  for (let n = 0; n < SIZE; n++) {
    ip("netns", "add", `${NAME}${n}`);
    ip("-n", `${NAME}${n}`, "link", "set", "lo", "up");
    for (const [at, bridge, net] of [["0", n < LEFT ? "A" : "B", 98], ["1", "S", 99]]) {
      ip("link", "add", `${NAME}${n}v${at}`, "type", "veth", "peer", "name", `eth${at}`, "netns", `${NAME}${n}`);
      ip("link", "set", `${NAME}${n}v${at}`, "master", `${NAME}${bridge}`);
      ip("link", "set", `${NAME}${n}v${at}`, "up");
      ip("-n", `${NAME}${n}`, "addr", "add", `10.${net}.0.${10 + n}/24`, "dev", `eth${at}`);
      ip("-n", `${NAME}${n}`, "link", "set", `eth${at}`, "up");
    }
  }
  return {
    host: "10.99.0.1",
    api: (n) => `10.99.0.${10 + n}`,
    mesh: (n) => `10.98.0.${10 + n}`,
    isLeft: (address) => Number(address.split(".").at(-1)) < 10 + LEFT,
    cut: () => ip("link", "set", `${NAME}ab`, "down"),
    heal: () => ip("link", "set", `${NAME}ab`, "up"),
    remove,
  };
}
