// A peer that breaks where it has a secret in its hands: what it prints then, and leaves behind, is searched for them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { kill, ROOT, RUNTIME, Site, TOKEN, until } from "./peer.ts";

const PASSWORD = "canary-password-of-a-user";
const IN_URN = "canary-password-in-a-urn";
const IN_HEADER = "canary-value-of-a-header";
const CREDENTIAL = "canary-credential-of-a-target";
const SECRETS = [TOKEN, PASSWORD, IN_URN, IN_HEADER, CREDENTIAL];

/**
 * Runs before the program. Where a password is checked, and where an event with credentials is made ready, something
 * throws that nobody has foreseen; and at SIGUSR2 something does that nobody catches.
 */
const PRELOAD = `
const secrets = ${JSON.stringify(SECRETS)};
const holds = (value) => typeof value === "string" && secrets.slice(1).some((secret) => value.includes(secret));
const broken = (owner, name) => {
  const real = owner[name];
  owner[name] = function (...given) {
    if (holds(given[0]) || holds(this)) {
      process.stderr.write("broken at " + name + "\\n");
      throw new TypeError("the test has broken " + name);
    }
    return real.apply(this, given);
  };
};
import { Buffer } from "node:buffer";
import process from "node:process";
broken(String.prototype, "normalize");
const from = Buffer.from;
broken(Buffer, "from");
process.on("SIGUSR2", () => {
  Buffer.from = from;
  queueMicrotask(() => { throw new Error("the test has ended it"); });
});
`;

test("a peer that breaks, and one that crashes, print and leave nothing of what is secret", async () => {
  await using site = new Site();
  const preload = join(site.path, "preload.mjs");
  writeFileSync(preload, PRELOAD);
  const { runtimePath } = await import(pathToFileURL(join(ROOT, "scripts", "runtime.js")).href);
  const program = [
    ...[join(ROOT, "src", "main.ts"), "start", "--json", "--data", site.data, "--http", "127.0.0.1:0"],
  ];
  const flags = RUNTIME === "deno"
    ? ["run", "--quiet", "--allow-all", `--preload=${preload}`]
    : ["--import", pathToFileURL(preload).href];
  const child = spawn(runtimePath(RUNTIME), [...flags, ...program], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, METRONOME_ADMIN_TOKEN: TOKEN },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (part) => stdout += part);
  child.stderr.on("data", (part) => stderr += part);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  try {
    await until("the peer is ready, or gone", () => stdout.includes('"ready":true') || child.exitCode !== null);
    assert.equal(child.exitCode, null, stderr);
    const { http } = JSON.parse(stdout);
    const said: string[] = [];
    const ask = async (line: string, body?: unknown) => {
      const [method = "GET", path = ""] = line.split(" ");
      const response = await fetch(`${http}/api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      said.push(`${line} ${response.status} ${text}`);
      return { status: response.status, text };
    };
    assert.equal((await ask("POST users", { name: "ada", password: PASSWORD })).status, 500);
    await ask("PUT targets/t", {
      ...{ urn: "http://127.0.0.1:9/t", auth: { kind: "basic", user: "u" }, credentials: { password: CREDENTIAL } },
    });
    const schedule = `R/${new Date(Date.now() - 60_000).toISOString()}/PT1S`;
    const headers = { "x-api-key": IN_HEADER };
    await ask("PUT tasks/a", { schedule, target: { urn: `http://u:${IN_URN}@127.0.0.1:9/x`, headers } });
    await ask("PUT tasks/b", { schedule, target: { name: "t" } });
    await until("an event was to be sent, or nothing is there any more", async () => {
      if (child.exitCode !== null) return true;
      const runs = await ask("GET runs").catch(() => undefined);
      return stderr.includes("broken at from") && (runs === undefined || runs.text.includes('"attempts":[{'));
    });
    kill(child.pid ?? 0, "SIGUSR2");
    assert.notEqual(await ended, 0);
    assert.match(stderr, /broken at normalize/);
    assert.match(stderr, /the test has ended it|the test has broken from/);
    for (const secret of SECRETS) {
      for (const text of [stdout, stderr, ...said]) {
        assert.ok(!text.includes(secret), `${secret} stands in ${text.slice(0, 500)}`);
      }
      for (const entry of readdirSync(site.data, { withFileTypes: true, recursive: true })) {
        if (!entry.isFile()) continue;
        const bytes = readFileSync(join(entry.parentPath, entry.name)).toString("latin1");
        assert.ok(!bytes.includes(secret), `${secret} stands in ${entry.name}`);
      }
    }
  } finally {
    kill(child.pid ?? 0, "SIGKILL");
    await ended;
  }
});
