// The brokers that the tests, the benchmarks and the examples of the README speak to: real ones, on loopback.
//
//   node scripts/services.js start|stop|restart|status [rabbitmq|mosquitto|kafka|kafka-second …]
//
// What is started stays until it is stopped; what runs already is left alone. What can't be had here is named with the
// reason, and is no failure: its tests are skipped. Needs root and apt-get where a broker is not installed yet, openssl,
// and for Kafka Java 17 and Maven. With METRONOME_SERVICES=<folder> it is another set of brokers, beside the usual one.

import process from "node:process";
import { certificates } from "./services/certificates.js";
import { kafka, kafkaSecond } from "./services/kafka.js";
import { mosquitto } from "./services/mosquitto.js";
import { inTurn } from "./services/ports.js";
import { end, isRunning } from "./services/processes.js";
import { rabbitmq } from "./services/rabbitmq.js";
import { Unavailable } from "./services/refusal.js";
import { folderOf, readState, writeState } from "./services/state.js";

const SERVICES = { rabbitmq, mosquitto, kafka, "kafka-second": kafkaSecond };
/** When none is named. */
const USUAL = { start: ["rabbitmq", "mosquitto", "kafka"], stop: ["kafka-second", "kafka", "mosquitto", "rabbitmq"] };

const [command, ...names] = process.argv.slice(2);
const unknown = names.filter((name) => !(name in SERVICES));
if (!["start", "stop", "restart", "status"].includes(command) || unknown.length > 0) {
  console.error(`usage: services.js start|stop|restart|status [${Object.keys(SERVICES).join("|")} …]`);
  process.exit(2);
}
const chosen = names.length > 0 ? names : USUAL[command] ?? USUAL.start;
if (command === "stop") await Promise.all(chosen.map(stop));
if (command === "start" || command === "restart") {
  await inTurn(async () => {
    if (command === "restart") await Promise.all(chosen.map(stop));
    // One after another: packages are installed by one at a time.
    for (const name of chosen) await start(name);
  });
}
const state = readState();
for (const name of chosen) {
  const { processes = [], urns = {}, unavailable } = state[name] ?? {};
  const is = unavailable !== undefined
    ? `can't be had: ${unavailable}`
    : isRunning(processes)
    ? `runs (${processes.map(({ pid }) => pid).join(", ")}): ${Object.values(urns).join("  ")}`
    : "is stopped";
  console.log(`${name} ${is}`);
}

async function start(name) {
  const before = readState()[name];
  if (isRunning(before?.processes)) return;
  await end(before?.processes);
  try {
    const tls = certificates(folderOf("certificates"));
    const started = await SERVICES[name].start({ folder: folderOf(name), tls, before });
    writeState(name, { ...started, tls });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    writeState(name, { unavailable: error.message });
  }
}

async function stop(name) {
  const before = readState()[name];
  if (before?.processes === undefined) return;
  await end(before.processes);
  writeState(name, { ...before, processes: [] });
}
