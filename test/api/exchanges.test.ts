// What an attempt sent and what came back: kept where it was made, asked for anywhere, bounded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { exchange as shape } from "../../src/api/description/exchange-operations.ts";
import { type Exchange, EXCHANGES_MAX } from "../../src/core/task/exchange.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { createExchanges } from "../../src/exchanges.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { meshed, until } from "./meshed.ts";
import { HOURLY, URN, withWorld } from "./world.ts";

const EXCHANGE: Exchange = {
  request: { method: "POST", url: URN, headers: [["a", "b"]], body: { text: "null", bytes: 4 } },
  response: { status: 503, headers: [], body: { text: "out of paper", bytes: 12 } },
  timings: { connection: 0.1, wait: 2, read: 0 },
};

function idOf(n: number): OccurrenceId {
  return n.toString(16).padStart(32, "0") as OccurrenceId;
}

test("an exchange is found at once, and after a restart; the ring forgets the oldest", async () => {
  const store = recordStore(memoryKeyValue());
  let exchanges = createExchanges(store);
  for (let n = 1; n <= EXCHANGES_MAX + 10; n += 10) {
    for (let more = 0; more < 10; more++) exchanges.keep(EXCHANGE, { id: idOf(n + more), n: 1, isGood: false });
    assert.deepEqual(await exchanges.find(idOf(n), 1), EXCHANGE);
    await exchanges.close();
  }
  exchanges = createExchanges(store);
  assert.equal(await exchanges.find(idOf(10), 1), undefined);
  assert.deepEqual(await exchanges.find(idOf(11), 1), EXCHANGE);
  assert.equal(await exchanges.find(idOf(11), 2), undefined);
  exchanges.keep(EXCHANGE, { id: idOf(5_000), n: 1, isGood: true });
  await exchanges.close();
  assert.equal(await exchanges.find(idOf(11), 1), undefined, "the next place is that of the oldest");
  assert.equal((await store.exchangePlaces()).length, EXCHANGES_MAX);
});

test("of what comes all at once a part is kept, and a failure before a delivery", async () => {
  const exchanges = createExchanges(recordStore(memoryKeyValue()));
  for (let n = 0; n < 500; n++) exchanges.keep(EXCHANGE, { id: idOf(n), n: 1, isGood: true });
  exchanges.keep(EXCHANGE, { id: idOf(1_000), n: 1, isGood: false });
  await exchanges.close();
  assert.deepEqual(await exchanges.find(idOf(1_000), 1), EXCHANGE);
  assert.equal(await exchanges.find(idOf(499), 1), undefined);
});

test("what is asked wrongly, or was not kept, is told why", () =>
  withWorld(async ({ call, exchanges }) => {
    await call("PUT tasks/a", { body: { schedule: HOURLY, target: URN } });
    const { body: run } = await call("POST tasks/a/trigger");
    const path = `GET runs/${run.id}/attempts`;
    await until("it has ended", async () => (await call(`GET runs/${run.id}`)).body.state === "settled");
    for (
      const [line, status, field] of [
        [`${path}/2/exchange`, 404, "n"],
        [`${path}/1/exchange?peer=nobody`, 404, "peer"],
        [`${path}/1/exchange?x=1`, 400, "x"],
        [`${path}/1/exchange`, 404, "n"],
        ["GET runs/x/attempts/1/exchange", 400, "id"],
        [`GET runs/${"0".repeat(32)}/attempts/1/exchange`, 404, "id"],
      ] as const
    ) {
      const reply = await call(line);
      assert.deepEqual([reply.status, reply.body.field], [status, field], line);
    }
    exchanges.keep(EXCHANGE, { id: run.id, n: 1, isGood: true });
    const { body } = await call(`${path}/1/exchange`);
    shape.parse(body);
    assert.deepEqual(body, { peer: "peer-1", n: 1, ...EXCHANGE });
    const { body: ada } = await call("POST users", { body: { name: "ada", password: "correct horse battery" } });
    const { body: session } = await call("POST tokens", { body: { name: "t", scopes: ["read"], user: ada.id } });
    if (session.token !== undefined) {
      assert.equal((await call(`${path}/1/exchange`, { token: session.token })).status, 404, "another's");
    }
  }));

test("any peer is asked for what another has kept, and says where it is when that one can't be reached", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  await one.call("PUT tasks/a", { body: { schedule: "R/2030-01-01T00:00:00Z/P1D", target: URN } });
  await until("both have it", async () => (await two.call("GET tasks/a")).status === 200);
  const { body: run } = await one.call("POST tasks/a/trigger");
  await until("both have the run", async () => {
    const replies = await Promise.all([one, two].map((peer) => peer.call(`GET runs/${run.id}`)));
    return replies.every(({ body }) => body.state === "settled");
  });
  const [owner, other] = one.sent.length > 0 ? [one, two] : [two, one];
  owner.exchanges.keep(EXCHANGE, { id: run.id, n: 1, isGood: true });
  const path = `GET runs/${run.id}/attempts/1/exchange`;
  const [here, there] = [await owner.call(path), await other.call(path)];
  assert.deepEqual([here.status, there.status, there.body], [200, 200, here.body]);
  mesh.network.cut("peer-1", "peer-2");
  const cut = await other.call(path);
  assert.equal(cut.status, 502);
  assert.match(cut.body.detail, /^The peer .*peer-[12].* can't be reached from here/);
});
