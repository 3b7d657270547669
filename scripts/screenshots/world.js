// A small mesh for the pictures: three real peers, a receiver of their events, and tasks that show what can be seen.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const TOKEN = "token-of-the-pictures-0123456789abcdef";

/** A receiver whose paths behave: /fails answers 503 and says why, /slow takes its time. */
export async function startReceiver() {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const path = request.url ?? "";
      if (path.startsWith("/slow")) setTimeout(() => response.end(), 400);
      else if (path.startsWith("/fails")) {
        response.writeHead(503, { "content-type": "application/json", "retry-after": "30" });
        response.end(JSON.stringify({ error: "the ledger is being closed", until: "18:00" }, null, 2));
      } else response.writeHead(200).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function startPeer(name, args = []) {
  const folder = mkdtempSync(join(tmpdir(), "metronome-pictures-"));
  const child = spawn("node", [
    join(ROOT, "scripts", "metronome"),
    "start",
    "--json",
    ...["--name", name, "--data", folder, "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"],
    ...args,
  ], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, METRONOME_ADMIN_TOKEN: TOKEN },
  });
  const url = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.includes('"ready":true')) resolve(JSON.parse(line).http);
    });
  });
  const call = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const end = async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, signal);
    await exited;
  };
  return {
    name,
    url,
    call,
    kill: () => end("SIGKILL"),
    async stop() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What people do to them, each at the peer that is nearest. */
export async function edit([kitchen, cellar, office]) {
  await reached(cellar, "stock");
  await cellar.call("PATCH", "/tasks/stock", { name: "Count the stock", payload: { shelves: 14 } });
  await reached(office, "till-sync");
  await office.call("POST", "/tasks/till-sync/pause", { note: "the till of shop 12 is being repaired" });
  await kitchen.call("POST", "/tasks/till-sync/resume", {});
  await kitchen.call("PATCH", "/tasks/till-sync", { payload: { shop: 12, till: 3 } });
}

async function reached(peer, id) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return await peer.call("GET", `/tasks/${id}`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`${peer.name} never had ${id}`);
}

/** Tasks as a small shop would have them. */
export async function fill(peer, receiver) {
  const second = `${new Date(Date.now() + 1_000).toISOString().slice(0, 19)}Z`;
  const minute = `${new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString().slice(0, 19)}Z`;
  const { url } = receiver;
  const tasks = [
    {
      id: "till-sync",
      name: "Sync the tills",
      schedule: `R/${second}/PT5S/ET2S`,
      target: `${url}/tills`,
      payload: { shop: 12 },
      labels: { site: "lyon" },
    },
    {
      id: "stock",
      name: "Count the stock",
      schedule: `R/${second}/PT10S`,
      target: `${url}/slow/stock`,
      labels: { site: "lyon" },
    },
    {
      id: "heartbeat",
      name: "Heartbeat",
      schedule: `R/${second}/PT2S`,
      target: { urn: `${url}/alive`, method: "GET" },
    },
    {
      id: "weekly-report",
      name: "Weekly report",
      schedule: "30 8 * * MON [Europe/Paris]",
      target: `${url}/report`,
      labels: { team: "ops" },
    },
    {
      id: "nightly-backup",
      name: "Nightly backup",
      schedule: "0 2 * * * [Europe/Paris]",
      target: `${url}/backup`,
      policy: { retry: { limit: 3 }, overlap: "skip" },
      labels: { team: "ops" },
    },
    {
      id: "invoices",
      name: "Send the invoices",
      schedule: "0 9 L * * [Europe/Paris]",
      target: `${url}/invoices`,
      labels: { team: "books" },
    },
    { id: "prices", name: "New prices", schedule: `R/${minute}/PT1M`, target: `${url}/prices` },
    {
      id: "newsletter",
      name: "Newsletter",
      schedule: "0 10 * * TUE,THU [Europe/Paris]",
      target: `${url}/letters`,
      state: { paused: true, note: "until the new address list is there" },
    },
    {
      id: "payroll",
      name: "Payroll",
      schedule: `R/${second}/PT15S`,
      target: `${url}/fails/payroll`,
      policy: { retry: { limit: 1, base: "PT1S" } },
    },
    { id: "inventory", name: "Inventory day", schedule: "2027-01-02T07:00:00+01:00", target: `${url}/inventory` },
  ];
  for (const task of tasks) await peer.call("POST", "/tasks", task);
}
