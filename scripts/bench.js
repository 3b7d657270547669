// The figures, measured: `npm run bench [-- deno|node] [part …]`. Prints the machine, the load, what was measured and
// what was wanted; exits 1 when a figure is missed.

import { cpus, loadavg, release, totalmem, type } from "node:os";
import process from "node:process";
import { amqp, kafka, mqtt } from "./bench/broker.js";
import { bulk } from "./bench/bulk.js";
import { differences } from "./bench/differences.js";
import { edits } from "./bench/edits.js";
import { fire } from "./bench/fire.js";
import { forward } from "./bench/forward.js";
import { fuzz } from "./bench/fuzz.js";
import { hang } from "./bench/hang.js";
import { hostile } from "./bench/hostile.js";
import { idle } from "./bench/idle.js";
import { idle5 } from "./bench/idle5.js";
import { kill } from "./bench/kill.js";
import { mesh } from "./bench/mesh.js";
import { outage } from "./bench/outage.js";
import { partition } from "./bench/partition.js";
import { register } from "./bench/register.js";
import { slowloris } from "./bench/slowloris.js";
import { spread } from "./bench/spread.js";
import { ui } from "./bench/ui.js";

const PARTS = {
  fire: ["20,000 one-shots due at one instant", fire],
  spread: ["2,000 tasks every 5 s for 60 s", spread],
  register: ["100,000 tasks registered, then a restart", register],
  kill: ["kill -9 at 50 random moments under load", kill],
  forward: ["requests to a peer through another one", forward],
  fuzz: ["100,000 requests made of the peer's own description, and 5,000 that are none", fuzz],
  slowloris: ["1,000 connections that never end their request", slowloris],
  partition: ["a mesh of 5, cut into 3 and 2 for a minute", partition],
  hang: ["200 events/s to a target that hangs, beside 200/s to a good one", hang],
  outage: ["a target that is down for an hour, at 100 events/s, in simulated time", outage],
  hostile: ["endless, slow, compressed and headed answers, fifty of each at once", hostile],
  idle: ["an idle peer", idle],
  amqp: ["20,000 one-shots due at one instant, to RabbitMQ; then as many, and the broker restarted", amqp],
  kafka: ["20,000 one-shots due at one instant, to Kafka; then as many, and the broker restarted", kafka],
  mqtt: ["20,000 one-shots due at one instant, to Mosquitto; then as many, and the broker restarted", mqtt],
  mesh3: ["a mesh of 3 peers, at 200 occurrences a second", (runtime) => mesh(runtime, 3)],
  mesh5: ["a mesh of 5 peers, at 200 occurrences a second", (runtime) => mesh(runtime, 5)],
  edits: ["a mesh of 5 peers, and 10,000 edits at once", edits],
  bulk: ["100,000 tasks to an empty peer", bulk],
  differences: ["ten differences in 100,000 tasks", differences],
  idle5: ["an idle mesh of 5 peers", idle5],
  ui: ["the page in a browser, at a peer with 100,000 tasks", ui],
};

const words = process.argv.slice(2);
const unknown = words.filter((word) => !(word in PARTS) && !["deno", "node"].includes(word));
if (unknown.length > 0) {
  console.error(
    `bench: unknown part ${unknown.join(", ")}; the parts are ${
      Object.keys(PARTS).join(", ")
    }; the runtimes deno, node`,
  );
  process.exit(2);
}
const runtimes = words.filter((word) => ["deno", "node"].includes(word));
const parts = words.filter((word) => word in PARTS);

const [{ model }] = cpus();
console.log(
  `${type()} ${release()}, ${cpus().length} × ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, load ${
    loadavg()[0].toFixed(2)
  }`,
);
/** Twice what the longest takes, for a machine that is busy with something else. */
const PART_MAX_MS = 540_000;

let missed = 0;
for (const runtime of runtimes.length > 0 ? runtimes : ["deno", "node"]) {
  for (const part of parts.length > 0 ? parts : Object.keys(PARTS)) {
    const [title, run] = PARTS[part];
    console.log(`\n${runtime} · ${part}: ${title}`);
    const timer = setTimeout(() => {
      console.log(`  MISS it was not over after ${PART_MAX_MS / 1_000} s, and is ended`);
      process.exit(1);
    }, PART_MAX_MS);
    try {
      if (!await run(runtime)) missed++;
    } catch (error) {
      missed++;
      console.log(`  MISS it did not come to its end: ${error.stack ?? error}`);
    }
    clearTimeout(timer);
    console.log(`  load ${loadavg()[0].toFixed(2)} at its end`);
  }
}
console.log(missed === 0 ? "\nevery figure holds" : `\n${missed} part(s) with a figure missed`);
process.exitCode = missed === 0 ? 0 : 1;
