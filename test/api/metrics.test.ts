// What Prometheus reads of a peer, and that an occurrence which two sides have fired is reported everywhere when they meet.

import assert from "node:assert/strict";
import { test } from "node:test";
import { expose } from "../../src/api/metrics/exposition.ts";
import { meshed, type MeshedPeer, until } from "./meshed.ts";
import { URN, withWorld } from "./world.ts";

const SECONDLY = "R9/2026-12-01T09:30:01Z/PT1S";

test("the numbers of a peer say what became of its runs, how late, and where it went wrong", () =>
  withWorld(async ({ call, clock, answer }) => {
    const { status, headers, body } = await call("GET /metrics");
    assert.deepEqual([status, headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    assert.ok(String(body).includes('metronome_build_info{version="0.0.0-test"} 1\n'));
    assert.deepEqual(await sampled(call, /^metronome_(ready|writable|tasks|shards|peers)/), [
      "metronome_ready 1",
      "metronome_writable 1",
      "metronome_tasks 0",
      'metronome_peers{state="alive"} 1',
      'metronome_peers{state="suspect"} 0',
      'metronome_peers{state="dead"} 0',
      'metronome_peers{state="left"} 0',
      "metronome_shards 4096",
    ]);

    await call("POST tasks", { body: { id: "good", schedule: SECONDLY, target: URN } });
    await clock.pass(2_500);
    answer({ kind: "failed", error: "HTTP 500", status: 500, retryable: true });
    const policy = { retry: { limit: 1, base: "PT1S", cap: "PT1S" } };
    await call("POST tasks", {
      body: { id: 'a"bad"\\one', schedule: "2026-12-01T09:30:04Z", target: "http://127.0.0.1:3001/", policy },
    });
    await call("POST tasks/good/pause");
    await clock.pass(5_000);
    const run = /^metronome_(runs|task_undelivered|retries|duplicate_runs)_total/;
    const numbers = [
      'metronome_runs_total{outcome="delivered"} 2',
      'metronome_runs_total{outcome="failed"} 1',
      'metronome_runs_total{outcome="expired"} 0',
      'metronome_runs_total{outcome="missed"} 0',
      'metronome_runs_total{outcome="skipped"} 0',
      'metronome_task_undelivered_total{task="a\\"bad\\"\\\\one",user="admin",outcome="failed"} 1',
      "metronome_retries_total 1",
      "metronome_duplicate_runs_total 0",
    ];
    assert.deepEqual(await sampled(call, run), numbers);
    assert.deepEqual(await sampled(call, /^metronome_lateness_seconds(_bucket\{le="(0\.001|3600|\+Inf)"|_count)/), [
      'metronome_lateness_seconds_bucket{le="0.001"} 3',
      'metronome_lateness_seconds_bucket{le="3600"} 3',
      'metronome_lateness_seconds_bucket{le="+Inf"} 3',
      "metronome_lateness_seconds_count 3",
    ]);

    // Two were delivered, one failed and failed again.
    assert.deepEqual(await sampled(call, /^metronome_attempt_seconds_count/), ["metronome_attempt_seconds_count 4"]);
    assert.deepEqual(await sampled(call, /^metronome_tasks/), ["metronome_tasks 2"]);
    assert.equal((await call("GET mesh")).body.tasks, 2);

    const [dead] = (await call("GET dead-letters")).body.items;
    await call("POST dead-letters/dismiss", { body: { ids: [dead.id] } });
    assert.deepEqual(await sampled(call, run), numbers, "dismissed is not settled once more");
    assert.deepEqual(await sampled(call, /^metronome_attempt_seconds_count/), ["metronome_attempt_seconds_count 4"]);
    await call("DELETE tasks/good");
    assert.deepEqual(await sampled(call, /^metronome_tasks/), ["metronome_tasks 1"]);
    assert.equal((await call("GET /metrics?x=1")).body.field, "x");
  }));

test("a token of an admin's that may only read is enough for them, and nothing less", () =>
  withWorld(async ({ call }) => {
    const { secret } = (await call("POST tokens", { body: { name: "prometheus", scopes: ["read"] } })).body;
    assert.equal((await call("GET /metrics", { token: secret })).status, 200);
    assert.equal((await call("GET /api/v1/metrics", { token: secret })).status, 200);
    assert.equal((await call("GET /metrics", { token: null })).status, 401);
    const password = "a long enough password";
    await call("PATCH settings", { body: { signUp: "open" } });
    assert.equal((await call("POST users", { body: { name: "bo", password } })).status, 201);
    const bo = (await call("POST auth/token", { body: { name: "bo", password } })).body.token;
    assert.equal((await call("GET tasks", { token: bo })).status, 200);
    assert.equal((await call("GET /metrics", { token: bo })).status, 403);
  }));

test("what is in a help or a label can't break a line", () => {
  const help = "a\nb\\c";
  const samples = [{ labels: { task: 'x"\n\\' }, value: 1 }];
  assert.equal(
    expose([{ kind: "gauge", name: "g", help, samples }]),
    '# HELP g a\\nb\\\\c\n# TYPE g gauge\ng{task="x\\"\\n\\\\"} 1\n',
  );
});

test("an occurrence that both sides of a cut have fired is a duplicate in runs, events and metrics when they meet", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const told = listen(two);
  mesh.network.cut("peer-1", "peer-2");
  const alone = ({ node }: MeshedPeer) => node.mesh().peers.find(({ peer }) => peer === node.id)?.shards === 4_096;
  await until("each side fires all", () => alone(one) && alone(two));
  const at = new Date(Date.now() + 1_000).toISOString();
  for (const peer of mesh.peers) {
    assert.equal((await peer.call("POST tasks", { body: { id: "a", schedule: at, target: URN } })).status, 201);
  }
  const runsOf = async (peer: MeshedPeer) => (await peer.call("GET tasks/a/runs")).body.items;
  for (const peer of mesh.peers) {
    await until("each has sent it", async () => (await runsOf(peer))[0]?.outcome === "delivered");
  }
  assert.deepEqual([one.sent.length, two.sent.length, one.sent[0]?.id], [1, 1, two.sent[0]?.id]);
  mesh.network.heal("peer-1", "peer-2");
  for (const peer of mesh.peers) {
    await until("it is reported", async () => (await runsOf(peer))[0]?.duplicate === true);
    const [run, ...more] = await runsOf(peer);
    assert.deepEqual([run.outcome, run.attempts.length, more], ["delivered", 2, []]);
  }
  await until("it is in the events", () => told.text.includes('"duplicate":true'));
  told.stop();
  const counts = await Promise.all(
    mesh.peers.map(({ call }) => sampled(call, /^metronome_duplicate_runs_total/)),
  );
  assert.deepEqual(counts.flat().sort(), ["metronome_duplicate_runs_total 0", "metronome_duplicate_runs_total 1"]);
});

async function sampled(call: MeshedPeer["call"], which: RegExp): Promise<readonly string[]> {
  return String((await call("GET /metrics")).body).split("\n").filter((line) => which.test(line));
}

function listen({ fetch }: MeshedPeer) {
  const ending = new AbortController();
  const told = { text: "", stop: () => ending.abort() };
  void fetch("GET events").then(async (response) => {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    ending.signal.addEventListener("abort", () => void reader?.cancel());
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) told.text += part.value;
  });
  return told;
}
