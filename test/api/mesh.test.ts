// What people see of the mesh, and do with it, through the API: of a peer that is alone, and of two over a network in
// memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "@hono/zod-openapi";
import * as shapes from "../../src/api/description/mesh-shapes.ts";
import { parseTicket, type Ticket } from "../../src/core/membership/ticket.ts";
import { taskOf } from "../../src/core/task/task-entity.ts";
import { isFault } from "../../src/core/values/fault.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { ForwardFailure, type MeshAccess } from "../../src/peer.ts";
import { meshed, type MeshedPeer, until } from "./meshed.ts";
import { HOURLY, type Reply, START, URN, USER, VAULT, withWorld } from "./world.ts";

const TASK = { id: "a", schedule: HOURLY, target: URN };
const TICKET: Ticket = {
  inviter: "12D3KooWPapnMJeGC2GQruAXsVmJnTrgm5M2CizEijBVzFfXNyuh",
  meshKey: "A".repeat(43),
  secret: "B".repeat(22),
  expiresAt: instant(START + 600_000),
  addresses: ["/ip4/192.0.2.1/tcp/8091"],
};

test("a peer that is alone is a mesh of one", () =>
  withWorld(async ({ call }) => {
    const { body } = await call("GET mesh");
    check(shapes.mesh, body);
    const [self] = body.peers;
    assert.deepEqual(
      [body.self, body.converged, body.fenced, self.state, self.shards, self.skewMs, self.rttMs],
      ["peer-1", true, false, "alive", 4_096, null, null],
    );
    assert.deepEqual((await call("GET peers")).body, { items: [self], cursor: null });
    assert.deepEqual((await call("GET peers/peer-1")).body, self);
    assert.deepEqual((await call("GET plan?without=peer-1")).body, {
      without: "peer-1",
      shards: 4_096,
      moves: [],
      placements: [],
    });
    assert.deepEqual((await call("GET conflicts")).body, { items: [], cursor: null });
    const drained = await call("POST peers/peer-1/drain");
    check(shapes.peer, drained.body);
    assert.deepEqual([drained.body.draining, drained.body.shards], [true, 0]);
    const back = await call("POST peers/peer-1/drain", { body: { drain: false } });
    assert.deepEqual([back.body.draining, back.body.shards], [false, 4_096]);
  }));

test("what can't be is told with the field it lies in", () =>
  withWorld(async ({ call }) => {
    const cases: readonly (readonly [line: string, body: unknown, status: number, field: string])[] = [
      ["POST tickets", { ttlSeconds: 59 }, 422, "ttlSeconds"],
      ["POST tickets", { ttlSeconds: 86_401 }, 422, "ttlSeconds"],
      ["POST tickets", { uses: 0 }, 422, "uses"],
      ["POST tickets", { uses: 101 }, 422, "uses"],
      ["POST tickets", { use: 1 }, 422, "use"],
      ["POST tickets", [], 422, "body"],
      ["GET mesh?x=1", undefined, 400, "x"],
      ["GET peers?limit=0", undefined, 400, "limit"],
      ["GET peers?cursor=-", undefined, 400, "cursor"],
      ["GET peers/nobody", undefined, 404, "id"],
      ["POST peers/nobody/drain", {}, 404, "id"],
      ["POST peers/peer-1/drain", { drain: "yes" }, 422, "drain"],
      ["POST peers/peer-1/drain", { drian: true }, 422, "drian"],
      ["POST peers/peer-1/revoke", {}, 409, "id"],
      ["POST peers/nobody/revoke", {}, 404, "id"],
      ["POST peers/nobody/revoke", { x: 1 }, 422, "x"],
      ["GET plan", undefined, 400, "without"],
      ["GET plan?without=nobody", undefined, 404, "without"],
      ["GET conflicts?cursor=MTIz", undefined, 400, "cursor"],
      ["POST conflicts/nothing/restore", {}, 404, "id"],
      ["POST conflicts/MTIz/restore", {}, 404, "id"],
      ["POST conflicts/MTIz/restore", { x: 1 }, 422, "x"],
    ];
    for (const [line, body, status, field] of cases) {
      const reply = await call(line, body === undefined ? {} : { body });
      assert.deepEqual([line, reply.status, reply.body.field], [line, status, field]);
    }
    for (const line of ["GET mesh", "GET peers", "POST tickets", "POST peers/peer-1/drain", "GET conflicts"]) {
      assert.equal((await call(line, { token: null })).status, 401, line);
    }
  }));

test("a ticket is given out as text and as a QR code", async () => {
  const asked: unknown[] = [];
  const mesh: MeshAccess = {
    invite: (invitation) => {
      asked.push(invitation);
      return Promise.resolve(TICKET);
    },
    forward: () => Promise.reject(new ForwardFailure("unreachable", "nobody is there")),
    refusals: () => ({}),
  };
  await withWorld(async ({ call }) => {
    const { status, body } = await call("POST tickets");
    assert.equal(status, 201);
    check(shapes.ticket, body);
    const parsed = parseTicket(body.ticket);
    assert.ok(!isFault(parsed));
    assert.deepEqual(parsed, TICKET);
    const lines: string[] = body.qr.split("\n");
    assert.ok(lines.length > 20 && lines.every((line) => line.length === lines[0]?.length), body.qr);
    assert.equal((await call("POST tickets", { body: { ttlSeconds: 60, uses: 100 } })).status, 201);
    assert.deepEqual(asked, [{ uses: 1, ttlMs: 600_000 }, { uses: 100, ttlMs: 60_000 }]);
  }, { mesh });
});

test("why no ticket can be given out is told", async () => {
  const mesh: MeshAccess = {
    invite: () => Promise.reject(new Error("the disk is full")),
    forward: () => Promise.reject(new ForwardFailure("unreachable", "nobody is there")),
    refusals: () => ({}),
  };
  await withWorld(async ({ call, logged }) => {
    const { status, body } = await call("POST tickets");
    assert.deepEqual([status, body.detail], [503, "No ticket can be given out now: the disk is full."]);
    assert.equal(logged.length, 1);
    (logged as string[]).pop();
  }, { mesh });
});

test("each of two peers shows both, and hands its shards over when any is asked to let it", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const seen = (await one.call("GET mesh")).body;
  check(shapes.mesh, seen);
  assert.deepEqual(seen.peers.map(({ name, state }: Shown) => [name, state]), [["name-1", "alive"], [
    "name-2",
    "alive",
  ]]);
  const first = await one.call("GET peers?limit=1");
  assert.deepEqual(first.body.items.map(({ peer }: Shown) => peer), ["peer-1"]);
  const second = await one.call(`GET peers?limit=1&cursor=${first.body.cursor}`);
  assert.deepEqual([second.body.items[0].peer, second.body.cursor], ["peer-2", null]);

  const plan = (await one.call("GET plan?without=peer-2")).body;
  check(shapes.plan, plan);
  assert.deepEqual(plan, {
    without: "peer-2",
    shards: seen.peers[1].shards,
    moves: [{ peer: "peer-1", name: "name-1", shards: seen.peers[1].shards }],
    placements: [],
  });

  // Asked at the first, done by the second.
  assert.equal((await one.call("POST peers/peer-2/drain", { body: { drain: true } })).body.draining, true);
  await until("the first fires all", () => shardsOf(one, "peer-1") === 4_096 && shardsOf(two, "peer-2") === 0);
  assert.equal((await one.call("POST peers/peer-2/drain", { body: { drain: 1 } })).body.field, "drain");
  assert.equal((await one.call("POST peers/peer-2/drain", { body: { drain: false } })).body.draining, false);
  await until("it takes part again", () => shardsOf(two, "peer-2") === seen.peers[1].shards);
  two.fallSilent();
  mesh.network.cut("peer-1", "peer-2");
  assert.equal((await one.call("POST peers/peer-2/drain")).status, 502);
});

test("a write is answered when as many peers have it as it wants", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const prefer = (text: string) => ({ headers: { prefer: text } });
  const made = await one.call("POST tasks", { body: TASK, ...prefer("respond-async, Replicas=2") });
  assert.deepEqual([made.status, made.headers.get("preference-applied")], [201, "replicas=2"]);
  assert.equal((await two.call("GET tasks/a")).status, 200);
  for (
    const [line, body, status] of [
      ["PUT tasks/a", { ...TASK, name: "put" }, 200],
      ["PATCH tasks/a", { name: "patched" }, 200],
      ["POST tasks/a/pause", {}, 200],
      ["POST tasks/a/resume", {}, 200],
    ] as const
  ) {
    const reply = await one.call(line, { body, ...prefer("replicas=2; x=1") });
    assert.deepEqual([line, reply.status, reply.headers.get("preference-applied")], [line, status, "replicas=2"]);
    const there = await two.call("GET tasks/a");
    assert.deepEqual([there.body.name, there.body.state], [reply.body.name, reply.body.state], line);
  }
  assert.equal((await one.call("DELETE tasks/a", prefer("replicas=2"))).status, 204);
  assert.equal((await two.call("GET tasks/a")).status, 404);

  for (
    const [text, status] of [["replicas=3", 412], ["replicas=0", 400], ["replicas=two", 400], ["replicas", 400], [
      "replicas=2, wait=61",
      400,
    ]] as const
  ) {
    const refused = await one.call("POST tasks", { body: TASK, ...prefer(text) });
    assert.deepEqual([text, refused.status, refused.body.field], [text, status, "Prefer"]);
  }
  assert.equal((await one.call("GET tasks/a")).status, 404, "nothing was written");
  const lines = (ids: readonly string[]) => ids.map((id) => JSON.stringify({ ...TASK, id })).join("\n");
  const batch = async (body: string, text: string) =>
    await one.call("POST tasks:batch", { body, type: "application/x-ndjson", ...prefer(text) });
  const many = Array.from({ length: 50 }, (_, n) => `many-${n}`);
  const put = String((await batch(lines(many), "replicas=2")).body).trim().split("\n").map((each) => JSON.parse(each));
  assert.deepEqual(put.map(({ status }) => status), many.map(() => 201));
  for (const id of many) assert.equal((await two.call(`GET tasks/${id}`)).status, 200);
  assert.deepEqual([(await batch(lines(["b"]), "replicas=3")).status, (await one.call("GET tasks/b")).status], [
    412,
    404,
  ]);

  mesh.network.cut("peer-1", "peer-2");
  const late = await one.call("POST tasks", { body: TASK, ...prefer("replicas=2, wait=1") });
  assert.deepEqual([late.status, late.headers.get("preference-applied"), late.body.field], [
    504,
    "replicas=1",
    "Prefer",
  ]);
  assert.equal((await one.call("GET tasks/a")).status, 200, "the write stands");
  const alone = JSON.parse((await batch(lines(["b"]), "replicas=2, wait=1")).body);
  assert.deepEqual([alone.status, alone.problem.field, (await one.call("GET tasks/b")).status], [504, "Prefer", 200]);
  const waiting = one.call("PATCH tasks/a", { body: { name: "healed" }, ...prefer("replicas=2, wait=20") });
  mesh.network.heal("peer-1", "peer-2");
  const healed = await waiting;
  assert.deepEqual([healed.status, healed.headers.get("preference-applied")], [200, "replicas=2"]);
  assert.equal((await two.call("GET tasks/a")).body.name, "healed");
});

test("a run that another peer has made is found the moment it is made", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  for (let n = 0; n < 8; n++) {
    const headers = { prefer: "replicas=2" };
    await one.call("POST tasks", { body: { ...TASK, id: `r${n}` }, headers });
    const { body: run } = await one.call(`POST tasks/r${n}/trigger`);
    const seen = await Promise.all([one, two].map((each) => each.call(`GET runs/${run.id}`)));
    assert.deepEqual(seen.map(({ status }) => status), [200, 200], `r${n}`);
  }
  assert.equal((await two.call(`GET runs/${"0".repeat(32)}`)).status, 404);
});

test("what lost against a write that did not know it is shown without secrets, and can be put back", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const target = (host: string) => `http://me:secret@${host}.example/tick`;
  await one.call("POST tasks", { body: { ...TASK, target: target("base") }, headers: { prefer: "replicas=2" } });
  mesh.network.cut("peer-1", "peer-2");
  const edits = { name: "of one", target: target("one"), schedule: "R/2026-01-01T00:00:00Z/PT2H" };
  await one.call("PATCH tasks/a", { body: { ...edits, policy: { timeout: { total: "PT9S" } } } });
  await one.call("POST tasks/a/pause", { body: { note: "by one" } });
  await two.call("PATCH tasks/a", { body: { ...edits, name: "of two", target: target("two") } });
  mesh.network.heal("peer-1", "peer-2");
  await until("both show the same", async () => {
    const [x, y] = [await one.call("GET tasks/a"), await two.call("GET tasks/a")];
    return x.body.name === "of two" && y.body.name === "of two" && x.body.state.paused && y.body.state.paused;
  });
  let found: readonly Conflict[] = [];
  await until("the conflicts are known", async () => {
    const { body } = await one.call("GET conflicts");
    check(shapes.conflictPage, body);
    found = body.items;
    return found.length >= 3;
  });
  assert.ok(!JSON.stringify(found).includes("secret"));
  const byRegister = new Map(found.map((conflict) => [conflict.register, conflict]));
  assert.deepEqual([...byRegister.keys()].sort(), ["meta", "schedule", "target"]);
  const meta = byRegister.get("meta");
  assert.deepEqual([meta?.task, meta?.lost, meta?.kept].map((part) => JSON.stringify(part)), [
    '"a"',
    JSON.stringify({ value: { name: "of one", labels: {} }, at: meta?.lost.at, by: "peer-1" }),
    JSON.stringify({ value: { name: "of two", labels: {} }, at: meta?.kept.at, by: "peer-2" }),
  ]);
  assert.deepEqual(byRegister.get("target")?.lost.value, { target: "http://me:***@one.example/tick", payload: null });

  for (const register of ["meta", "target"]) {
    const restored = await one.call(`POST conflicts/${byRegister.get(register)?.id}/restore`);
    assert.equal(restored.status, 200, JSON.stringify(restored.body));
    assert.ok(restored.headers.get("etag"));
  }
  await until("what was put back is at both", async () => {
    const { body } = await two.call("GET tasks/a");
    return body.name === "of one" && body.target === "http://me:***@one.example/tick";
  });
  // With its password, which nobody has typed again.
  const { entity } = await two.node.dossier(taskGuid(USER, "a"));
  const stored = taskOf(entity)?.definition.target;
  assert.ok(stored !== undefined && !JSON.stringify(stored).includes("secret"));
  assert.deepEqual(VAULT.openTarget(stored), { urn: target("one") });
  await one.call("DELETE tasks/a");
  const gone = await one.call(`POST conflicts/${meta?.id}/restore`);
  assert.equal(gone.status, 409);
});

test("conflicts of a user's tasks are seen and settled by that user and by admins, and by nobody else", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const password = "correct horse";
  const tokens = [];
  for (const name of ["ada", "eve"]) {
    assert.equal((await one.call("POST users", { body: { name, password, role: "editor" } })).status, 201);
    tokens.push((await one.call("POST auth/token", { body: { name, password }, token: null })).body.token);
  }
  const [ada, eve] = tokens;
  const edit = (name: string) => ({ token: ada, body: { name, payload: name } });
  const target = "http://example.com/tick";
  const made = await one.call("POST tasks", {
    ...{ token: ada, body: { ...TASK, target } },
    headers: { prefer: "replicas=2" },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await until("ada is known there", async () => (await two.call("GET tasks/a", { token: ada })).status === 200);
  mesh.network.cut("peer-1", "peer-2");
  await one.call("PATCH tasks/a", edit("of one"));
  await two.call("PATCH tasks/a", edit("of two"));
  mesh.network.heal("peer-1", "peer-2");
  const conflictsOf = async (token?: string): Promise<readonly Conflict[]> =>
    (await one.call("GET conflicts", token === undefined ? {} : { token })).body.items;
  await until("the conflicts are known", async () => (await conflictsOf(ada)).length > 1);
  const own = await conflictsOf(ada);
  const conflict = own.find(({ register }) => register === "meta");
  assert.deepEqual([own.length, conflict?.task], [2, "a"]);
  assert.deepEqual((await conflictsOf()).map(({ id }) => id), own.map(({ id }) => id), "an admin sees all");
  const page = async (token: string, more = "") => (await one.call(`GET conflicts?limit=1${more}`, { token })).body;
  const first = await page(ada);
  const second = await page(ada, `&cursor=${first.cursor}`);
  assert.deepEqual([...first.items, ...second.items].map(({ id }) => id), own.map(({ id }) => id));
  assert.equal(second.cursor, null);
  // Not even that there is more, and where.
  assert.deepEqual(await page(eve), { items: [], cursor: null });
  const line = `POST conflicts/${conflict?.id}/restore`;
  assert.equal((await one.call(line, { token: eve })).status, 404);
  const { body: { name } } = await one.call("GET tasks/a", { token: ada });
  const restored = await one.call(line, { token: ada });
  assert.equal(restored.status, 200);
  assert.deepEqual([name, restored.body.name].sort(), ["of one", "of two"]);
});

test("who is revoked hears of it and fires nothing; who did that fires all", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  assert.equal((await one.call("POST peers/peer-2/revoke")).status, 204);
  await until("the second knows", () => two.node.mesh().peers[0]?.state === "left");
  await until("the first fires all", () => shardsOf(one, "peer-1") === 4_096);
  assert.equal(shardsOf(two, "peer-2"), 0);
  assert.deepEqual((await one.call("GET mesh")).body.peers.map(({ peer }: Shown) => peer), ["peer-1"]);
  assert.equal((await one.call("GET peers/peer-2")).status, 404);
  assert.equal((await one.call("POST peers/peer-2/revoke")).status, 404);
  assert.ok(mesh.logged.some((line) => line.includes("peer-2 this peer is no member of its mesh any more")));
});

test("the stream says when the mesh has changed, at most once a second", async () => {
  await using mesh = await meshed();
  const [one] = mesh.peers;
  const response = await one.fetch("GET events");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader !== undefined);
  const from = Date.now();
  for (let n = 0; n < 6; n++) await one.call("POST peers/peer-1/drain", { body: { drain: n % 2 === 0 } });
  let text = "";
  while (!text.includes("event: mesh")) text += (await reader.read()).value ?? "";
  assert.ok(Date.now() - from >= 900, "once, a moment after the first");
  const news = JSON.parse(/event: mesh\ndata: (.+)\n/.exec(text)?.[1] ?? "{}");
  assert.deepEqual(news.peers.map(({ name, state }: Shown) => [name, state]), [["name-1", "alive"], [
    "name-2",
    "alive",
  ]]);
  await reader.cancel();
});

type Shown = { readonly peer: string; readonly name: string; readonly state: string };

type Side = { readonly value: unknown; readonly at: string; readonly by: string | null };

type Conflict = {
  readonly id: string;
  readonly task: string;
  readonly register: string;
  readonly lost: Side;
  readonly kept: Side;
};

function shardsOf({ node }: MeshedPeer, peer: string): number | undefined {
  return node.mesh().peers.find((each) => each.peer === peer)?.shards;
}

function check(shape: z.ZodType, body: Reply["body"]): void {
  const result = shape.safeParse(body);
  assert.ok(result.success, `${JSON.stringify(body)} ${JSON.stringify(result.error?.issues)}`);
}
