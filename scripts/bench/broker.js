// 20,000 one-shots due at one instant, to a real broker, from a peer that has one core while the broker has the others;
// then as many, and the broker is restarted while they come. What came is read back from the broker. Beside it the client
// library alone, on the same core, in the same run.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { runtimePath } from "../runtime.js";
import { readState } from "../services/state.js";
import { bus, queue, topic } from "./broker-places.js";
import { makeFolder, pause, processorUs, report, root, startPeer, startProgram } from "./world.js";

const COUNT = 20_000;
const CORE = 0;
const RATE_WANTED = 5_000;
const BACK_MS_WANTED = 5_000;
const RESTART_AFTER_MS = 800;
const PATIENCE_MS = 120_000;
/** What a lane to a broker takes. */
const IN_FLIGHT = 256;

export const amqp = (runtime) => broker(runtime, "rabbitmq", queue);
export const kafka = (runtime) => broker(runtime, "kafka", topic);
export const mqtt = (runtime) => broker(runtime, "mosquitto", bus);

async function broker(runtime, service, open) {
  services("start", service);
  const { unavailable } = readState()[service];
  if (unavailable !== undefined) return report("a real broker", unavailable, service, false);
  keepToOtherCores(service);
  const alone = await bare(runtime, service, open);
  const calm = await run(runtime, service, open, false);
  const restarted = await run(runtime, service, open, true);
  return [
    report("each came exactly once", said(calm), `${COUNT}, 0 doubles`, calm.unique === COUNT && calm.count === COUNT),
    report(
      "rate",
      `${calm.rate.toFixed(0)}/s confirmed, at ${
        calm.cpuUs.toFixed(0)
      } µs of the processor for each; the library alone ${alone.perSecond.toFixed(0)}/s, at ${
        alone.cpuUs.toFixed(0)
      } µs`,
      `>= ${RATE_WANTED}/s`,
      calm.rate >= RATE_WANTED,
    ),
    report("none lost when the broker is restarted", said(restarted), `${COUNT}`, restarted.unique === COUNT),
    report(
      "back after the broker is",
      `${restarted.backMs} ms (it was away for ${restarted.awayMs} ms)`,
      `<= ${BACK_MS_WANTED} ms`,
      restarted.backMs <= BACK_MS_WANTED,
    ),
  ].every(Boolean);
}

function said({ unique, count }) {
  return `${unique} of ${COUNT}, ${count - unique} doubles of the same ids`;
}

/** The library alone: `{perSecond, cpuUs}`. */
async function bare(runtime, service, open) {
  const place = await open(readState()[service]);
  const { kind, port, name } = place;
  const args = [join(root, "scripts/bench/bare-broker.ts"), kind, port, name, COUNT, IN_FLIGHT].map(String);
  const sender = await startProgram(
    runtimePath(runtime),
    runtime === "deno" ? ["run", "-A", "--no-check", ...args] : args,
    { core: CORE },
  );
  await sender.exited;
  await place.remove();
  return sender.ready;
}

async function run(runtime, service, open, isRestarted) {
  keepToOtherCores(service);
  const folder = makeFolder();
  const place = await open(readState()[service]);
  const node = await startPeer(folder.path, { core: CORE, runtime });
  try {
    const dueAt = Math.ceil(Date.now() / 1000 + COUNT / 1_500 + 5) * 1000;
    const schedule = new Date(dueAt).toISOString();
    const { refused } = await node.register(COUNT, (n) => ({ id: `bench-${n}`, schedule, target: place.urn }));
    if (refused > 0) throw new Error(`${refused} tasks were refused`);
    if (Date.now() > dueAt - 1_000) throw new Error("registering took until the tasks were due");
    await pause(dueAt + (isRestarted ? RESTART_AFTER_MS : 0) - Date.now());
    const cpuBefore = processorUs(node.pid);
    const outage = isRestarted ? await restart(service, place) : {};
    const lastAt = await arrival(place, COUNT);
    const cpuUs = (processorUs(node.pid) - cpuBefore) / COUNT;
    // What comes twice may come after all have.
    await pause(isRestarted ? 5_000 : 1_000);
    const ids = await place.ids();
    return { rate: COUNT / ((lastAt - dueAt) / 1000), cpuUs, count: ids.length, unique: new Set(ids).size, ...outage };
  } finally {
    await node.stop();
    await place.remove();
    folder.remove();
  }
}

/** When the broker has so many. */
async function arrival(place, count) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await place.count();
    if (found >= count) return Date.now();
    if (Date.now() > end) throw new Error(`${found} of ${count} came within ${PATIENCE_MS} ms`);
    await pause(20);
  }
}

async function restart(service, place) {
  const downAt = Date.now();
  await place.pause();
  services("restart", service);
  keepToOtherCores(service);
  const upAt = Date.now();
  const before = await place.count();
  // All may have come already while this was asked.
  const backAt = before >= COUNT ? upAt : await arrival(place, before + 1);
  return { awayMs: upAt - downAt, backMs: Math.max(0, backAt - upAt) };
}

function services(command, service) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/services.js"), command, service], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`services.js ${command} ${service} failed`);
}

function keepToOtherCores(service) {
  if (process.platform !== "linux") return;
  for (const { pid } of readState()[service].processes) spawnSync("taskset", ["-a", "-c", "-p", "1-1023", String(pid)]);
}
