// `doctor` on real folders, stores and ports, in this process and by the launcher, within the sandbox.

import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { announce, keepKey, storeFolder } from "../../src/data-folder.ts";
import { levelKeyValue } from "../../src/store/level.ts";
import { Site } from "../e2e/peer.ts";
import { runProgram } from "./world.ts";

type Finding = { readonly check: string; readonly state: string; readonly detail: string; readonly way?: string };

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "metronome-doctor-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function doctor(
  ...words: readonly string[]
): Promise<{ code: number | undefined; findings: readonly Finding[] }> {
  const { code, out, err } = await runProgram(["doctor", "--json", ...words], NOWHERE);
  assert.equal(err, "");
  return { code, findings: out.trim().split("\n").map((line) => JSON.parse(line)) };
}

const NOWHERE = { env: {}, parts: { fetch: () => Promise.reject(new TypeError("nobody is asked")) } };
const FREE = ["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"];

function of(findings: readonly Finding[], check: string): readonly (string | undefined)[] {
  const found = findings.find((each) => each.check === check);
  return [found?.state, found?.detail];
}

test("what a first start would meet is well, and is left as it was", () =>
  withFolder(async (folder) => {
    const data = join(folder, "data");
    const { code, findings } = await doctor("--data", data, ...FREE);
    assert.deepEqual([code, findings.map(({ state }) => state)], [0, findings.map(() => "ok")]);
    assert.deepEqual(findings.map(({ check }) => check), ["program", "data folder", "disk", "store", "http", "p2p"]);
    await assert.rejects(chmod(data, 0o700), { code: "ENOENT" });
    const { out } = await runProgram(["doctor", "--data", data, ...FREE], NOWHERE);
    assert.match(out, /^CHECK {8}STATE {2}WHAT IS FOUND\nprogram {6}ok {5}Metronome .*\n/);
    assert.match(out, /\n\nNothing is wrong\.\n$/);
  }));

test("a folder, a store and a port that stand in the way are problems, each with what is to be done", () =>
  withFolder(async (folder) => {
    const path = storeFolder(folder);
    const open = await levelKeyValue({ path });
    const locked = await doctor("--data", folder, ...FREE);
    assert.equal(locked.code, 1);
    const [state, detail] = of(locked.findings, "store");
    assert.deepEqual([state, detail], [
      "problem",
      `the store in ${path} is in use by another process (pid ${process.pid})`,
    ]);
    await open.batch([{ space: "runs", key: "a", value: "1" }]);
    await open.close();
    const closed = await doctor("--data", folder, ...FREE);
    assert.deepEqual([closed.code, of(closed.findings, "store")[0]], [0, "ok"]);
    const again = await levelKeyValue({ path });
    assert.deepEqual(await again.getMany("runs", ["a"]), ["1"], "it is as it was");
    await again.close();
    await writeFile(join(path, "CURRENT"), "");
    const damaged = await doctor("--data", folder, ...FREE);
    assert.equal(damaged.code, 1);
    assert.match(String(of(damaged.findings, "store")[1]), /is damaged/);
    assert.match(
      String(damaged.findings.find(({ check }) => check === "store")?.way),
      /restore a backup|join the mesh again/,
    );

    if (process.platform !== "win32") {
      await chmod(folder, 0o755);
      const { findings } = await doctor("--data", folder, ...FREE);
      assert.deepEqual(of(findings, "data folder"), ["warning", `${folder} can be entered by other users (mode 755)`]);
    }
    const file = join(folder, "file");
    await writeFile(file, "");
    assert.deepEqual(of((await doctor("--data", file, ...FREE)).findings, "data folder"), [
      "problem",
      `${file} is no folder`,
    ]);
  }));

test("who has a port is said, as far as it can be known", () =>
  withFolder(async (folder) => {
    const peer = createServer((request, response) =>
      response.end(request.url === "/api/v1/healthz" ? '{"status":"ok"}' : "")
    );
    const other = createServer((_request, response) => response.end("hello"));
    const mute = createTcpServer((socket) => void socket.destroy());
    const servers = [peer, other, mute];
    const ports = await Promise.all(servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return (server.address() as AddressInfo).port;
    }));
    try {
      const told = [];
      for (const port of ports) {
        const { code, findings } = await doctor(
          "--data",
          folder,
          "--http",
          `127.0.0.1:${port}`,
          "--p2p",
          "127.0.0.1:0",
        );
        const found = findings.find(({ check }) => check === "http");
        assert.deepEqual([code, found?.state], [1, "problem"]);
        assert.match(String(found?.way), /another port with --http$/);
        told.push(found?.detail.replace(/^127\.0\.0\.1:\d+ is taken by /, ""));
      }
      assert.deepEqual(told, ["another peer of Metronome's", "another program, which speaks HTTP", "another program"]);
    } finally {
      for (const server of servers) {
        if ("closeAllConnections" in server) server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }
    const nowhere = await doctor("--data", folder, "--http", "192.0.2.1:8081", "--p2p", "127.0.0.1:0");
    assert.match(String(of(nowhere.findings, "http")[1]), /^192\.0\.2\.1:8081 can't be listened at/);
  }));

test("settings that can't be are all named", async () => {
  const { code, findings } = await doctor("--http", "nowhere", "--p2p", "x", "--data", "");
  assert.equal(code, 1);
  assert.ok(findings.length >= 3 && findings.every(({ check, state }) => check === "settings" && state === "problem"));
  assert.ok(findings.some(({ detail }) => detail.includes("--http")));
});

const PEER = {
  ...{ state: "alive", shards: 1, draining: false, fenced: false, writable: true, version: "0.1.0", tzdata: "2026b" },
};

test("a peer that runs is asked: whether it works, who is reached, whose clock is off, and what differs", () =>
  withFolder(async (folder) => {
    await keepKey(folder, () => "the-key-of-a-test-0123456789");
    await announce(folder, "http://127.0.0.1:1");
    const ask = async (peers: readonly object[], ready = true) => {
      const mesh = { self: "p0", converged: true, peers: [{ ...PEER, peer: "p0", name: "here" }, ...peers] };
      const fetch = (url: string) =>
        Promise.resolve(
          url.endsWith("/mesh")
            ? Response.json(mesh)
            : ready
            ? Response.json({ status: "ok" })
            : new Response(JSON.stringify({ status: 503, detail: "The disk takes no writes now." }), {
              status: 503,
              headers: { "content-type": "application/problem+json" },
            }),
        );
      const ran = await runProgram(["doctor", "--json", "--data", folder], { env: {}, parts: { fetch } });
      const findings: readonly Finding[] = ran.out.trim().split("\n").map((line) => JSON.parse(line));
      const own = findings.slice(findings.findIndex(({ check }) => check === "peer"));
      return [ran.code, ...own.map(({ check, state, detail }) => `${check} ${state}: ${detail}`)];
    };
    const answers = "it answers at http://127.0.0.1:1";
    assert.deepEqual(await ask([]), [0, `peer ok: ${answers}, and does its work`, "mesh ok: the peer is alone"]);
    assert.deepEqual(await ask([{ ...PEER, peer: "p1", name: "shop", skewMs: -12 }], false), [
      1,
      `peer problem: ${answers}, and is not able to work: The disk takes no writes now.`,
      "mesh ok: all 2 peers are alive, and hold the same",
      "clock ok: the others' are 12 ms off this one's, or less",
    ]);
    assert.deepEqual(
      await ask([
        { ...PEER, peer: "p1", name: "shop", skewMs: 2_500 },
        { ...PEER, peer: "p2", name: "ship", skewMs: -600, tzdata: "2025a", version: "0.2.0" },
        { ...PEER, peer: "p3", name: "gone", state: "dead" },
        { ...PEER, peer: "p4", name: "left", state: "left", tzdata: "2020a" },
      ]),
      [
        1,
        `peer ok: ${answers}, and does its work`,
        "mesh warning: not reached: gone",
        "clock problem: shop's is 2500 ms ahead of this one's",
        "clock warning: ship's is 600 ms behind this one's",
        "time zones warning: this peer has 2026b, ship has 2025a",
        "version warning: this peer has 0.1.0, ship has 0.2.0",
      ],
    );
  }));

test("by the launcher, within the sandbox, a real peer is found well, and its ports its own", async () => {
  await using site = new Site();
  const { http, pid } = await site.start().ready();
  const ran = await site.run({ args: ["doctor", "--json"], env: { METRONOME_DATA: site.data } }).ended;
  assert.deepEqual([ran.code, ran.stderr], [0, ""]);
  const findings: readonly Finding[] = ran.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(of(findings, "store"), ["ok", `it is open in the peer that runs here, pid ${pid}`]);
  assert.deepEqual(of(findings, "peer"), ["ok", `it answers at ${http}, and does its work`]);
  assert.deepEqual(of(findings, "mesh"), ["ok", "the peer is alone"]);
  assert.equal(of(findings, "data folder")[0], "ok");
  const args = ["doctor", "--data", join(site.path, "other"), "--http", http.replace("http://", "")];
  const second = await site.run({ args }).ended;
  assert.equal(second.code, 1);
  assert.match(second.stdout, /\nhttp .*problem .*is taken by another peer of Metronome's\n/);
  assert.match(second.stdout, /\nhttp: stop that one .*\n\n1 problem\.\n$/);
});
