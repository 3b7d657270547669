// The program as a whole: what it says when it starts, why it may not, and how it ends.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { readConfig } from "../../src/config.ts";
import { sealRecord } from "../../src/store/checksum.ts";
import { call, isRunning, kill, ROOT, RUNTIME, Site, until } from "./peer.ts";

const START = "R/2026-01-01T00:00:00Z/PT1S";

test("a peer says in one line that it is ready, with the pid that is its own, and answers", async () => {
  await using site = new Site();
  const program = site.start();
  const ready = await program.ready();
  assert.match(
    program.stdout(),
    /^\{"ready":true,"http":"http:\/\/127\.0\.0\.1:\d+","peer":"[\w-]+","p2p":\[.*\],"pid":\d+\}\n$/,
  );
  assert.deepEqual((await call(ready.http, "/healthz")).body, { status: "ok" });
  assert.equal((await call(ready.http, "/api/v1/tasks")).status, 200);
  assert.equal((await fetch(`${ready.http}/api/v1/tasks`)).status, 401);
  assert.equal((await fetch(ready.http)).headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(readFileSync(join(site.data, "store", "peer.pid"), "utf8").trim(), `${ready.pid}`);
  assert.equal(readFileSync(join(site.data, "url"), "utf8"), `${ready.http}\n`);
  assert.equal(statSync(site.data).mode & 0o777, 0o700);
  const files = readdirSync(site.data).filter((name) => statSync(join(site.data, name)).isFile());
  assert.ok(files.includes("key"));
  for (const file of files) assert.equal(statSync(join(site.data, file)).mode & 0o777, 0o600, file);
});

test("SIGTERM and SIGINT to the launcher end the peer with 0", async () => {
  await using site = new Site();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const program = site.start();
    const { pid } = await program.ready();
    kill(program.pid, signal);
    assert.deepEqual(await program.ended, { code: 0, stdout: program.stdout(), stderr: "" });
    assert.ok(!existsSync(join(site.data, "url")));
    assert.ok(!isRunning(pid));
  }
});

test("a stop waits for the delivery in flight; a second signal does not", async () => {
  await using site = new Site();
  const target = await openTarget("slow");
  try {
    const program = site.start();
    const { http, pid } = await program.ready();
    await fire(http, "slow", target.url);
    await until("it is sent", () => target.waiting() === 1);
    // To both, as a terminal sends it: what the launcher passes on is no second one.
    kill(program.pid, "SIGINT");
    kill(pid, "SIGINT");
    await until("it is stopping", () => isStopping(http));
    target.letGo();
    assert.equal((await program.ended).code, 0);

    const again = site.start();
    const { http: url } = await again.ready();
    const { body } = await call(url, "/api/v1/tasks/slow/runs");
    assert.deepEqual(body.items.map((run: { outcome: string }) => run.outcome), ["delivered"]);
    await fire(url, "hang", target.url);
    await until("it is sent", () => target.waiting() === 1);
    kill(again.pid, "SIGTERM");
    await until("it is stopping", () => isStopping(url));
    // The same signal twice at once is one press of Ctrl-C; this is another.
    await new Promise((resolve) => setTimeout(resolve, 500));
    kill(again.pid, "SIGTERM");
    const { code, stderr } = await again.ended;
    assert.deepEqual([code, stderr], [
      1,
      "metronome: stopped at once: what was in flight is sent again at the next start\n",
    ]);
  } finally {
    await target.close();
  }
});

test("the peer of a launcher that was killed does not live on", async () => {
  await using site = new Site();
  const program = site.start({ staysBeside: true });
  const { pid } = await program.ready();
  assert.notEqual(pid, program.pid);
  kill(program.pid, "SIGKILL");
  await until("the peer is gone", () => !isRunning(pid));
  assert.ok(!existsSync(join(site.data, "store", "peer.pid")), "it was closed");
});

test("an acknowledged task survives kill -9, and goes on", async () => {
  await using site = new Site();
  const target = await openTarget("quick");
  try {
    const program = site.start();
    const first = await program.ready();
    const made = await call(first.http, "/api/v1/tasks", { id: "beat", schedule: START, target: target.url });
    assert.equal(made.status, 201);
    kill(first.pid, "SIGKILL");
    // As a shell says it, when the launcher is there to say it.
    assert.equal((await program.ended).code, first.pid === program.pid ? null : 137);
    const second = await site.start().ready();
    assert.equal(second.peer, first.peer);
    assert.equal((await call(second.http, "/api/v1/tasks/beat")).body.guid, made.body.guid);
    const before = target.received();
    await until("it fires again", () => target.received() >= before + 2);
  } finally {
    await target.close();
  }
});

test("without an admin token the link of the start signs in once, and comes again while nobody has used it", async () => {
  await using site = new Site();
  const env = { METRONOME_ADMIN_TOKEN: undefined };
  const links: string[] = [];
  for (let n = 0; n < 2; n++) {
    const program = site.start({ env });
    const { http } = await program.ready();
    await until("the link is printed", () => program.stderr().includes("\n"));
    const [, printed = "", code = ""] =
      /^Open this link within 15 minutes to sign in, once: (http:\S+)\/#code=([\w-]{32})\n$/.exec(program.stderr()) ??
        [];
    assert.equal(printed, http);
    links.push(code);
    const redeem = (secret: string) => call(http, "/api/v1/auth/session", { code: secret }, { authorization: "" });
    assert.equal((await redeem("wrong")).status, 401);
    if (n === 1) {
      assert.equal((await redeem(links[0] ?? "")).status, 401, "the link of the start before");
      assert.equal((await redeem(code)).status, 204);
      assert.equal((await redeem(code)).status, 401);
    }
    kill(program.pid, "SIGTERM");
    await program.ended;
  }
  assert.notEqual(links[0], links[1]);
  const program = site.start({ env });
  await program.ready();
  kill(program.pid, "SIGTERM");
  assert.equal((await program.ended).stderr, "");
});

test("what keeps a peer from starting is one line, and exit code 1", async () => {
  await using site = new Site();
  const running = site.start();
  const { http, pid } = await running.ready();
  await assertEnds(site.start({ args: ["--data", join(site.path, "other"), "--http", new URL(http).host] }), 1, [
    `metronome: Another program listens on ${
      new URL(http).host
    }. Choose another port with --http, or end that program.`,
  ]);
  await assertEnds(site.start(), 1, [
    `metronome: the store in ${
      join(site.data, "store")
    } is in use by another process (pid ${pid}): stop that one, or start this one with another data folder`,
  ]);
  await assertEnds(site.start({ args: ["--data", join(site.path, "third"), "--http", "192.0.2.1:0"] }), 1, [
    "metronome: This machine has no address 192.0.2.1, so it can't listen on 192.0.2.1:0. Name one that it has with --http.",
  ]);
  kill(running.pid, "SIGTERM");
  await running.ended;

  chmodSync(join(site.data, "key"), 0o644);
  await assertEnds(site.start(), 1, [
    `metronome: others on this machine may read ${
      join(site.data, "key")
    } (mode 644): if none of them has, \`chmod 600\` it; else delete it, and a new one is made`,
  ]);
  writeFileSync(join(site.path, "file"), "");
  const proc = process.platform === "linux" ? ["/proc/metronome", "/proc/metronome/below"] : [];
  for (const data of [join(site.path, "file"), join(site.path, "file", "below"), ...proc]) {
    const { code, stderr } = await site.start({ args: ["--data", data] }).ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^metronome: the store in \S+ can't be written \(.+\): make it a folder that this user may write, .+\n$/,
    );
  }
});

test("a folder that this user may not write is one line, and exit code 1", async (t) => {
  if (process.getuid?.() === 0) return t.skip("root may write everywhere");
  await using site = new Site();
  mkdirSync(site.data, { mode: 0o500 });
  const { code, stderr } = await site.start().ended;
  assert.equal(code, 1);
  assert.match(stderr, /^metronome: the store in \S+ can't be written \(.+\): .+\n$/);
});

test("a store that is damaged, or newer than the program, is one line, exit code 1, and left as it is", async () => {
  await using site = new Site();
  const program = site.start();
  await program.ready();
  kill(program.pid, "SIGTERM");
  await program.ended;
  const store = join(site.data, "store");
  const { Level } = await import("level");
  const level = new Level<string, string>(store);
  await level.put("!meta!format", sealRecord("!meta!format", "3"));
  await level.close();
  await assertEnds(site.start(), 1, [
    `metronome: the store in ${store} was written by a newer Metronome (format 3, this one knows 2): upgrade this program, or start it with another data folder`,
  ]);
  writeFileSync(join(store, "CURRENT"), "");
  const before = readdirSync(store).filter((name) => /\.(log|ldb)$/.test(name));
  const { code, stderr } = await site.start().ended;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^metronome: the store in \S+ is damaged \(.+\): move this folder away, .+ Nothing was deleted\n$/,
  );
  assert.deepEqual(readdirSync(store).filter((name) => /\.(log|ldb)$/.test(name)), before);
});

test("settings that can't be are a line each, and exit code 2", async () => {
  await using site = new Site();
  const address = "expected: host:port, such as 127.0.0.1:8081 or [::1]:8081, where port 0 takes any that is free";
  await assertEnds(site.start({ args: ["--http", "x"], env: { METRONOME_P2P: "y" } }), 2, [
    `metronome: --http is "x"; ${address}`,
    `metronome: METRONOME_P2P is "y"; ${address.replaceAll("8081", "8091")}`,
  ]);
  await assertEnds(site.start({ runtime: "bun" }), 2, [
    `metronome: METRONOME_RUNTIME is "bun"; expected: deno or node`,
  ]);
  await assertEnds(site.start({ args: ["--runtime", "bun"] }), 2, [
    `metronome: --runtime is "bun"; expected: deno or node`,
  ]);
  assert.equal((await site.run({ args: ["start", "--no-such-flag"] }).ended).code, 2);
  assert.ok(!existsSync(site.data) || !existsSync(join(site.data, "store")));
});

test("the data folder and secrets come from wherever they are set, through the sandbox too", async () => {
  await using site = new Site();
  const data = join(site.path, "with, comma");
  writeFileSync(join(site.path, "m.json"), JSON.stringify({ data, http: "127.0.0.1:0", name: "from the file" }));
  writeFileSync(join(site.path, "token"), "a-token-from-a-file-of-more-than-32-characters\n");
  const program = site.run({
    args: ["start", "--json"],
    env: {
      METRONOME_CONFIG: "m.json",
      METRONOME_ADMIN_TOKEN: undefined,
      METRONOME_ADMIN_TOKEN_FILE: join(site.path, "token"),
    },
  });
  const { http } = await program.ready();
  const headers = { authorization: "Bearer a-token-from-a-file-of-more-than-32-characters" };
  const { body } = await call(http, "/api/v1/auth/session", undefined, headers);
  assert.equal(body.peer.name, "from the file");
  assert.ok(existsSync(join(data, "store", "CURRENT")));
});

test("a folder that was open to others is closed to them, and the log says so", async () => {
  await using site = new Site();
  const folders = [site.data, join(site.data, "store"), join(site.data, "audit")];
  for (const folder of folders) {
    mkdirSync(folder);
    chmodSync(folder, 0o755);
  }
  const program = site.start();
  const { pid } = await program.ready();
  for (const folder of folders) assert.equal(statSync(folder).mode & 0o777, 0o700, folder);
  kill(pid, "SIGTERM");
  assert.equal((await program.ended).stderr.match(/could enter a folder of the peer's/g)?.length, folders.length);
});

test("what is secret on a command line is not there any more when the program runs", async () => {
  const { hidden } = await script("hidden.js");
  const ticket = "mtr1.a-b_C.d";
  const token = ["ls", "--json"];
  const cases: readonly (readonly [readonly string[], readonly string[], { readonly [name: string]: string }])[] = [
    [["join", ticket, "--json"], ["start", "--json"], { METRONOME_JOIN: ticket }],
    [["join", "--name", "b", ticket], ["start", "--name", "b"], { METRONOME_JOIN: ticket }],
    [["start", "--join", ticket, "--json"], ["start", "--json"], { METRONOME_JOIN: ticket }],
    [["start", `--join=${ticket}`], ["start"], { METRONOME_JOIN: ticket }],
    [["task", ...token, "--token", "s"], ["task", ...token], { METRONOME_TOKEN: "s" }],
    [["task", "--token=s", ...token], ["task", ...token], { METRONOME_TOKEN: "s" }],
    // What can't be is the program's to say, and what stands behind -- is no option.
    [["join", "x y"], ["join", "x y"], {}],
    [["start", "--join"], ["start", "--join"], {}],
    [["start", "--token", "s"], ["start", "--token", "s"], {}],
    [["task", "ls", "--", "--token", "s"], ["task", "ls", "--", "--token", "s"], {}],
  ];
  for (const [words, args, env] of cases) {
    const given = { HOME: "/h", METRONOME_JOIN: "other", METRONOME_JOIN_FILE: "/f", METRONOME_TOKEN_FILE: "/t" };
    const found = hidden(words, given);
    const [name] = Object.keys(env);
    const { [`${name}_FILE`]: _, ...kept } = given as { readonly [name: string]: string };
    assert.deepEqual(found, { args, env: { ...kept, ...env }, isAny: name !== undefined }, words.join(" "));
  }
});

test("the launcher finds the data folder that the configuration means, for the sandbox to open", async () => {
  await using site = new Site();
  const { dataFolder } = await script("sandbox.js");
  const file = (name: string, text: string) => {
    writeFileSync(join(site.path, name), text);
    return join(site.path, name);
  };
  const config = file("m.json", '{"data":"/from/config"}');
  const named = file("data", "/from/file\n");
  const cases: readonly (readonly [{ readonly [flag: string]: string }, { readonly [name: string]: string }])[] = [
    [{ data: "/flag" }, { METRONOME_DATA: "/variable" }],
    [{ data: "relative" }, {}],
    [{ config }, { METRONOME_DATA: "/variable" }],
    [{ config }, { METRONOME_DATA_FILE: named }],
    [{ config }, {}],
    [{}, { METRONOME_CONFIG: config }],
    [{}, { METRONOME_CONFIG_FILE: file("path", config) }],
    [{}, {}],
    [{}, { XDG_DATA_HOME: "/xdg" }],
    [{}, { XDG_DATA_HOME: "relative" }],
  ];
  for (const [flags, given] of cases) {
    const env = { HOME: "/home/ada", LOCALAPPDATA: "/local", ...given };
    const { platform } = process;
    const meant = readConfig({
      flags,
      env,
      readText: (path) => readFileSync(path, "utf8"),
      hostname: () => "h",
      platform,
    });
    assert.ok("data" in meant);
    const flagged = Object.entries(flags);
    assert.equal(dataFolder(["start", ...flagged.flatMap(([flag, value]) => [`--${flag}`, value])], env), meant.data);
    assert.equal(dataFolder(["start", ...flagged.map(([flag, value]) => `--${flag}=${value}`)], env), meant.data);
  }
});

test("the command line finds the peer of its machine, and may touch the files that it is given", async () => {
  await using site = new Site();
  const program = site.start();
  await program.ready();
  const env = { METRONOME_DATA: site.data, METRONOME_ADMIN_TOKEN: undefined };
  const run = (...args: string[]) => site.run({ args, env }).ended;
  writeFileSync(
    join(site.path, "in.ndjson"),
    '{"id":"a","schedule":"2099-01-01T00:00:00Z","target":"http://127.0.0.1:9/"}\n',
  );
  const imported = await run("task", "import", "in.ndjson");
  assert.equal(imported.code, 0, imported.stderr);
  for (let n = 0; n < 2; n++) {
    const exported = await run("task", "export", "out.ndjson");
    assert.equal(exported.code, 0, exported.stderr);
    assert.equal(JSON.parse(readFileSync(join(site.path, "out.ndjson"), "utf8")).id, "a");
  }
  kill(program.pid, "SIGTERM");
  await program.ended;
  assert.equal((await run("task", "ls")).code, 3);
});

test(
  "in its sandbox the program can read, write, run, load and ask for nothing but its own",
  { skip: RUNTIME !== "deno" },
  async () => {
    await using site = new Site();
    mkdirSync(site.data);
    const canary = join(site.path, "canary.ts");
    writeFileSync(canary, CANARY);
    const [{ sandbox }, { runtimePath }] = await Promise.all([script("sandbox.js"), script("runtime.js")]);
    const level = join(ROOT, "node_modules", "classic-level");
    const flags: string[] = sandbox(ROOT, ["start", "--data", site.data], {});
    assert.ok(
      !flags.some((flag) => /^(-A|--allow-all|--allow-run.*|--allow-(read|write|ffi|env|sys))$/.test(flag)),
      flags.join(" "),
    );
    const { stdout, stderr } = spawnSync(runtimePath("deno"), ["run", ...flags, canary, site.data, level], {
      encoding: "utf8",
    });
    assert.deepEqual(JSON.parse(stdout || "{}"), {
      "read of its data": "granted",
      "write of its data": "granted",
      "read of another file": "NotCapable",
      "write of another file": "NotCapable",
      "write of the program": "NotCapable",
      "another program": "NotCapable",
      "another library": "NotCapable",
      "another variable": "granted",
      "the variable's value": "undefined",
      "who the user is": "NotCapable",
      "what the machine holds": "NotCapable",
      "a signal to another process": "NotCapable",
      "the variables of the process": "NotCapable",
      "a library of its own": "NotCapable",
      "what it is told": "denied",
      "more, when it asks": "granted",
      "code from elsewhere": "TypeError",
      // The one thing that it may do everywhere: where an event goes is checked by the program (test/e2e/egress).
      "a port to listen on": "granted",
    }, stderr);
  },
);

const CANARY = `
const data = Deno.args[0];
const seen = {};
const attempt = (what, deed) => {
  try { deed(); seen[what] = "granted"; } catch (error) { seen[what] = error.name; }
};
attempt("read of its data", () => Deno.readDirSync(data).next());
attempt("write of its data", () => Deno.writeTextFileSync(data + "/x", ""));
attempt("read of another file", () => Deno.readTextFileSync("/etc/passwd"));
attempt("write of another file", () => Deno.writeTextFileSync(data + "/../y", ""));
attempt("write of the program", () => Deno.writeTextFileSync(${JSON.stringify(join(ROOT, "src", "main.ts"))}, ""));
attempt("another program", () => new Deno.Command("true").outputSync());
attempt("another library", () => Deno.dlopen("libc.so.6", {}));
attempt("another variable", () => seen["the variable's value"] = String(Deno.env.get("PATH")));
attempt("who the user is", () => Deno.uid());
attempt("what the machine holds", () => Deno.systemMemoryInfo());
attempt("a signal to another process", () => Deno.kill(1, "SIGCONT"));
attempt("the variables of the process", () => Deno.readTextFileSync("/proc/self/environ"));
attempt("a library of its own", () => Deno.writeFileSync(Deno.args[1] + "/prebuilds/x.node", new Uint8Array()));
attempt("more, when it asks", () => { seen["what it is told"] = Deno.permissions.requestSync({ name: "run" }).state; });
await import("http://127.0.0.1:9/x.js").catch((error) => seen["code from elsewhere"] = error.name);
attempt("a port to listen on", () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close());
console.log(JSON.stringify(seen));
Deno.exit();
`;

/** A part of the launcher, in JavaScript that every Node runs. */
function script(name: string) {
  return import(pathToFileURL(join(ROOT, "scripts", name)).href);
}

async function assertEnds(program: ReturnType<Site["start"]>, code: number, lines: readonly string[]): Promise<void> {
  assert.deepEqual(await program.ended, { code, stdout: "", stderr: lines.map((line) => `${line}\n`).join("") });
}

/** A task that fires now, however long it takes to be heard. */
async function fire(url: string, id: string, target: string): Promise<void> {
  assert.equal((await call(url, "/api/v1/tasks", { id, schedule: "2099-01-01T00:00:00Z", target })).status, 201);
  const { status, body } = await call(url, `/api/v1/tasks/${id}/trigger`, {});
  assert.ok(status < 300, JSON.stringify(body));
}

/** It says so on connections that it has, and takes no new one. */
async function isStopping(url: string): Promise<boolean> {
  try {
    return (await call(url, "/healthz")).status === 503;
  } catch {
    return true;
  }
}

/** A target that answers at once, or when it is let go. */
async function openTarget(pace: "quick" | "slow") {
  let received = 0;
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    request.resume();
    received++;
    if (pace === "quick") response.end();
    else waiting.push(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    received: () => received,
    waiting: () => waiting.length,
    letGo() {
      for (const answer of waiting) answer();
      waiting = [];
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
