// A mesh as people make it: a ticket from one peer, and the others join with it. Real processes, real deliveries.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { again, Meshed, type MeshedPeer, shardsOf, type Target, ticketOf, together } from "./meshed.ts";
import { call, kill, Site, until } from "./peer.ts";

const TASKS = 12;

test("three peers share tasks: seen at each, fired once, and by others when one stops or dies", async () => {
  await using mesh = new Meshed();
  const target = await mesh.target();
  const a = await mesh.start("a");
  await put(a, "before", target);
  const b = await mesh.join("b", a);
  const c = await mesh.join("c", b);
  const peers = [a, b, c];
  await together(...peers);
  for (let n = 1; n < TASKS; n++) {
    const at = peers[n % 3] ?? a;
    const made = await put(at, `t${n}`, target, { prefer: "replicas=3" });
    assert.deepEqual([made.status, made.headers.get("preference-applied")], [201, "replicas=3"]);
    for (const { ready } of peers) assert.equal((await call(ready.http, `/api/v1/tasks/t${n}`)).status, 200);
  }
  const shares = await Promise.all(peers.map(shardsOf));
  assert.ok(shares.every((shards) => shards > 1_000), `each has about a third of the shards: ${shares}`);
  assert.deepEqual(await taskList(a), await taskList(b), "all say alike who owns a task");

  await fired(target, 3);
  kill(c.ready.pid, "SIGTERM");
  assert.equal((await c.program.ended).code, 0);
  await together(a, b);
  await fired(target, 2);
  await again(c, "c");
  await together(...peers);
  const calm = Date.now();
  assertOnce(target, calm);

  await fired(target, 2);
  kill(b.ready.pid, "SIGKILL");
  const killedAt = Date.now();
  await b.program.ended;
  await together(a, c);
  await fired(target, 3);
  assertOnce(target, killedAt - 1_000);
  assertAll(target);
  // What was in flight when it died, and no more.
  const twice = occurrences(target).filter(({ hits }) => hits.length > 1);
  assert.ok(twice.every(({ planned }) => Math.abs(planned - killedAt) < 3_000), JSON.stringify(twice));
});

test("who may not join is told why, in one line", async () => {
  await using mesh = new Meshed();
  const a = await mesh.start("a");
  const ticket = await ticketOf(a);
  const parts = ticket.split(".");
  const other = (part: string) => `${part.startsWith("x") ? "y" : "x"}${part.slice(1)}`;
  const broken = (at: number) => parts.map((part, n) => n === at ? other(part) : part).join(".");
  const names = ["the inviter's peer id", "the key of the mesh", "the secret", "the end of its time", "the addresses"];
  for (const [at, name] of names.entries()) {
    const { code, stderr } = await mesh.refused("x", ["--join", broken(at + 1)]).ended;
    assert.deepEqual([code, stderr], [
      2,
      `metronome: METRONOME_JOIN: Part ${at + 2} of the ticket, ${name}, is mistyped. Copy the ticket again.\n`,
    ]);
  }

  const b = await mesh.start("b", { args: ["--join", ticket] });
  await together(a, b);
  const late = mesh.refused("late", ["--join", ticket]);
  const { code, stderr } = await late.ended;
  assert.equal(code, 3, stderr);
  assert.match(
    stderr,
    /^metronome: not joined: the inviting peer can't be reached at \/ip4\/127\.0\.0\.1\/tcp\/\d+ \(.+\): /m,
  );
  await until("the inviter has said so too", () => a.program.stderr().includes("refused a stranger"));

  // While another ticket is good, who comes with a used one is heard, and told.
  const more = await ticketOf(a, { uses: 2 });
  const used = await mesh.refused("used", ["--join", ticket]).ended;
  assert.deepEqual([used.code, lastLine(used.stderr)], [
    4,
    "metronome: not joined: nobody here has given out this ticket, or it is used up: ask for a new one",
  ]);
  await until("the inviter says so", () => a.program.stderr().includes("a stranger was not admitted"));

  const elder = await mesh.start("other");
  const lonely = await mesh.start("lonely", { args: ["--join", await ticketOf(elder)] });
  kill(lonely.ready.pid, "SIGTERM");
  await lonely.program.ended;
  const elsewhere = await mesh.refused("lonely", ["--join", more], lonely.site).ended;
  assert.deepEqual([elsewhere.code, elsewhere.stderr], [
    1,
    "metronome: this peer is in another mesh: start it with an empty data folder, or have it revoked there first\n",
  ]);
  // It is where it was.
  await again(lonely, "lonely");
  await together(elder, lonely);
});

test("a peer that comes back is a member still; a revoked one is cut off, and can be invited again", async () => {
  await using mesh = new Meshed();
  const a = await mesh.start("a");
  const ticket = await ticketOf(a);
  const b = await mesh.start("b", { args: ["--join", ticket] });
  const c = await mesh.join("c", a);
  await together(a, b, c);
  kill(b.ready.pid, "SIGKILL");
  await b.program.ended;
  // With the same ticket, which is used up: a service starts so each time.
  b.program = mesh.refused("b", ["--join", ticket], b.site);
  b.ready = await b.program.ready();
  await together(a, b, c);

  const revoked = await call(c.ready.http, `/api/v1/peers/${b.ready.peer}/revoke`, {});
  assert.equal(revoked.status, 204, JSON.stringify(revoked.body));
  await together(a, c);
  await until("it knows", () => b.program.stderr().includes("this peer is no member of its mesh any more"));
  assert.equal(await shardsOf(b), 0);
  await call(a.ready.http, "/api/v1/tasks", {
    id: "secret",
    schedule: "R/2026-01-01T00:00:00Z/PT1H",
    target: "http://127.0.0.1:9",
  });
  const forwarded = await call(a.ready.http, `/api/v1/peers/${b.ready.peer}/api/v1/tasks`);
  assert.equal(forwarded.status, 404);
  kill(b.ready.pid, "SIGTERM");
  await b.program.ended;
  await again(b, "b");
  await until("the others turn it away", () =>
    /refused a stranger/.test(a.program.stderr() + c.program.stderr()) ||
    b.program.stderr().includes("no member"));
  assert.equal((await call(b.ready.http, "/api/v1/tasks/secret")).status, 404);
  assert.equal(await shardsOf(b), 0);
  kill(b.ready.pid, "SIGTERM");
  await b.program.ended;

  b.program = mesh.refused("b", ["--join", await ticketOf(c)], b.site);
  b.ready = await b.program.ready();
  await together(a, b, c);
  assert.equal((await call(b.ready.http, "/api/v1/tasks/secret")).status, 200);
});

test("a peer whose guest was never seen again goes on alone after a restart", async () => {
  await using mesh = new Meshed();
  const target = await mesh.target();
  const a = await mesh.start("a");
  const b = await mesh.join("b", a);
  kill(b.ready.pid, "SIGKILL");
  kill(a.ready.pid, "SIGKILL");
  await Promise.all([a.program.ended, b.program.ended]);
  await again(a, "a");
  await put(a, "alone", target);
  await until("it fires", () => target.hits.length > 2);
});

test("the command line gives a ticket, joins with it, and shows and drains the peers", async () => {
  await using mesh = new Meshed();
  const a = await mesh.start("a");
  const run = async (...args: readonly string[]) => await a.site.run({ args: [...args, "--data", a.site.data] }).ended;
  const ticket = await run("ticket");
  assert.deepEqual([ticket.code, ticket.stderr], [0, ""]);
  await using site = new Site();
  const program = site.run({
    args: [
      ...["join", ticket.stdout.trim(), "--json", "--name", "b", "--data", site.data],
      ...["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"],
    ],
  });
  const b: MeshedPeer = { site, program, ready: await program.ready() };
  // Every user of the machine sees the words that a process was started with.
  for (const pid of process.platform === "linux" ? [program.pid, b.ready.pid] : []) {
    assert.doesNotMatch(readFileSync(`/proc/${pid}/cmdline`, "utf8"), /mtr1/);
  }
  await together(a, b);
  const shown = await run("peers");
  assert.match(shown.stdout, /^NAME .+\na \* +alive +.+\nb +alive .+\nAll 2 peers are alive, and hold the same\.\n$/);
  assert.equal((await run("drain", "b")).stdout, "b has handed everything over, and fires nothing any more.\n");
  assert.equal(await shardsOf(b), 0);
  await until("the other fires all", async () => await shardsOf(a) === 4_096);
  assert.equal((await run("drain", "b", "--off")).code, 0);
  await together(a, b);
});

test("an address where others can't meet the peer is one line, and exit code 1", async () => {
  await using mesh = new Meshed();
  const a = await mesh.start("a");
  const [, port = ""] = /\/tcp\/(\d+)\//.exec(a.ready.p2p[0] ?? "") ?? [];
  for (
    const [address, line] of [
      [
        `127.0.0.1:${port}`,
        `Another program listens on 127.0.0.1:${port}, where other peers are to meet this one. Choose another port with --p2p.`,
      ],
      [
        "192.0.2.1:0",
        "Other peers can't meet this one on 192.0.2.1:0: this machine can't listen there. Name an address that it has with --p2p.",
      ],
    ] as const
  ) {
    const { code, stderr } = await mesh.refused("b", ["--p2p", address]).ended;
    assert.deepEqual([code, stderr], [1, `metronome: ${line}\n`]);
  }
});

type Listed = { readonly id: string; readonly owner: string };

async function taskList({ ready }: MeshedPeer): Promise<readonly Listed[]> {
  const { items } = (await call(ready.http, "/api/v1/tasks")).body;
  return items.map(({ id, owner }: Listed) => ({ id, owner }));
}

function put({ ready }: MeshedPeer, id: string, target: Target, headers: Record<string, string> = {}) {
  const start = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000).toISOString().replace(".000", "");
  const task = { id, schedule: `R/${start}/PT1S/ET30S`, target: `${target.url}?task=${id}` };
  return call(ready.http, "/api/v1/tasks", task, headers);
}

/** So many more seconds are over, and each task has fired in the last. */
async function fired(target: Target, seconds: number): Promise<void> {
  const from = Date.now();
  await until("they fire", () => {
    const late = target.hits.filter(({ planned }) => planned >= from + (seconds - 1) * 1_000);
    return new Set(late.map(({ task }) => task)).size === new Set(target.hits.map(({ task }) => task)).size;
  });
}

function occurrences(target: Target) {
  const found = new Map<string, { task: string; planned: number; hits: number[] }>();
  for (const { id, task, planned, at } of target.hits) {
    const known = found.get(id) ?? { task, planned, hits: [] };
    known.hits.push(at);
    found.set(id, known);
  }
  return [...found.values()];
}

/** Until then, no occurrence was fired twice, and none early. */
function assertOnce(target: Target, until: number): void {
  const wrong = occurrences(target).filter(({ planned, hits }) =>
    hits.some((at) => at < planned) || (planned < until && hits.length > 1)
  );
  assert.deepEqual(wrong, []);
}

/** Of each task, every second between its first and its last. */
function assertAll(target: Target): void {
  const byTask = new Map<string, number[]>();
  for (const { task, planned } of occurrences(target)) byTask.set(task, [...byTask.get(task) ?? [], planned]);
  for (const [task, planned] of byTask) {
    planned.sort((a, b) => a - b);
    const gaps = planned.filter((at, n) => n > 0 && at - (planned[n - 1] ?? 0) !== 1_000);
    assert.deepEqual(gaps, [], task);
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
