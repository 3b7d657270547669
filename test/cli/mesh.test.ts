// The commands of the mesh, whole: of a peer that is alone, and of two over a network in memory with their APIs on real
// ports.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../../src/api/serve.ts";
import { printTicket } from "../../src/core/membership/ticket.ts";
import { instant } from "../../src/core/values/instant.ts";
import { ForwardFailure, type MeshAccess } from "../../src/peer.ts";
import { meshed, until } from "../api/meshed.ts";
import { ADMIN_TOKEN, HOURLY, makeWorld, START, URN } from "../api/world.ts";
import { type How, type Ran, runProgram, withPeer } from "./world.ts";

const done = (out: string, err = ""): Ran => ({ code: 0, out, err });

const TICKET = {
  inviter: "12D3KooWPapnMJeGC2GQruAXsVmJnTrgm5M2CizEijBVzFfXNyuh",
  meshKey: "A".repeat(43),
  secret: "B".repeat(22),
  expiresAt: instant(START + 600_000),
  addresses: ["/ip4/192.0.2.1/tcp/8091"],
};

test("prints a ticket alone, and to a person its QR code and what to do with it", async () => {
  const asked: unknown[] = [];
  const mesh: MeshAccess = {
    invite: (invitation) => {
      asked.push(invitation);
      return Promise.resolve(TICKET);
    },
    forward: () => Promise.reject(new ForwardFailure("unreachable", "nobody is there")),
    refusals: () => ({}),
  };
  const world = await makeWorld({ mesh });
  const serving = await serve({ fetch: world.api.fetch, hostname: "127.0.0.1", port: 0 });
  const run = (words: string, how: How = {}) =>
    runProgram(words, { ...how, env: { METRONOME_URL: serving.url, METRONOME_TOKEN: ADMIN_TOKEN, ...how.env } });
  try {
    const text = printTicket(TICKET);
    assert.deepEqual(await run("ticket"), done(`${text}\n`));
    const shown = await run("ticket --ttl 1h --uses 3", { terminal: 100 });
    assert.deepEqual([shown.code, shown.out], [0, `${text}\n`]);
    assert.match(
      shown.err,
      /▄[\s\S]+\n\nOn the other machine: metronome join TICKET\nIt lets 3 machines in until 2026-/,
    );
    assert.ok(!(await run("ticket", { terminal: 20 })).err.includes("▄"), "the terminal is too narrow for the code");
    const json = await run("ticket --ttl PT90S --json");
    assert.deepEqual(Object.keys(JSON.parse(json.out)), ["ticket", "expiresAt", "qr"]);
    assert.deepEqual(asked.map((each) => JSON.stringify(each)), [
      '{"uses":1,"ttlMs":600000}',
      '{"uses":3,"ttlMs":3600000}',
      '{"uses":1,"ttlMs":600000}',
      '{"uses":1,"ttlMs":90000}',
    ]);
    assert.equal((await run("ticket --ttl soon")).code, 2);
    assert.equal((await run("ticket --uses 0")).code, 2);
    const short = await run("ticket --ttl 1s");
    assert.deepEqual([short.code, short.err.split("\n")[0]], [
      4,
      'Refused: "ttlSeconds" is a whole number from 60 to 86400, not 1.',
    ]);
  } finally {
    world.api.close();
    await serving.close();
    await world.close();
  }
});

test("says of a peer that is alone that it is", () =>
  withPeer(async ({ run }) => {
    assert.deepEqual(
      await run("peers"),
      done(
        `NAME    STATE  SHARDS  RTT  SKEW  VERSION  PEER
test *  alive  4096    -    -     0.0.0    peer-1
This peer is alone. \`metronome ticket\` lets another machine join.
`,
      ),
    );
    assert.deepEqual(
      await run("peers --without test"),
      done("test fires all 4096 shards, and nobody else is able to: nothing would fire any more.\n"),
    );
    assert.deepEqual(await run("conflicts"), done("", "There are no conflicts.\n"));
    assert.deepEqual(await run("drain"), done("test has handed everything over, and fires nothing any more.\n"));
    assert.match((await run("peers")).out, /draining/);
    assert.deepEqual(await run("drain test --off"), done("test takes part again.\n"));
    const unknown = "No peer is called shop. The peers of this mesh:\n  peer-1  test\n";
    for (const words of ["drain shop", "revoke shop", "peers --without shop"]) {
      assert.deepEqual(await run(words), { code: 4, out: "", err: unknown });
    }
    const itself = await run("revoke test");
    assert.deepEqual([itself.code, itself.err.split(":")[0]], [4, "Refused"]);
    assert.equal((await run("revoke")).code, 2);
    assert.equal((await run("conflicts --restore none")).code, 4);
  }));

test("shows, drains, plans and revokes peers of a mesh, and puts back what lost", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const serving = await serve({ fetch: one.api.fetch, hostname: "127.0.0.1", port: 0 });
  const env = { METRONOME_URL: serving.url, METRONOME_TOKEN: ADMIN_TOKEN };
  const run = (words: string | readonly string[]) => runProgram(words, { env });
  const far = await serve({ fetch: two.api.fetch, hostname: "127.0.0.1", port: 0 });
  try {
    const shards = two.node.mesh().peers[0]?.shards ?? 0;
    await until("they hold the same", () => one.node.mesh().converged);
    const shown = (await run("peers")).out.replace(/(-?\d+ ms|-) +(-?\d+ ms|-) +0\.0\.0/g, "0.0.0").split("\n");
    assert.match(shown[1] ?? "", new RegExp(`^name-1 \\* +alive +${4_096 - shards} +0\\.0\\.0 +peer-1$`));
    assert.match(shown[2] ?? "", new RegExp(`^name-2 +alive +${shards} +0\\.0\\.0 +peer-2$`));
    assert.equal(shown[3], "All 2 peers are alive, and hold the same.");
    const json = JSON.parse((await run("peers --json")).out);
    assert.deepEqual([json.self, json.peers.length], ["peer-1", 2]);
    assert.deepEqual(
      await run("peers --without name-2"),
      done(`TO      SHARDS\nname-1  ${shards}\nOf name-2's ${shards} shards; no other would move.\n`),
    );
    assert.deepEqual(
      await run("drain peer-2"),
      done("name-2 has handed everything over, and fires nothing any more.\n"),
    );
    assert.equal(two.node.mesh().peers[0]?.shards, 0);
    assert.deepEqual(await run("drain peer-2 --off"), done("name-2 takes part again.\n"));

    const there = await run("version --peer name-2");
    assert.equal(there.code, 2, "it asks no peer");
    assert.equal(JSON.parse((await run("overview --json --peer name-2")).out).mesh.self, "peer-2");
    assert.equal(JSON.parse((await run("overview --json --peer name-1")).out).mesh.self, "peer-1");
    const nobody = await run("task ls --peer shop");
    assert.deepEqual([nobody.code, nobody.err.split("\n")[0]], [4, "No peer is called shop. The peers of this mesh:"]);
    const words = ["task", "add", "--id", "far", "--schedule", HOURLY, "--target", URN, "--replicas", "2"];
    assert.equal((await run([...words, "--peer", "peer-2"])).code, 0);
    assert.equal((await one.call("GET tasks/far")).status, 200);
    assert.equal((await run("task trigger far --replicas 2")).code, 0);
    assert.deepEqual(await run("task rm far --replicas 2"), done("Removed far.\n"));
    assert.equal((await two.call("GET tasks/far")).status, 404);

    const task = { id: "a", schedule: HOURLY, target: URN };
    await one.call("POST tasks", { body: task, headers: { prefer: "replicas=2" } });
    mesh.network.cut("peer-1", "peer-2");
    await one.call("PATCH tasks/a", { body: { name: "of one" } });
    await two.call("PATCH tasks/a", { body: { name: "of two" } });
    await until(
      "the other is missed",
      async () => (await run("peers")).out.endsWith("\nThis peer alone of 2 is alive, as far as it knows.\n"),
    );
    mesh.network.heal("peer-1", "peer-2");
    await until("the conflict is known", async () => (await run("conflicts")).out !== "");
    const [titles, line = ""] = (await run("conflicts")).out.split("\n");
    assert.match(titles ?? "", /^TASK +PART +LOST +KEPT +WRITTEN +BY +ID$/);
    assert.match(
      line,
      /^a +meta +\{"name":"of one","labels":\{\}\} +\{"name":"of two","labels":\{\}\} +\S+Z +name-1 +\w+$/,
    );
    const id = JSON.parse((await run("conflicts --json")).out).id;
    assert.deepEqual(await run(`conflicts --restore ${id}`), done("Put back in a.\n"));
    assert.equal((await one.call("GET tasks/a")).body.name, "of one");

    assert.deepEqual(
      await run("revoke name-2"),
      done("name-2 is no member any more. What it knows it keeps: change what it must not know.\n"),
    );
    assert.equal(
      (await run("peers")).out.split("\n")[2],
      "This peer is alone. `metronome ticket` lets another machine join.",
    );
    await until(
      "it hears of it",
      async () =>
        (await runProgram("peers", { env: { ...env, METRONOME_URL: far.url } })).out.endsWith(
          "\nThis peer is no member of the mesh any more, and fires nothing: `metronome join` with a new ticket takes it in.\n",
        ),
    );
  } finally {
    await far.close();
    await serving.close();
  }
});

test("peers whose data of time zones differ are told of", async () => {
  const peer = (name: string, tzdata: string, state = "alive") => ({
    ...{ peer: name, name, state, tzdata, shards: 1, draining: false, fenced: false, writable: true, version: "0.1.0" },
  });
  const ask = async (...peers: readonly object[]) => {
    const answer = { self: "here", converged: true, peers: [peer("here", "2026b"), ...peers] };
    const parts = { fetch: () => Promise.resolve(Response.json(answer)) };
    const env = { METRONOME_URL: "http://127.0.0.1:1", METRONOME_TOKEN: "x" };
    return (await runProgram("peers", { env, parts })).err;
  };
  assert.equal(await ask(peer("shop", "2026b"), peer("ship", "2025a", "dead"), peer("new", "")), "");
  assert.equal(
    await ask(peer("shop", "2026b"), peer("ship", "2025a")),
    "Time zones differ, and with them what is local time: this peer has 2026b, ship 2025a.\n",
  );
});
