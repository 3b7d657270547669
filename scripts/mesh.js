// A mesh on this machine, to see what one does: `npm run mesh -- 3`.
//
//   node scripts/mesh.js [PEERS] [--http 8081] [--runtime deno|node] [--cable]
//
// Each peer is a process with a folder of its own, which goes when it ends; the n-th answers at the n-th port from 8081
// on, or at a free one (0). Prints where each is, and what to try. Ctrl-C stops all; a peer that is killed is missed by the others.
//
// With --cable each peer has a network of its own, and there is a cable between the first half of them and the others: the
// line `cut` on the standard input pulls it, `heal` puts it back. That takes Linux and root.

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { makeNetwork } from "./network.js";

const METRONOME = join(dirname(fileURLToPath(import.meta.url)), "metronome");
const PEERS = 3;
const PEERS_MAX = 32;

const { size, http, runtime, cable } = readArguments();
const folder = mkdtempSync(join(tmpdir(), "metronome-mesh-"));
const peers = [];
let isStopping = false;

process.on("exit", () => {
  for (const { child } of peers) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void stop(0));

const left = Math.ceil(size / 2);
let network;
try {
  if (cable) {
    network = makeNetwork(size, left, (remove) => {
      process.on("exit", remove);
      return remove;
    });
  }
  await start();
  for (let n = 1; n < size; n++) await start(["--join", await ticketOf(peers[0])]);
} catch (error) {
  console.error(error.message);
  await stop(1);
}
const [first] = peers;
console.log(`
Open one of the links above to sign in, once.
On the command line of any of them: METRONOME_DATA=${first.data} scripts/metronome peers
To see one missed, kill -9 ${peers.at(-1).pid}. Ctrl-C stops all, and forgets them.`);
if (network !== undefined) offerCable(network);

function offerCable({ host, cut, heal }) {
  const [one, other] = [peers.slice(0, left), peers.slice(left)].map((side) => side.map(({ name }) => name).join(", "));
  console.log(`
A cable lies between ${one} on one side and ${other} on the other: type cut to pull it, and heal to put it back.
On the command line of the other side: METRONOME_DATA=${peers.at(-1).data} scripts/metronome peers
What listens on this machine is at ${host} for them.`);
  const deeds = { cut: [cut, `Cut: ${one} | ${other}.`], heal: [heal, "Healed."] };
  createInterface({ input: process.stdin }).on("line", (line) => {
    const [deed, said] = deeds[line.trim()] ?? [];
    deed?.();
    console.log(said ?? "Type cut or heal.");
  });
}

async function start(args = []) {
  const n = peers.length;
  const data = join(folder, `peer-${n + 1}`);
  const port = http === 0 ? 0 : http + n;
  const place = network?.placeOf(n) ?? { prefix: [], http: `127.0.0.1:${port}`, p2p: "127.0.0.1:0" };
  const [command, ...rest] = [...place.prefix, process.execPath, METRONOME];
  const child = spawn(command, [
    ...rest,
    ...["start", "--json", "--name", `peer-${n + 1}`, "--data", data, "--runtime", runtime],
    ...["--http", place.http, "--p2p", place.p2p, ...args],
  ], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    env: { ...process.env, METRONOME_ADMIN_TOKEN: undefined },
  });
  const peer = { child, data, name: `peer-${n + 1}` };
  peers.push(peer);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  peer.ended = ended.then((code) => {
    if (!isStopping && peer.pid !== undefined) console.log(`${peer.name} has ended.`);
    return code;
  });
  const ready = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve)),
    ended.then(() => Promise.reject(new Error(`${peer.name} did not start; what is above says why.`))),
  ]);
  const { pid, http: url } = JSON.parse(ready);
  peer.pid = pid;
  console.log(`${peer.name} is ready: ${url}, process ${pid}`);
}

/** Made by the peer that is asked, over the key in its folder. */
async function ticketOf({ data }) {
  const { stdout } = await promisify(execFile)(process.execPath, [METRONOME, "ticket", "--json"], {
    env: { ...process.env, METRONOME_DATA: data, METRONOME_URL: undefined, METRONOME_TOKEN: undefined },
  });
  return JSON.parse(stdout).ticket;
}

async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  for (const { child, pid = child.pid } of peers) kill(pid);
  await Promise.all(peers.map(({ ended }) => ended));
  process.exit(code);
}

function kill(pid) {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

function readArguments() {
  try {
    const options = {
      http: { type: "string", default: "8081" },
      runtime: { type: "string", default: "deno" },
      cable: { type: "boolean", default: false },
    };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [peers = String(PEERS), ...more] = positionals;
    const [size, http] = [Number(peers), Number(values.http)];
    if (more.length > 0 || !Number.isInteger(size) || size < 1 || size > PEERS_MAX) {
      throw new Error(`How many peers: a number from 1 to ${PEERS_MAX}.`);
    }
    if (!Number.isInteger(http) || http < 0 || http + size > 65_536) throw new Error("--http is a port.");
    if (!["deno", "node"].includes(values.runtime)) throw new Error("--runtime is deno or node.");
    if (values.cable && size < 2) throw new Error("A cable has two ends: at least 2 peers.");
    return { size, http, runtime: values.runtime, cable: values.cable };
  } catch (error) {
    console.error(
      `${error.message}\nUsage: node scripts/mesh.js [PEERS] [--http PORT] [--runtime deno|node] [--cable]`,
    );
    process.exit(2);
  }
}
