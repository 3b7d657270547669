import assert from "node:assert/strict";
import { test } from "node:test";
import { URN } from "../api/world.ts";
import { type Ran, withPeer } from "./world.ts";

const done = (out: string, err = ""): Ran => ({ code: 0, out, err });

test("prints the numbers of a peer as they are, and each as JSON", () =>
  withPeer(async ({ run, call, clock, answer }) => {
    answer({ kind: "failed", error: "HTTP 404", status: 404, retryable: false });
    const id = 'a"b\\c';
    await call("POST tasks", { body: { id, schedule: "2026-12-01T09:30:01Z", target: URN } });
    await clock.pass(2_000);
    const text = (await run("metrics")).out;
    assert.match(text, /^metronome_tasks 1$/m);
    const numbers = (await run("metrics --json")).out.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(numbers.length, text.trim().split("\n").filter((line) => !line.startsWith("#")).length);
    const of = (metric: string) => numbers.filter((each) => each.metric === metric);
    assert.deepEqual(of("metronome_tasks"), [{ metric: "metronome_tasks", labels: {}, value: 1 }]);
    assert.deepEqual(of("metronome_task_undelivered_total"), [
      { metric: "metronome_task_undelivered_total", labels: { task: id, user: "admin", outcome: "failed" }, value: 1 },
    ]);
  }));

test("says at one look how it goes", () =>
  withPeer(async ({ run, call, clock, answer }) => {
    answer({ kind: "failed", error: "HTTP 404", status: 404, retryable: false });
    await call("POST tasks", { body: { id: "a", schedule: "R/2026-12-01T09:30:01Z/P1D", target: URN } });
    await call("POST tasks", { body: { id: "b", schedule: "2026-12-01T09:31:00Z", target: URN } });
    await clock.pass(2_000);
    assert.deepEqual(
      await run("overview"),
      done(`tasks         2, 0 of them paused
last hour     1 runs
late          half 1 ms or less, 99 of 100 1 ms or less
last day      0 delivered, 1 failed, 0 expired, 0 missed, 0 skipped
retrying      0
dead letters  1
failing       1 task
peers         1 alive

FAILING SINCE         TASK  TIMES  ERROR
2026-12-01T09:30:01Z  a     1      HTTP 404

NEXT                  TASK
2026-12-01T09:31:00Z  b
`),
    );
    assert.deepEqual(
      JSON.parse((await run("overview --json")).out).outcomes,
      (await call("GET overview")).body.outcomes,
    );
  }));

test("lists tokens without their secrets, and ends one by the beginning of its id", () =>
  withPeer(async ({ run, call }) => {
    assert.deepEqual(await run("token ls"), done("", "There are no tokens.\n"));
    const { id, token } = JSON.parse((await run("token --name shop --scope read --ttl 1h --json")).out);
    await run("token --name other --ttl never");
    const listed = await run("token ls");
    assert.match(listed.out, /^ID +FOR +OPENS +MADE +USED +ENDS\n/);
    assert.match(listed.out, new RegExp(`^${id.slice(0, 12)} +shop +read +2026-\\S+ +- +2026-12-01T10:30:00Z$`, "m"));
    assert.match(listed.out, /^\S+ +other +read run edit targets admin +2026-\S+ +- +-$/m);
    const items = (await run("token ls --json")).out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(items, (await call("GET tokens")).body.items);
    assert.ok(!JSON.stringify([listed, items]).includes(token));
    assert.equal((await run("token rm 000000")).code, 4);
    assert.equal((await run(`token rm ${id.slice(0, 3)}`)).code, 4);
    assert.deepEqual(await run(`token rm ${id.slice(0, 12)}`), done(`Ended ${id}.\n`));
    assert.equal((await call("GET tasks", { token })).status, 401);
    assert.equal((await call("GET tokens")).body.items.length, 1);
    assert.equal((await run("token list")).code, 2);
  }));
