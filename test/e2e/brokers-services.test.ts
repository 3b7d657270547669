// `scripts/services.js`, by which real brokers come to be: what it starts holds nothing of who started it, two sets of
// brokers get in each other's way nowhere, and tests of a broker that is not there are skipped, counted, and say why.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ROOT, RUNTIME, Site } from "./peer.ts";

/** Descriptors beside the three streams: Node itself keeps the first few of these from its children. */
const INHERITED = 40;

/** Runs a module, with many descriptors open; what it printed, as JSON. */
function run(script: string, env: { readonly [name: string]: string } = {}): unknown {
  const { stdout, stderr, status } = spawnSync("node", ["--input-type=module", "-e", script], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 60_000,
    stdio: ["ignore", "pipe", "pipe", ...Array.from({ length: INHERITED }, () => "pipe" as const)],
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** Says what it holds itself: looked at from outside, it might still be opening its own libraries. */
const HOLDER = `for fd in /proc/$$/fd/*; do readlink "$fd"; done; echo end; exec sleep 60`;

test("a broker holds nothing open of who started it but its log", { skip: process.platform !== "linux" }, async () => {
  await using site = new Site();
  const log = join(site.path, "log");
  const said = run(
    `
    const { existsSync, readFileSync } = process.getBuiltinModule("node:fs");
    const { setTimeout: pause } = process.getBuiltinModule("node:timers/promises");
    const { end, startProcess } = await import(process.env.MODULE);
    const { FOLDER: cwd, LOG: log, HOLDER } = process.env;
    const started = startProcess("sh", ["-c", HOLDER], { log, cwd });
    const read = () => existsSync(log) ? readFileSync(log, "utf8") : "";
    while (!read().endsWith("end\\n")) await pause(10);
    await end([started]);
    console.log(JSON.stringify(read().trim().split("\\n")));
  `,
    { FOLDER: site.path, LOG: log, HOLDER, MODULE: join(ROOT, "scripts", "services", "processes.js") },
  );
  assert.deepEqual(said, ["/dev/null", log, log, "end"]);
});

const PORTS = { MODULE: join(ROOT, "scripts", "services", "ports.js") };

test("a set of brokers keeps its ports while they are free, and takes others together when one is not", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const { port } = address;
  const script = (before: string) => `
    const { freePorts } = await import(process.env.MODULE);
    console.log(JSON.stringify(await freePorts({ broker: ${port}, wall: ${port} + 1 }, ${before})));
  `;
  const others: unknown = run(script("undefined"), PORTS);
  assert.ok(typeof others === "object" && others !== null && "broker" in others && "wall" in others);
  assert.ok(Number(others.broker) > port && (Number(others.broker) - port) % 100 === 0);
  assert.equal(Number(others.wall), Number(others.broker) + 1);
  assert.deepEqual(run(script(JSON.stringify(others)), PORTS), others);
  await new Promise((resolve) => server.close(resolve));
});

test("tests of a broker that is not there are skipped by name with the reason, and counted", async () => {
  await using site = new Site();
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = spawnSync("node", [join("scripts", "test.js"), RUNTIME, "test/contract/trigger-mqtt.test.ts"], {
    cwd: ROOT,
    encoding: "utf8",
    // Within a test of its own, Node runs no other.
    env: { ...env, METRONOME_SERVICES: site.path },
  });
  assert.match(stdout, /mqtt: an event arrives once, and says what it is \(mosquitto is not running: /);
  const [, passed, failed, skipped] = /: (\d+) passed, (\d+) failed, (\d+) skipped/.exec(stdout) ?? [];
  assert.deepEqual([passed, failed], ["0", "0"]);
  assert.ok(Number(skipped) > 5, stdout);
});
