// Whatever is written through the API may be waited for at other peers: of two in one process, over a network in memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { taskGuid } from "../../src/core/values/ids.ts";
import { meshed, until } from "./meshed.ts";
import { HOURLY, type Reply, URN, USER } from "./world.ts";

const TASK = { id: "a", schedule: HOURLY, target: URN };
const TWO = { headers: { prefer: "replicas=2" } };

test("what is written, of whatever kind, is at two peers when it is answered, and is seen at the other one at once", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const ids = new Map<string, string>();
  const seen = async (line: string) => (await two.call(line)).body;
  const password = "correct horse";
  /** A write, what is left of its answer for later, and what the other peer then says. */
  const writes: readonly (readonly [
    line: string,
    body: unknown,
    look: (body: { id: string }) => Promise<unknown>,
    shown: unknown,
  ])[] = [
    ["POST targets", { name: "t", urn: URN }, async () => (await seen("GET targets/t")).urn, URN],
    ["PUT targets/t", { urn: `${URN}/put` }, async () => (await seen("GET targets/t")).urn, `${URN}/put`],
    ["PATCH targets/t", { description: "x" }, async () => (await seen("GET targets/t")).description, "x"],
    ["POST users", { name: "ada", password }, async ({ id }) => (await seen(`GET users/${id}`)).role, "editor"],
    [
      "PATCH users/{POST users}",
      { role: "viewer" },
      async ({ id }) => (await seen(`GET users/${id}`)).role,
      "viewer",
    ],
    ["PATCH settings", { signUp: "closed" }, async () => (await seen("GET settings")).signUp, "closed"],
    ["POST invites", {}, async () => (await seen("GET invites")).items.length, 1],
    ["DELETE invites/{POST invites}", undefined, async () => (await seen("GET invites")).items.length, 0],
    ["POST tokens", { name: "n" }, async () => (await seen("GET tokens")).items.length, 1],
    ["DELETE tokens/{POST tokens}", undefined, async () => (await seen("GET tokens")).items.length, 0],
    ["POST tasks", TASK, async () => (await seen("GET tasks/a")).name, "a"],
    [
      "POST tasks/a/skip",
      {},
      async () => (await seen("GET tasks/a")).next > (await seen("GET tasks/a")).createdAt,
      true,
    ],
    ["DELETE users/{POST users}?tasks=delete", undefined, async () => (await seen("GET users")).items, []],
    ["DELETE targets/t", undefined, async () => (await seen("GET targets")).items, []],
  ];
  for (const [line, body, look, shown] of writes) {
    const whole = line.replace(/\{(.+?)\}/, (_, made: string) => ids.get(made) ?? "");
    const reply = await one.call(whole, { ...(body === undefined ? {} : { body }), ...TWO });
    assert.ok(reply.status < 300, `${line}: ${JSON.stringify(reply.body)}`);
    assert.equal(reply.headers.get("preference-applied"), "replicas=2", line);
    assert.deepEqual(await look(reply.body), shown, line);
    if (reply.body?.id !== undefined) ids.set(line, reply.body.id);
  }
  // What is written at another peer, through this one, is waited for there.
  const through = await one.call("PATCH peers/peer-2/api/v1/settings", { body: { signUp: "open" }, ...TWO });
  assert.deepEqual([through.status, through.headers.get("preference-applied")], [200, "replicas=2"]);
  assert.equal((await one.call("GET settings")).body.signUp, "open");
  // Who has shown nothing is not told how many peers there are.
  const session = await one.call("POST auth/session", {
    body: { token: "x" },
    token: null,
    headers: { prefer: "replicas=9" },
  });
  assert.equal(session.status, 401);
});

test("a write that peers can't have is refused before it is written, and one that they have not in time says so", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const three = { headers: { prefer: "replicas=3" } };
  for (
    const [line, body, look] of [
      ["POST targets", { name: "t", urn: URN }, "GET targets"],
      ["POST users", { name: "ada", password: "correct horse" }, "GET users"],
      ["POST invites", {}, "GET invites"],
    ] as const
  ) {
    const refused = await one.call(line, { body, ...three });
    assert.deepEqual(
      [refused.status, refused.body.field, refused.body.suggestion],
      [412, "Prefer", "replicas=2"],
      line,
    );
    assert.deepEqual((await one.call(look)).body.items, [], line);
  }
  await one.call("POST tasks", { body: TASK, ...TWO });
  await one.call("PATCH tasks/a", { body: { name: "second" }, ...TWO });
  mesh.network.cut("peer-1", "peer-2");
  await one.call("PATCH tasks/a", { body: { name: "of one" } });
  await two.call("PATCH tasks/a", { body: { name: "of two" } });
  const late = await one.call("PATCH settings", {
    body: { signUp: "open" },
    headers: { prefer: "replicas=2, wait=1" },
  });
  assert.deepEqual(
    [late.status, late.body.field, late.headers.get("preference-applied"), late.headers.get("content-type")],
    [504, "Prefer", "replicas=1", "application/problem+json"],
  );
  assert.match(late.body.detail, /^The write is done, and durable at 1 of the 2 peers /);
  assert.equal((await one.call("GET settings")).body.signUp, "open", "it stands");
  const lost = await one.call("PUT targets/t", { body: { urn: URN }, headers: { prefer: "replicas=2, wait=0" } });
  assert.deepEqual([lost.status, lost.headers.get("etag"), lost.headers.get("location")], [504, null, null]);

  mesh.network.heal("peer-1", "peer-2");
  let id = "";
  await until("the conflict is known", async () => {
    const { items } = (await one.call("GET conflicts")).body;
    id = items.find(({ register }: { register: string }) => register === "meta")?.id ?? "";
    return id !== "";
  });
  const restored = await one.call(`POST conflicts/${id}/restore`, TWO);
  assert.deepEqual([restored.status, restored.headers.get("preference-applied")], [200, "replicas=2"]);
  assert.ok(restored.headers.get("etag"));
  assert.equal((await two.call("GET tasks/a")).body.name, restored.body.name);
  const { items: [version] } = (await one.call("GET tasks/a/versions")).body;
  const back = await one.call(`POST tasks/a/versions/${version.revision}/restore`, TWO);
  assert.deepEqual([back.status, back.headers.get("preference-applied")], [200, "replicas=2"]);
});

const DAY_MS = 86_400_000;

test("what is done to runs is at two peers when it is answered, whoever fires the task and whoever was asked", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const start = Date.now() - 5.5 * DAY_MS;
  const day = (n: number) => new Date(start + n * DAY_MS).toISOString();
  const owned = new Map<string, string>();
  for (let n = 0; owned.size < 2; n++) {
    const body = { id: `t${n}`, schedule: `R/${day(0)}/P1D`, target: URN };
    owned.set((await one.call("POST tasks", { body, ...TWO })).body.owner, body.id);
  }
  const isDone = (reply: Reply) => [reply.status < 300, reply.headers.get("preference-applied")];
  for (const id of owned.values()) {
    const there = async () => (await two.node.runs({ guid: taskGuid(USER, id), limit: 9 })).items;
    mesh.answer({ kind: "failed", error: "HTTP 404", status: 404, retryable: false });
    const key = { prefer: "replicas=2", "idempotency-key": id };
    const fired = await one.call(`POST tasks/${id}/trigger`, { headers: key });
    assert.deepEqual(isDone(fired), [true, "replicas=2"]);
    assert.equal((await there()).length, 1);
    assert.deepEqual(isDone(await one.call(`POST tasks/${id}/trigger`, { headers: key })), [true, "replicas=2"]);
    await until("it is a dead letter at both", async () => {
      const letters = await Promise.all(
        [one, two].map(async ({ node }) => (await node.deadLetters({ limit: 9 })).items),
      );
      return letters.every((items) => items.some((run) => run.id === fired.body.id));
    });
    const dismissed = await one.call("POST dead-letters/dismiss", { body: { ids: [fired.body.id] }, ...TWO });
    assert.deepEqual(isDone(dismissed), [true, "replicas=2"]);
    assert.deepEqual((await two.node.deadLetters({ limit: 9 })).items, []);
    mesh.answer("nothing");
    assert.deepEqual(isDone(await one.call(`POST runs/${fired.body.id}/retry`, TWO)), [true, "replicas=2"]);
    assert.notEqual((await there())[0]?.state, "settled");
    const past = await one.call(`POST tasks/${id}/backfill`, { body: { from: day(0), until: day(4) }, ...TWO });
    assert.deepEqual([past.body.redriven, ...isDone(past)], [4, true, "replicas=2"]);
    assert.equal((await there()).length, 5);
    mesh.answer({ kind: "delivered", status: 200 });
  }
  mesh.network.cut("peer-1", "peer-2");
  const late = await one.call(`POST tasks/${owned.get("peer-1")}/trigger`, {
    headers: { prefer: "replicas=2, wait=1" },
  });
  assert.deepEqual([late.status, late.body.field, late.headers.get("preference-applied")], [
    504,
    "Prefer",
    "replicas=1",
  ]);
});
