// Two peers with 100,000 tasks that differ in ten: what it costs on the wire to find and to mend that. Once ten were edited
// while one of them was away, which its version vector tells; once ten are gone from the disk of one of them and nothing
// tells, which the digest tree finds. The bytes of every connection between them are the kernel's count; those of
// presence, which goes on all the time, are measured and taken off.

import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { Level } from "level";
import { startMesh } from "./group.js";
import { pause, report } from "./world.js";

const TASKS = 100_000;
const DIFFERENCES = 10;
const WANTED_BYTES = 64 * 1024;
const PATIENCE_MS = 120_000;
const QUIET_SECONDS = 10;
/** More than presence ever costs two peers: then records are still on their way, and what is taken off would be too much. */
const PRESENCE_MAX_PER_SECOND = 10_000;
const LOOK_MS = 50;

export async function differences(runtime) {
  const ports = [await freePort(), await freePort()];
  const placeOf = (n) => ({ http: "127.0.0.1:0", p2p: `127.0.0.1:${ports[n]}` });
  const group = await startMesh(runtime, 1, { placeOf });
  const { peers } = group;
  try {
    const { refused } = await peers[0].register(TASKS, (n) => ({
      id: `same-${n}`,
      schedule: "R/2026-01-01T00:00:00Z/P1Y",
      target: group.sink.url,
    }));
    if (refused > 0) throw new Error(`${refused} tasks were refused`);
    await group.join();
    await group.agreed(PATIENCE_MS);
    await pause(2_000);
    const quiet = await countBytes(ports, () => pause(QUIET_SECONDS * 1_000));
    const perSecond = quiet.bytes / QUIET_SECONDS;
    if (perSecond > PRESENCE_MAX_PER_SECOND) {
      throw new Error(`${perSecond} bytes a second go on between two that agree`);
    }
    const judge = (title, { bytes, ms }, isMended) => {
      const own = Math.max(0, Math.round(bytes - (perSecond * ms) / 1_000));
      return report(
        title,
        `${own} bytes, beside ${Math.round(perSecond)} a second of presence (${bytes} in ${(ms / 1_000).toFixed(1)} s)`,
        `<= ${WANTED_BYTES}`,
        own <= WANTED_BYTES && isMended,
      );
    };
    const again = () =>
      countBytes(ports, async () => {
        await group.start(1);
        await group.agreed(PATIENCE_MS);
      });

    await peers[1].stop();
    for (let n = 0; n < DIFFERENCES; n++) await rename(peers[0], `same-${n}`, `edited ${n}`);
    const edited = await again();
    const names = [];
    for (let n = 0; n < DIFFERENCES; n++) {
      names.push((await (await peers[1].call(`/api/v1/tasks/same-${n}`)).json()).name);
    }
    const areEdited = names.every((name, n) => name === `edited ${n}`);

    const guids = (await peers[0].tasks()).slice(TASKS / 2, TASKS / 2 + DIFFERENCES).map(({ guid }) => guid);
    await peers[1].stop();
    await damage(group.folders[1].path, guids);
    const damaged = await again();
    const { repaired } = await (await peers[1].call("/api/v1/mesh")).json();
    const held = (await peers[1].tasks()).length;
    return [
      judge(`${DIFFERENCES} edited while it was away`, edited, areEdited),
      report("of those, at the peer that was away", names.filter((name) => name !== "").length, DIFFERENCES, areEdited),
      judge(`${DIFFERENCES} gone from its disk`, damaged, held === TASKS),
      report(
        "tasks there afterwards",
        `${held}, ${repaired} repaired`,
        TASKS,
        held === TASKS && repaired >= DIFFERENCES,
      ),
    ].every(Boolean);
  } finally {
    await group.stop();
  }
}

async function rename(peer, id, name) {
  const answer = await peer.call(`/api/v1/tasks/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({ name }),
  });
  if (answer.status !== 200) throw new Error(`an edit was answered with ${answer.status}`);
}

/** Takes tasks, and the notes of when they were written, out of the store of a peer that is not running. */
async function damage(folder, guids) {
  const database = new Level(join(folder, "store"));
  const places = new Set(guids.map((guid) => `task/${guid}`));
  const keys = [...places].map((place) => `!entities!${place}`);
  for await (const key of database.keys({ gte: "!dots!", lt: '!dots"' })) {
    if (places.has(key.slice(key.indexOf("/") + 1))) keys.push(key);
  }
  if (keys.length < 2 * guids.length) throw new Error("the store is not built as this benchmark knows it");
  await database.batch(keys.map((key) => ({ type: "del", key })), { sync: true });
  await database.close();
}

/** Bytes over every connection to these ports while `work` goes on, both ways, and how long it took. */
async function countBytes(ports, work) {
  const sockets = new Map();
  const look = () => {
    for (const [name, bytes] of socketsOn(ports)) sockets.set(name, bytes);
  };
  look();
  const before = [...sockets.values()].reduce((sum, bytes) => sum + bytes, 0);
  const startedAt = performance.now();
  const watch = setInterval(look, LOOK_MS);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  look();
  const after = [...sockets.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { bytes: after - before, ms: performance.now() - startedAt };
}

/** What each connection that was accepted on these ports has sent and received so far. */
function socketsOn(ports) {
  const filter = ports.flatMap((port, n) => [...(n === 0 ? [] : ["or"]), "sport", "=", `:${port}`]);
  const { status, stdout, stderr, error } = spawnSync("ss", ["-tinH", ...filter], { encoding: "utf8" });
  if (status !== 0) throw new Error(`ss: ${error?.message ?? stderr} (Linux with iproute2 is needed)`);
  const lines = stdout.split("\n");
  const sockets = new Map();
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [, , , here, there] = lines[at].split(/\s+/);
    const count = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(lines[at + 1])?.[1] ?? 0);
    sockets.set(`${here} ${there}`, count("bytes_sent") + count("bytes_received"));
  }
  return sockets;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
