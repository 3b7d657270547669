import assert from "node:assert/strict";
import { lookup } from "node:dns";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { ResolvedTarget } from "../../src/core/delivery/resolved-target.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { parseBlock } from "../../src/core/values/address.ts";
import { instant } from "../../src/core/values/instant.ts";
import { createEgress, egressRules, PLAIN_EGRESS } from "../../src/trigger/egress.ts";
import { httpTrigger } from "../../src/trigger/http.ts";
import { LOOPBACK, MALFORMED, NAMES, SPELLINGS } from "../forbidden.ts";

type Canary = AsyncDisposable & { readonly port: number; readonly connections: () => number; readonly server: Server };

/** Listens on this machine, and counts who connects. */
async function canary(): Promise<Canary> {
  let connections = 0;
  const server = createServer((_request, response) => response.end());
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function deliveryTo(target: ResolvedTarget) {
  return {
    ...{ id: "0".repeat(32) as OccurrenceId, attempt: 1, task: "t", instant: instant(0), toleranceMs: 0, target },
    ...{ payload: null, connectMs: 1_000, totalMs: 2_000 },
  };
}

const NEVER_STOPS = new AbortController().signal;

async function sendAll(egress: typeof PLAIN_EGRESS, targets: readonly ResolvedTarget[]) {
  const trigger = httpTrigger({ now: () => 0, egress });
  try {
    return await Promise.all(targets.map((target) => trigger.send(deliveryTo(target), NEVER_STOPS)));
  } finally {
    await trigger.close();
  }
}

test("no spelling of a forbidden address is connected to for a task of no admin's", async () => {
  await using there = await canary();
  const urns = SPELLINGS.map((host) => `http://${host}:${there.port}/`);
  assert.ok(new Set(urns).size >= 80);
  // Names lead to the metadata of a cloud, as they do in one.
  const egress = createEgress(egressRules([], () => [], () => []), (host, options, callback) => {
    if (/localhost/.test(host)) return lookup(host, options, callback);
    callback(null, [{ address: "169.254.169.254", family: 4 }]);
  });
  const results = await sendAll(egress, urns.map((urn) => ({ urn, isGuarded: true })));
  for (const [at, result] of results.entries()) {
    const error = result.kind === "failed" ? result.error : "delivered";
    assert.match(error, MALFORMED.includes(SPELLINGS[at] ?? "") ? /can't be read|no event/ : REFUSED, urns[at]);
  }
  assert.equal(there.connections(), 0);
  // It is the guard that keeps them away: an admin's task gets to this machine by each of these.
  const own = await sendAll(PLAIN_EGRESS, LOOPBACK.map((host) => ({ urn: `http://${host}:${there.port}/` })));
  assert.deepEqual(own.map(({ kind }) => kind), LOOPBACK.map(() => "delivered"));
});

test("who may not reach a network is not told which of its addresses a name has", async () => {
  const egress = createEgress(egressRules([], () => [], () => []), (_host, _options, callback) => {
    callback(null, [{ address: "10.9.8.7", family: 4 }]);
  });
  const urn = "http://intranet.example/";
  const [guarded, own] = await sendAll(egress, [{ urn, isGuarded: true }, { urn: "http://169.254.1.1/" }]);
  assert.match(JSON.stringify(guarded), /where no event goes: it is not public/);
  assert.doesNotMatch(JSON.stringify(guarded), /10\.9/);
  assert.match(JSON.stringify(own), /169\.254\.1\.1 is link-local/);
});

/** By the address, and before there is a socket; or the name leads nowhere on this machine. */
const REFUSED = /is not public: only an admin's|no event is sent there|does not resolve|can't be looked up/;

test("one kept connection of an admin's is not used for another user's task", async () => {
  await using there = await canary();
  const trigger = httpTrigger({ now: () => 0 });
  try {
    const urn = `http://127.0.0.1:${there.port}/`;
    assert.equal((await trigger.send(deliveryTo({ urn }), NEVER_STOPS)).kind, "delivered");
    assert.equal((await trigger.send(deliveryTo({ urn, isGuarded: true }), NEVER_STOPS)).kind, "failed");
    assert.equal(there.connections(), 1);
  } finally {
    await trigger.close();
  }
});

test("a name that leads here and there, or now there and then here, leads nowhere", async () => {
  await using there = await canary();
  let asked = 0;
  const answers = [["192.0.2.1"], ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::1"], [
    "::ffff:127.0.0.1",
  ]];
  const egress = createEgress(egressRules([], () => [], () => []), (_host, _options, callback) => {
    const found = answers[asked++ % answers.length] ?? [];
    callback(null, found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
  });
  const targets = Array.from(
    { length: 12 },
    (_, n) => ({ urn: `http://n${n}.rebind.test:${there.port}/`, isGuarded: true as const }),
  );
  const results = await sendAll(egress, targets);
  assert.ok(results.every(({ kind }) => kind === "failed"));
  // Each name is looked up once, for what was judged is what is connected to.
  assert.equal(asked, 12);
  assert.equal(there.connections(), 0);
});

test("what is allowed is reached by all, and the peer's own port by nobody, under any of its names", async () => {
  await using there = await canary();
  const urn = `http://127.0.0.1:${there.port}/`;
  const allowed = [parseBlock("127.0.0.0/8") ?? assert.fail()];
  const [open] = await sendAll(createEgress(egressRules(allowed, () => [], () => [])), [{ urn, isGuarded: true }]);
  assert.equal(open?.kind, "delivered");
  const before = there.connections();
  const own = createEgress(egressRules(allowed, () => [there.port], () => ["192.0.2.77"]));
  const urns = [
    urn,
    `http://localhost:${there.port}/`,
    `http://[::ffff:127.0.0.1]:${there.port}/`,
    `http://0.0.0.0:${there.port}/`,
    `http://192.0.2.77:${there.port}/`,
  ];
  const results = await sendAll(own, urns.map((each) => ({ urn: each })));
  for (const [at, result] of results.entries()) {
    assert.match(result.kind === "failed" ? result.error : "", /this peer itself/, urns[at]);
  }
  assert.equal(there.connections(), before);
});

test("brokers are reached, and not reached, by the same rules", async () => {
  await using there = await canary();
  const { amqpTrigger } = await import("../../src/trigger/amqp.ts");
  const { kafkaTrigger } = await import("../../src/trigger/kafka.ts");
  const { mqttTrigger } = await import("../../src/trigger/mqtt.ts");
  const triggers = [amqpTrigger({ now: () => 0 }), kafkaTrigger({ now: () => 0 }), mqttTrigger()];
  try {
    const sent = SPELLINGS.filter((host) => !NAMES.includes(host) || host === "localhost").flatMap((host) =>
      [`amqp://${host}:${there.port}/v/e/k`, `kafka://${host}:${there.port}/t`, `mqtt://${host}:${there.port}/t`]
        .map(async (urn, at) => {
          const result = await triggers[at]?.send({ ...deliveryTo({ urn, isGuarded: true }), ...PATIENT }, NEVER_STOPS);
          assert.match(result?.kind === "failed" ? result.error : "delivered", BROKER_REFUSED, urn);
        })
    );
    await Promise.all(sent);
    assert.equal(there.connections(), 0);
  } finally {
    for (const trigger of triggers) await trigger.close();
  }
});

const BROKER_REFUSED = /is not public: only an admin's|no event is sent there|can't be read|does not resolve/;

/** All at once on a busy machine. */
const PATIENT = { connectMs: 20_000, totalMs: 20_000 };
