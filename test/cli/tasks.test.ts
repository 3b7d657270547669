// What the commands print, whole: against a real API on a real port, with time that stands at START.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { HOURLY, rest, sentenceOf, START, URN } from "../api/world.ts";
import { chunks, line, type Ran, withPeer } from "./world.ts";

const SENTENCE = sentenceOf(HOURLY);
const done = (out: string, err = ""): Ran => ({ code: 0, out, err });

test("adds a task, and says in words what it does and when", () =>
  withPeer(async ({ run, call, folder }) => {
    const policy = join(folder, "policy.json");
    await writeFile(policy, '{"overlap":"skip"}');
    const words = [
      "task",
      "add",
      "--id",
      "a",
      "--name",
      "A task",
      "--schedule",
      HOURLY,
      "--target",
      URN,
      "--payload",
      "-",
    ];
    const more = ["--label", "site=lyon", "--label", "x=a=b", "--policy", `@${policy}`, "--tolerance", "PT30S"];
    assert.deepEqual(
      await run([...words, ...more], { stdin: chunks(['{"say":', '"hé"}']) }),
      done(`Added a: ${SENTENCE}\nNext: 2026-12-01T10:00:00Z\n`),
    );
    const { name, schedule, target, payload, labels, policy: kept, state } = (await call("GET tasks/a")).body;
    assert.deepEqual({ name, schedule, target, payload, labels, kept, state }, {
      name: "A task",
      schedule: HOURLY,
      target: URN,
      payload: { say: "hé" },
      labels: { site: "lyon", x: "a=b" },
      kept: { overlap: "skip", tolerance: "PT30S" },
      state: { paused: false },
    });
    const object = ["--schedule", '{"cron":"0 9 * * *"}', "--target", `{"urn":"${URN}","method":"PUT"}`];
    assert.deepEqual(
      await run(["task", "add", "--id", "b", ...object, "--paused"]),
      done("Added b: At 09:00, UTC\nIt is paused.\n"),
    );
    const past = ["--schedule", "2020-01-01T00:00:00Z", "--target", URN, "--json"];
    const added = await run(["task", "add", "--id", "c", ...past]);
    assert.deepEqual([added.code, added.err, JSON.parse(added.out)], [0, "", (await call("GET tasks/c")).body]);
  }));

test("previews a schedule in words, in UTC and in its zone, and adds nothing", () =>
  withPeer(async ({ run, call }) => {
    const words = ["task", "add", "--preview", "--schedule", "30 2 * * SUN [Europe/Paris]"];
    assert.deepEqual(
      await run(words),
      done(`${sentenceOf("30 2 * * SUN [Europe/Paris]")}
  2026-12-06T01:30:00Z  2026-12-06T02:30:00+01:00[Europe/Paris]
  2026-12-13T01:30:00Z  2026-12-13T02:30:00+01:00[Europe/Paris]
  2026-12-20T01:30:00Z  2026-12-20T02:30:00+01:00[Europe/Paris]
  2026-12-27T01:30:00Z  2026-12-27T02:30:00+01:00[Europe/Paris]
  2027-01-03T01:30:00Z  2027-01-03T02:30:00+01:00[Europe/Paris]
Note: On 2027-03-28 02:30 does not exist in Europe/Paris: runs at 03:30.
Note: On 2027-10-31 02:30 comes twice in Europe/Paris: runs the first time only.
`),
    );
    const { next, neverFires } = JSON.parse((await run([...words, "--json"])).out);
    assert.deepEqual([next.length, neverFires], [5, false]);
    const past = await run(["task", "add", "--preview", "--schedule", "2020-01-01T00:00:00Z"]);
    assert.match(past.out, /^.*\nIt never fires\.\n/);
    assert.deepEqual((await call("GET tasks")).body.items, []);
  }));

test("previews what a template would send at the next occurrence, and says where it is wrong", () =>
  withPeer(async ({ run }) => {
    const words = ["task", "add", "--preview", "--template", "--schedule", "0 9 * * *", "--id", "a"];
    const payload = ["--payload", '{"day":"{{instant:date}}","n":"{{attempt}}"}'];
    const target = ["--target", `${URN}/{{task}}`];
    const { code, out } = await run([...words, ...payload, ...target]);
    assert.deepEqual([code, out.split("\n").slice(-3)], [0, [
      'payload  {"day":"2026-12-02","n":1}',
      `target   ${URN}/a`,
      "",
    ]]);
    const { event, next } = JSON.parse((await run([...words, ...payload, "--json"])).out);
    assert.deepEqual([event, next.length], [{ payload: { day: "2026-12-02", n: 1 } }, 5]);
    const wrong = await run([...words, "--payload", '{"day":"{{instnat}}"}']);
    assert.match(wrong.err, /instnat.*\n?.*instant/s);
    assert.notEqual(wrong.code, 0);
  }));

test("lists tasks in aligned columns, those that match, and says when there are none", () =>
  withPeer(async ({ run, call }) => {
    assert.deepEqual(
      await run("task ls"),
      done("", "There are no tasks. `metronome task add --help` shows how to add one.\n"),
    );
    await call("POST tasks", {
      body: { id: "long-identity", schedule: HOURLY, target: URN, labels: { site: "lyon" } },
    });
    await call("POST tasks", { body: { id: "日本", schedule: HOURLY, target: { urn: URN, method: "PUT" } } });
    await call("POST tasks/long-identity/pause");
    const title = "ID             STATE    NEXT                  LAST  OUTCOME  SCHEDULE";
    const gap = " ".repeat(SENTENCE.length - "SCHEDULE".length);
    const long = `long-identity  paused   -                     -     -        ${SENTENCE}  ${URN}\n`;
    const wide = `日本           enabled  2026-12-01T10:00:00Z  -     -        ${SENTENCE}  ${URN}\n`;
    assert.deepEqual(await run("task ls"), done(`${title}${gap}  TARGET\n${long}${wide}`));
    const rows = async (words: string) => (await run(words)).out.split("\n").slice(1).map((row) => row.split(" ")[0]);
    assert.deepEqual(await rows("task ls --search LONG"), ["long-identity", ""]);
    assert.deepEqual(await rows("task ls --paused"), ["long-identity", ""]);
    assert.deepEqual(await rows("task ls --no-paused"), ["日本", ""]);
    assert.deepEqual(await rows("task ls --label site=lyon --limit 5"), ["long-identity", ""]);
    assert.deepEqual(await rows("task ls --limit 1"), ["long-identity", ""]);
    assert.deepEqual(await run("task ls --label site=paris"), done("", "No task matches.\n"));
    assert.deepEqual(await run("task ls --label site=paris --json"), done(""));
    const items = (await run("task ls --json")).out.trim().split("\n").map((text) => JSON.parse(text));
    assert.deepEqual(items, (await call("GET tasks")).body.items);
  }));

test("pages through all tasks, and no further than it was told to", () =>
  withPeer(async ({ run, call }) => {
    const ids = Array.from({ length: 1_203 }, (_, i) => `task-${String(i).padStart(4, "0")}`);
    const body = ids.map((id) => line(id, { state: { paused: true } })).join("");
    await call("POST tasks:batch", { type: "application/x-ndjson", body });
    const listed = async (words: string) =>
      (await run(words)).out.trim().split("\n").slice(1).map((row) => row.split(" ")[0]);
    assert.deepEqual(await listed("task ls"), ids);
    assert.deepEqual(await listed("task ls --limit 501"), ids.slice(0, 501));
    assert.deepEqual(await listed("task ls --search 1201"), ["task-1201"]);
  }));

test("colours and cuts on a terminal only, and no colours where NO_COLOR is", () =>
  withPeer(async ({ run, call }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN, state: { paused: true } } });
    const plain = (await run("task ls", { terminal: 84, env: { NO_COLOR: "1" } })).out;
    for (const row of plain.trimEnd().split("\n")) assert.ok(row.length <= 84, row);
    assert.equal(plain.trimEnd().split("\n")[1], `a   paused  -     -     -        ${SENTENCE.slice(0, 22)}…  ${URN}`);
    const coloured = (await run("task ls", { terminal: 84 })).out;
    assert.ok(coloured.startsWith("\x1b[1mID\x1b[22m ") && coloured.includes("\x1b[33mpaused\x1b[39m "), coloured);
    assert.equal(stripVTControlCharacters(coloured), plain);
    assert.ok(!(await run("task ls")).out.includes("\x1b"));
  }));

test("shows what others wrote, and never lets a terminal obey it", () =>
  withPeer(async ({ run, call }) => {
    const name = "a\x1b]0;owned\x07\u202eb\nc";
    await call("POST tasks", { body: { id: "a", name, schedule: HOURLY, target: URN } });
    assert.match((await run("task show a")).out, /^name {6}a\ufffd\]0;owned\ufffd\ufffdb\ufffdc$/m);
    assert.equal(JSON.parse((await run("task show a --json")).out).name, name);
  }));

test("shows one task whole", () =>
  withPeer(async ({ run, call }) => {
    const body = { id: "a/b", name: "A", schedule: HOURLY, target: URN, payload: [1], labels: { x: "1", y: "2" } };
    await call("POST tasks", { body: { ...body, policy: { retry: { limit: 1 } } } });
    assert.deepEqual(
      await run("task pause a/b --until 2026-12-24T08:00:00+01:00 --note closed"),
      done("Paused a/b until 2026-12-24T07:00:00Z.\n"),
    );
    assert.deepEqual(
      await run("task show a/b"),
      done(`id        a/b
name      A
state     paused, until 2026-12-24T07:00:00Z, closed
schedule  ${HOURLY}
meaning   ${SENTENCE}
next      2026-12-24T07:00:00Z
last      -
outcome   -
target    ${URN}
payload   [1]
policy    {"retry":{"limit":1}}
labels    x=1, y=2
owner     peer-1
created   2026-12-01T09:30:00Z
updated   2026-12-01T09:30:00Z
`),
    );
    assert.deepEqual(await run("task resume a/b"), done("Resumed a/b. Next: 2026-12-01T10:00:00Z\n"));
    assert.deepEqual(await run("task pause a/b"), done("Paused a/b.\n"));
    assert.equal(JSON.parse((await run("task resume a/b --json")).out).state.paused, false);
    assert.equal(JSON.parse((await run("task pause a/b --json")).out).state.paused, true);
    assert.deepEqual(await run("task rm a/b"), done("Removed a/b.\n"));
    assert.deepEqual(await run("task ls --json"), done(""));
  }));

test("prints when a task is due next, from any moment, in any zone", () =>
  withPeer(async ({ run, call }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    assert.deepEqual(
      await run("task next a -n 2"),
      done(`${SENTENCE}\n  2026-12-01T10:00:00Z\n  2026-12-01T11:00:00Z\n`),
    );
    assert.deepEqual(
      await run("task next a --count 1 --from 2026-12-31T23:30:00-05:00 --zone Asia/Tokyo"),
      done(`${SENTENCE}\n  2027-01-01T05:00:00Z  2027-01-01T14:00:00+09:00[Asia/Tokyo]\n`),
    );
    assert.equal(JSON.parse((await run("task next a --json")).out).next.length, 10);
  }));

test("prints what became of occurrences, the latest first", () =>
  withPeer(async ({ run, call, clock, answer }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    assert.deepEqual(await run("task runs a"), done("", "There are no such runs.\n"));
    answer({ kind: "failed", error: "HTTP 404", status: 404, retryable: false });
    await clock.pass(30 * 60_000);
    answer({ kind: "failed", error: "HTTP 503", status: 503, retryable: true });
    await clock.pass(60 * 60_000 + 100);
    answer({ kind: "delivered", status: 202 });
    const manual = JSON.parse((await run(["task", "trigger", "a", "--payload", '{"x":1}', "--json"])).out);
    await clock.pass(1);
    const runs = (await call("GET tasks/a/runs")).body.items;
    assert.deepEqual(runs.map(({ id }: { id: string }) => id)[0], manual.id);
    const printed = await run("task runs a");
    assert.deepEqual(
      printed.out.split("\n").map((row) => row.replace(/ {2}[0-9a-f]{32}/, "")),
      [
        "PLANNED                   OUTCOME    ATTEMPTS  LATE     RUN                               DETAIL",
        "2026-12-01T11:00:00.100Z  delivered  1         0 ms     manual, HTTP 202",
        `2026-12-01T11:00:00Z      retrying   1         0 ms     HTTP 503, again at ${
          runs[1].retryAt.replace(".000Z", "Z")
        }`,
        "2026-12-01T10:00:00Z      failed     1         0 ms     HTTP 404",
        "",
      ],
    );
    assert.match((await run("task runs a --outcome failed")).out, /^PLANNED.*\n2026-12-01T10:00:00Z {2}failed .*\n$/);
    assert.equal((await run("task runs a --limit 2")).out.split("\n").length, 4);
    const waiting = /^PLANNED.*\n2026-12-01T11:00:00Z .*retrying .*\n$/;
    assert.match((await run("task runs a --state retrying")).out, waiting);
    assert.match((await run("runs ls --state retrying --task a")).out, waiting);
    const early = "--from 2026-12-01T10:00:00Z --until 2026-12-01T11:00:00Z";
    assert.match((await run(`task runs a ${early}`)).out, /^PLANNED.*\n2026-12-01T10:00:00Z {2}failed .*\n$/);
    assert.match((await run(`runs ls ${early}`)).out, /^PLANNED.*\n2026-12-01T10:00:00Z .*failed .*\n$/);
    assert.equal((await run("task runs a --follow --state retrying")).code, 2);
    const items = (await run("task runs a --json")).out.trim().split("\n").map((text) => JSON.parse(text));
    assert.deepEqual(items, runs);
  }));

test("fires a task now and prints the run", () =>
  withPeer(async ({ run, call, sent }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN, payload: "own" } });
    const { code, out, err } = await run("task trigger a");
    await rest();
    const id = sent[0]?.id;
    assert.deepEqual(
      { code, out, err },
      done(`run       ${id}
task      a
planned   ${new Date(START).toISOString().replace(".000", "")}
outcome   due
attempts  0
late      -
detail    manual
`),
    );
    assert.deepEqual(sent.map(({ payload }) => payload), ["own"]);
  }));

test("makes a token and prints it alone", () =>
  withPeer(async ({ run, call }) => {
    const { code, out, err } = await run("token");
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^mtr_[\w-]{43}\n$/);
    assert.equal((await call("GET tasks", { token: out.trim() })).status, 200);
    const seen = await run(["token", "--name", "server", "--ttl", "never"], { terminal: 80 });
    assert.deepEqual([seen.code, seen.err], [0, "It does not end by itself.\n"]);
    assert.equal(
      (await run("token --ttl PT1H", { terminal: 80 })).err,
      "It ends at 2026-12-01T10:30:00Z; --ttl says otherwise.\n",
    );
    assert.equal(JSON.parse((await run("token --name x --json")).out).name, "x");
    const made = (await call("GET tokens")).body.items.map(
      ({ name, expiresAt }: { name: string; expiresAt: string | null }) => [name, expiresAt],
    );
    assert.deepEqual(made.sort(), [
      ["command line", "2026-12-01T10:30:00.000Z"],
      ["command line", "2026-12-31T09:30:00.000Z"],
      ["server", null],
      ["x", "2026-12-31T09:30:00.000Z"],
    ]);
  }));
