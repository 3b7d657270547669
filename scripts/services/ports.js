// Ports on loopback. Each set of brokers of this machine has its own, and one of them is started at a time, so that no
// two sets find the same ones free.

import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** Held by the one whose turn it is: it is given back however that one ends. */
const TURN_PORT = 26690;
/** As long as an installation of packages and jars may take. */
const TURN_WITHIN_MS = 900_000;
/** Between the ports of one set and those of the next. All stay below those that a system gives to whoever calls. */
const STEP = 100;
const STEPS_MAX = 50;

/** Calls `run` when no other program of this machine is in here. */
export async function inTurn(run) {
  const until = Date.now() + TURN_WITHIN_MS;
  let turn = await listen(TURN_PORT);
  while (turn === undefined) {
    if (Date.now() > until) throw new Error(`another set of brokers is being started, or port ${TURN_PORT} is taken`);
    await pause(100);
    turn = await listen(TURN_PORT);
  }
  try {
    return await run();
  } finally {
    await closed(turn);
  }
}

/** Those of `before` when all are free, or else the first so many hundreds above the wanted ones that all are. */
export async function freePorts(wanted, before) {
  const isWhole = before !== undefined && Object.keys(wanted).every((name) => name in before);
  if (isWhole && await areFree(before)) return before;
  for (let step = 0; step < STEPS_MAX; step++) {
    const ports = Object.fromEntries(Object.entries(wanted).map(([name, port]) => [name, port + step * STEP]));
    if (await areFree(ports)) return ports;
  }
  throw new Error(`${STEPS_MAX} sets of ports are taken, from ${Object.values(wanted).join(", ")} on`);
}

async function areFree(ports) {
  for (const port of Object.values(ports)) {
    const server = await listen(port);
    if (server === undefined) return false;
    await closed(server);
  }
  return true;
}

/** Absent when somebody else listens there. */
function listen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function closed(server) {
  return new Promise((resolve) => server.close(resolve));
}
