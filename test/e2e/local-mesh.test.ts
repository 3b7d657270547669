// `npm run mesh`: peers on one machine, for who wants to see what a mesh does.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { ROOT, RUNTIME, until } from "./peer.ts";

const SCRIPT = join(ROOT, "scripts", "mesh.js");

/** Networks can be made here, so there is a cable to pull. */
const hasCable = process.platform === "linux" && spawnSync("unshare", ["--net", "ip", "link"]).status === 0;

test("a mesh on one machine is whole, says what to try, misses who is killed, and leaves nothing behind", async () => {
  const mesh = spawn("node", [SCRIPT, "2", "--http", "0", "--runtime", RUNTIME, ...(hasCable ? ["--cable"] : [])], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<number | null>((resolve) => mesh.once("exit", resolve));
  const lines = createInterface({ input: mesh.stdout })[Symbol.asyncIterator]();
  const find = async (pattern: RegExp): Promise<string> => {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      const found = pattern.exec(line.value);
      if (found !== null) return found[1] ?? "";
    }
    throw new Error(`the mesh ended and did not say ${pattern}`);
  };
  try {
    await find(/^(peer-2) is ready: http:/);
    const data = await find(/METRONOME_DATA=(\S+)/);
    const states = () => {
      const { status, stdout, stderr } = spawnSync("node", [join(ROOT, "scripts", "metronome"), "peers", "--json"], {
        encoding: "utf8",
        env: { ...process.env, METRONOME_DATA: data },
      });
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout).peers.map(({ name, state }: Record<string, string>) => `${name} ${state}`).join(", ");
    };
    await until("the first has heard of the second", () => states() === "peer-1 alive, peer-2 alive");
    const pid = Number(await find(/kill -9 (\d+)/));
    if (hasCable) {
      await find(/^(A cable) lies between peer-1 on one side and peer-2 on the other/);
      for (const [deed, seen] of [["cut", "dead"], ["heal", "alive"]] as const) {
        mesh.stdin.write(`${deed}\n`);
        await until(`peer-2 is ${seen}`, () => states() === `peer-1 alive, peer-2 ${seen}`);
      }
    }
    process.kill(pid, "SIGKILL");
    await find(/^(peer-2) has ended/);
    // Of a program that `mesh.kill` has stopped, Deno tells no code.
    process.kill(mesh.pid ?? 0, "SIGINT");
    assert.equal(await ended, 0);
    assert.ok(!existsSync(data));
  } finally {
    mesh.kill("SIGINT");
  }
});

test("a mesh of no peers is a fault of usage", () => {
  const { status, stderr } = spawnSync("node", [SCRIPT, "0"], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /from 1 to 32/);
});
