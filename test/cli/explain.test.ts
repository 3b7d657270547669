import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, URN } from "../api/world.ts";
import { withPeer } from "./world.ts";

test("explains who fires a task, and what became of an occurrence", () =>
  withPeer(async ({ run, call, clock, node }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    const { score } = (await call("GET tasks/a/explain")).body.candidates[0];
    const { code, out } = await run("task explain a");
    assert.equal(code, 0);
    assert.equal(
      out,
      "It is fired by test (peer-1), which is the only one able to. That is this peer. 2026-12-01T10:00:00.000Z is not " +
        `due yet.\n\nShard 3572, the highest score of the able first:\nNAME  SCORE  ABLE  WHY NOT  PEER\n` +
        `test  ${score.toFixed(3)}  yes            peer-1\n`,
    );
    await clock.pass(1_800_000);
    const past = await run("task explain a --at 2026-12-01T10:00:00Z");
    assert.match(past.out, /2026-12-01T10:00:00\.000Z was delivered after one attempt by peer-1\.\n/);
    assert.deepEqual(
      JSON.parse((await run("task explain a --json")).out),
      (await call("GET tasks/a/explain")).body,
    );
    node.yield(true);
    assert.match(
      (await run("task explain a")).out,
      /^Nobody owns it now: .*\n(?:.*\n)*test .* no {4}drained {2}peer-1\n$/,
    );
    assert.equal((await run("task explain none")).code, 4);
    assert.equal((await run("task explain a --at soon")).code, 4);
  }));

test("a placed task says by whom it is fired, or why by nobody", () =>
  withPeer(async ({ run, call }) => {
    const add = ["task", "add", "--schedule", HOURLY, "--target", URN];
    const own = await run([...add, "--id", "own", "--place", "name=test", "--place", "name=other"]);
    assert.equal(own.code, 0, own.err);
    const policy = '{"overlap":"skip","placement":{"weights":[{"match":{"disk":"ssd"},"weight":2}]}}';
    assert.equal((await run([...add, "--id", "mars", "--policy", policy, "--place", "site=mars"])).code, 0);
    assert.deepEqual((await call("GET tasks/own")).body.policy, { placement: { match: { name: ["test", "other"] } } });
    assert.deepEqual((await call("GET tasks/mars")).body.policy, {
      overlap: "skip",
      placement: { weights: [{ match: { disk: "ssd" }, weight: 2 }], match: { site: "mars" } },
    });
    const explained = (await run("task explain own")).out;
    assert.match(
      explained,
      /^It is fired by test \(peer-1\), which is the only one able to by its placement \(name=other or test\)\. That is this peer\./,
    );
    assert.match(explained, /\nShard \d+ of its placement's 256, /);
    assert.match((await run("task explain mars")).out, /test {2}0\.000 {2}no {4}not of its placement {2}peer-1\n$/);
    assert.match(
      (await run("task show mars")).out,
      /^owner {5}none: no peer that is heard of is of its placement \(site=mars; weights 2 for disk=ssd\)$/m,
    );
    const { placements } = (await call("GET plan?without=peer-1")).body;
    assert.deepEqual(placements, [{ placement: { match: { name: ["other", "test"] } }, shards: 256, moves: [] }]);
    assert.match((await run([...add, "--place", "site"])).err, /--place/);
    const home = await run([...add, "--policy", '{"partition":"home"}']);
    assert.deepEqual([home.code, /"home" needs a placement/.test(home.err)], [4, true]);
  }));
