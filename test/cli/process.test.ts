// The program as a person runs it: the launcher, on the runtime of the tests, beside a peer that it started.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { kill, ROOT, RUNTIME, Site, until } from "../e2e/peer.ts";
import { line } from "./world.ts";

const PAUSED = { state: { paused: true } };

test("on the peer's machine the command line needs no address and no token, and a proxy never sees its key", async () => {
  await using site = new Site();
  const peer = await site.start().ready();
  const env = { METRONOME_DATA: site.data, METRONOME_ADMIN_TOKEN: undefined };
  const run = (...args: string[]) =>
    site.run({ args, env: { ...env, HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" } }).ended;
  const token = await run("token");
  assert.deepEqual([token.code, token.stderr], [0, ""]);
  assert.match(token.stdout, /^mtr_[\w-]{43}\n$/);
  const schedule = "R/2020-01-01T00:00:00Z/PT1H";
  const added = await run(
    "task",
    "add",
    "--id",
    "a",
    "--schedule",
    schedule,
    "--target",
    "http://127.0.0.1:9000/",
    "--paused",
  );
  assert.deepEqual([added.code, added.stderr], [0, ""]);
  assert.match(added.stdout, /^Added a: Every hour .*\nIt is paused\.\n$/);
  const elsewhere = {
    METRONOME_URL: peer.http,
    METRONOME_TOKEN: token.stdout.trim(),
    METRONOME_ADMIN_TOKEN: undefined,
  };
  const listed = await site.run({ args: ["task", "ls", "--json"], env: elsewhere }).ended;
  assert.deepEqual([listed.code, listed.stderr, JSON.parse(listed.stdout).id], [0, "", "a"]);
  const usage = await run("task", "shwo", "a");
  assert.deepEqual([usage.code, usage.stdout, usage.stderr], [
    2,
    "",
    "error: unknown command 'shwo'\n(Did you mean show?)\nKnown are add, edit, ls, show, rm, pause, resume, trigger, next, " +
    "runs, days, explain, versions, backfill, skip, cancel, each, import, export.\n(--help says more)\n",
  ]);
  const start = await run("start", "demo");
  assert.deepEqual([start.code, start.stdout], [2, ""]);
  assert.match(start.stderr, /a word that is no option: .* a ticket to `metronome join`\n$/);
  assert.equal((await run("task", "show", "b")).code, 4);
  const { stdout } = await run("version", "--json");
  assert.match(JSON.parse(stdout).runtime, RUNTIME === "node" ? /^Node 2[4-9]\./ : /^Deno /);
});

test("follows by its own process until Ctrl-C, which ends it with 0", async () => {
  await using site = new Site();
  await site.start().ready();
  const env = { METRONOME_DATA: site.data };
  const add = [
    "task",
    "add",
    "--id",
    "a",
    "--schedule",
    "R/2020-01-01T00:00:00Z/PT0.2S",
    "--target",
    "http://127.0.0.1:1/",
  ];
  assert.equal((await site.run({ args: add, env }).ended).code, 0);
  const following = site.run({ args: ["task", "runs", "a", "--follow"], env });
  await until("two runs are shown", () => following.stdout().split("\n").length > 3);
  kill(following.pid, "SIGINT");
  const { code, stderr } = await following.ended;
  assert.deepEqual([code, stderr], [0, ""]);
});

test("carries tasks from file to file, and through pipes that end early", async () => {
  await using site = new Site();
  await site.start().ready();
  const env = { METRONOME_DATA: site.data };
  const tasks = Array.from({ length: 2_000 }, (_, i) => line(`task-${i}`, { payload: "x".repeat(200), ...PAUSED }))
    .join("");
  writeFileSync(join(site.path, "in.ndjson"), tasks);
  const imported = await site.run({ args: ["task", "import", "in.ndjson"], env }).ended;
  assert.deepEqual(imported, { code: 0, stdout: "Imported 2000 tasks: 2000 new, 0 replaced.\n", stderr: "" });
  const exported = await site.run({ args: ["task", "export", "out.ndjson"], env }).ended;
  assert.deepEqual(exported, { code: 0, stdout: "Exported 2000 tasks to out.ndjson.\n", stderr: "" });
  assert.equal(readFileSync(join(site.path, "out.ndjson"), "utf8").split("\n").length, 2_001);
  const metronome = `node ${join(ROOT, "scripts", "metronome")}`;
  assert.deepEqual(await shell(`${metronome} task export | head -n 1 | wc -l`, env), {
    code: 0,
    stdout: "1\n",
    stderr: "",
  });
  assert.deepEqual(await shell(`${metronome} task ls --json | head -n 2 | wc -l`, env), {
    code: 0,
    stdout: "2\n",
    stderr: "",
  });
  const again = await shell(`${metronome} task export 2>/dev/null | ${metronome} task import -`, env);
  assert.deepEqual(again, { code: 0, stdout: "Imported 2000 tasks: 0 new, 2000 replaced.\n", stderr: "" });
});

async function shell(line: string, env: { readonly [name: string]: string }) {
  const child = spawn("sh", ["-c", line], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, METRONOME_RUNTIME: RUNTIME, ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => stdout += chunk);
  child.stderr.on("data", (chunk) => stderr += chunk);
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}
