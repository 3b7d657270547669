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
