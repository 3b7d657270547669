// What is shown as it happens: runs that are followed, and a trigger that waits for its outcome.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../../src/api/serve.ts";
import { announce, keepKey } from "../../src/data-folder.ts";
import { createApi } from "../../src/api/app.ts";
import { createNews } from "../../src/cli/run-news.ts";
import { parseRun } from "../../src/cli/shapes.ts";
import { ALONE, HOURLY, LOCAL_KEY, memoryAudit, rest, URN } from "../api/world.ts";
import { type How, type Ran, runProgram, withPeer, type World } from "./world.ts";

const EVERY_5_S = "R/2026-12-01T09:30:05Z/PT5S";
const RETRY = { kind: "failed", error: "HTTP 503", status: 503, retryable: true } as const;

type Following = {
  /** Waits until so many lines were printed, and gives them without the ids of runs. */
  lines(count: number): Promise<readonly string[]>;
  /** Waits until this was told beside them. */
  told(pattern: RegExp): Promise<void>;
  /** Waits until the stream is open: the list of what was before is asked for after that. */
  listening(): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<Ran>;
  readonly ended: Promise<Ran>;
};

/** Begins a command that goes on. */
function begin(run: (how: How) => Promise<Ran>): Following {
  const controller = new AbortController();
  const printed = { out: "", err: "" };
  let isListening = false;
  let wake: (() => void) | undefined;
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => wake = resolve);
  };
  const onOutput = (out: string, err: string) => {
    Object.assign(printed, { out, err });
    wake?.();
  };
  const ended = run({
    onOutput,
    parts: {
      interrupted: () => controller.signal,
      async fetch(url, init) {
        const response = await fetch(url, init);
        isListening ||= /\/runs\?/.test(url);
        wake?.();
        return response;
      },
    },
  });
  return {
    ended,
    async lines(count) {
      const all = () => printed.out.split("\n").slice(0, -1);
      await until(() => all().length >= count);
      return all().map((line) => line.replace(/ {2}[0-9a-f]{32}/, ""));
    },
    told: (pattern) => until(() => pattern.test(printed.err)),
    listening: () => until(() => isListening),
    stop() {
      controller.abort();
      return ended;
    },
  };
}

const TITLES = "PLANNED               OUTCOME    ATTEMPTS  LATE     RUN                               DETAIL";

/** Lets time pass while what is told of it travels. */
async function pass({ clock }: World, ms: number): Promise<void> {
  await clock.pass(ms);
  await rest();
}

test("follows runs: the last ones first, then each as it retries and settles, and none twice", () =>
  withPeer(async (world) => {
    const { run, call, answer } = world;
    await call("POST tasks", { body: { id: "a", schedule: EVERY_5_S, target: URN, policy: { retry: { limit: 1 } } } });
    await call("POST tasks", { body: { id: "other", schedule: EVERY_5_S, target: URN } });
    await pass(world, 15_000);
    const following = begin((how) => run("task runs a --follow --limit 2", how));
    const before = [
      TITLES,
      "2026-12-01T09:30:10Z  delivered  1         0 ms     HTTP 200",
      "2026-12-01T09:30:15Z  delivered  1         0 ms     HTTP 200",
    ];
    assert.deepEqual(await following.lines(3), before);
    answer(RETRY);
    await pass(world, 5_000);
    const retrying = "2026-12-01T09:30:20Z  retrying   1         0 ms     HTTP 503, again at 2026-12-01T09:30:20.500Z";
    assert.deepEqual(await following.lines(4), [...before, retrying]);
    await pass(world, 500);
    const failed = "2026-12-01T09:30:20Z  failed     2         0 ms     ";
    assert.ok((await following.lines(5))[4]?.startsWith(failed));
    answer({ kind: "delivered", status: 204 });
    await pass(world, 4_500);
    const all = await following.lines(6);
    assert.equal(all[5], "2026-12-01T09:30:25Z  delivered  1         0 ms     HTTP 204");
    await call("DELETE tasks/a");
    await following.told(/removed/);
    const { code, err } = await following.stop();
    assert.deepEqual([code, err, (await following.lines(6)).length], [0, "The task was removed.\n", 6]);
  }));

test("with --json each change of a run is a line, as the API shows it", () =>
  withPeer(async (world) => {
    const { run, call } = world;
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    const following = begin((how) => run("task runs a --follow --json", how));
    await following.listening();
    const { id } = (await call("POST tasks/a/trigger")).body;
    const settled = async () => (await call(`GET runs/${id}`)).body;
    while ((await settled()).state !== "settled") await rest();
    for (let count = 1;; count++) {
      const last = JSON.parse((await following.lines(count))[count - 1] ?? "");
      assert.equal(last.id, id);
      if (last.state !== "settled") continue;
      assert.deepEqual(last, await settled());
      break;
    }
    assert.equal((await following.stop()).code, 0);
  }));

test("goes on after the peer was away, at its new address, with what was missed, once", () =>
  withPeer(async (world) => {
    const { call, folder } = world;
    await call("POST tasks", { body: { id: "a", schedule: EVERY_5_S, target: URN } });
    await keepKey(folder, () => LOCAL_KEY);
    const gates = await gate(world);
    await announce(folder, gates.url);
    const following = begin((how) => runProgram(["task", "runs", "a", "-f", "--data", folder], how));
    await following.listening();
    await pass(world, 5_000);
    await following.lines(2);
    await gates.close();
    await pass(world, 5_000);
    const again = await gate(world);
    await announce(folder, again.url);
    await following.lines(3);
    await pass(world, 5_000);
    assert.deepEqual((await following.lines(4)).slice(1), [
      "2026-12-01T09:30:05Z  delivered  1         0 ms     HTTP 200",
      "2026-12-01T09:30:10Z  delivered  1         0 ms     HTTP 200",
      "2026-12-01T09:30:15Z  delivered  1         0 ms     HTTP 200",
    ]);
    assert.deepEqual((await following.stop()).err, "The peer is gone; trying to reach it again …\n");
    await again.close();
  }));

test("gives up with 3 when the peer stays away, and with 4 when its token is no more", () =>
  withPeer(async (world) => {
    const { call, folder, run } = world;
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    await keepKey(folder, () => LOCAL_KEY);
    const gates = await gate(world);
    await announce(folder, gates.url);
    const following = begin((how) => runProgram(["task", "runs", "a", "-f", "--data", folder], how));
    await following.listening();
    await gates.close();
    const { code, out, err } = await following.ended;
    assert.deepEqual([code, out], [3, ""]);
    assert.match(
      err,
      /^The peer is gone; trying to reach it again …\nThe peer at .* can't be reached: nothing listens there\./,
    );

    const { id, token } = (await call("POST tokens", { body: {} })).body;
    const other = begin((how) => run(["task", "runs", "a", "-f", "--token", token], how));
    await other.listening();
    await call(`DELETE tokens/${id}`);
    assert.equal((await other.ended).code, 4);
  }));

test("a trigger that waits ends as its run does", () =>
  withPeer(async (world) => {
    const { run, call, answer, sent } = world;
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN, policy: { retry: { limit: 1 } } } });
    const { code, out } = await run(["task", "trigger", "a", "--wait", "--payload", "[1]"]);
    assert.equal(code, 0);
    assert.match(
      out,
      /^run {7}[0-9a-f]{32}\n.*\noutcome {3}delivered\nattempts {2}1\nlate {6}0 ms\ndetail {4}manual, HTTP 200\n$/s,
    );
    assert.deepEqual(sent.map(({ payload }) => payload), [[1]]);
    answer(RETRY);
    const waiting = begin((how) => run("task trigger a --wait --json", how));
    while (sent.length < 2) await rest();
    await pass(world, 1_000);
    const failed = await waiting.ended;
    assert.equal(failed.code, 1);
    const { task, outcome, attempts } = JSON.parse(failed.out);
    assert.deepEqual([task, outcome, attempts.length], ["a", "failed", 2]);
    answer("nothing");
    const left = begin((how) => run("task trigger a --wait", how));
    while (sent.length < 4) await rest();
    await left.told(/waiting/);
    const { code: stopped, err } = await left.stop();
    assert.equal(stopped, 1);
    assert.match(err, /\nInterrupted\. The run [0-9a-f]{32} goes on\.\n$/);
    await call("POST tasks/a/cancel");
  }));

test("a state of a run that is older than what was heard is no news", () => {
  const isNews = createNews();
  const run = (state: string, attempts: number, id = "x") =>
    parseRun({
      id,
      task: "a",
      instant: "2026-12-01T09:00:00.000Z",
      state,
      outcome: state === "settled" ? "failed" : null,
      attempts: Array.from({ length: attempts }, (_, n) => ({ n: n + 1, peer: "p" })),
      latenessMs: null,
    });
  const heard = [["due", 0], ["attempting", 1], ["attempting", 1], ["retrying", 1], ["due", 0], ["settled", 2], [
    "retrying",
    1,
  ], ["settled", 2]] as const;
  assert.deepEqual(heard.map(([state, attempts]) => isNews(run(state, attempts))), [
    true,
    true,
    false,
    true,
    false,
    true,
    false,
    false,
  ]);
  for (let i = 0; i < 3_000; i++) isNews(run("settled", 1, `${i}`));
  assert.ok(isNews(run("settled", 2)), "what is long past is forgotten, so that memory stays bounded");
});

/** The same peer behind a second port, which can be closed. */
async function gate(world: World): Promise<{ readonly url: string; close(): Promise<void> }> {
  const api = createApi({
    peer: world.node,
    mesh: ALONE,
    targets: world.targets,
    auth: { localKey: LOCAL_KEY, redeemCode: () => false },
    hosts: [],
    origins: [],
    audit: memoryAudit(),
    exchanges: { find: () => Promise.resolve(undefined) },
    jwtKey: "the-key-of-the-mesh-of-the-tests",
    assets: new Map(),
    version: "0.0.0-test",
    port: () => 0,
    log: () => {},
  });
  const { url, close } = await serve({ fetch: api.fetch, hostname: "127.0.0.1", port: 0 });
  return {
    url,
    async close() {
      api.close();
      await close();
    },
  };
}
