// What every part of the benchmark needs: a sink, a peer on a folder of its own, and readings of /proc.

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../v8.js";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const TOKEN = "benchmark-token-of-more-than-32-characters";
const CLOCK_TICKS_PER_SECOND = 100;

/** What is to be taken away when the benchmark ends, however it does. */
const leftovers = new Set();
process.on("exit", () => {
  // What was made last goes first: a folder after those who write to it.
  for (const remove of [...leftovers].reverse()) remove();
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** `remove` is called at the end, unless what is returned was called before: that takes it away now. */
export function leftover(remove) {
  leftovers.add(remove);
  return () => {
    if (leftovers.delete(remove)) remove();
  };
}

/**
 * Starts a program, on one core when `core` is given and the system can, and resolves at its first line. `onLog` is given
 * each line of its error output, which is passed on when there is none.
 */
export async function startProgram(command, args, { core, env, onLog } = {}) {
  const pinned = core === undefined || process.platform !== "linux"
    ? [command, args]
    : ["taskset", ["-c", String(core), command, ...args]];
  const stdio = ["pipe", "pipe", onLog === undefined ? "inherit" : "pipe"];
  const child = spawn(...pinned, { cwd: root, stdio, env: { ...process.env, ...env } });
  const pids = new Set([child.pid]);
  const end = (signal) => {
    for (const pid of pids) kill(pid, signal);
  };
  const forget = leftover(() => end("SIGKILL"));
  const exited = new Promise((resolve) => child.once("exit", resolve)).finally(forget);
  if (onLog !== undefined) createInterface({ input: child.stderr }).on("line", onLog);
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    new Promise((resolve) => lines.once("line", resolve)),
    exited.then((code) => {
      throw new Error(`${command} ${args.join(" ")} ended with ${code} before it was ready`);
    }),
  ]);
  const ready = JSON.parse(first);
  // The program itself: a launcher that stays beside it and is killed leaves it alive for a moment.
  if (ready.pid !== undefined) pids.add(ready.pid);
  return {
    ready,
    pid: child.pid,
    exited,
    /** Nothing when it has gone already. */
    signal: (signal) => kill(ready.pid ?? child.pid, signal),
    async stop(signal = "SIGTERM") {
      kill(ready.pid ?? child.pid, signal);
      await exited;
    },
  };
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** The sink and its questions. */
export async function startSink(core, host = "127.0.0.1") {
  const sink = await startProgram(process.execPath, [join(root, "scripts/bench/sink.js"), host], { core });
  const ask = async (path) => await (await fetch(`http://127.0.0.1:${sink.ready.control}${path}`)).json();
  return {
    url: `http://${host}:${sink.ready.port}/`,
    port: sink.ready.port,
    seen: () => ask("/seen"),
    seenIds: () => ask("/seen?ids"),
    log: () => ask("/log"),
    reset: () => ask("/reset"),
    stop: () => sink.stop(),
    /** Resolves when `count` different occurrences have come, or rejects after `patienceMs`. */
    async awaitUnique(count, patienceMs) {
      const end = Date.now() + patienceMs;
      for (;;) {
        const isOver = Date.now() > end;
        // To look at all of 20,000 arrivals takes the sink's core 20 ms, which the rate of what comes would pay for.
        if (isOver || await ask("/count") >= count) {
          const seen = await ask("/seen");
          if (seen.unique >= count) return seen;
          if (isOver) throw new Error(`${seen.unique} of ${count} came within ${patienceMs} ms`);
        }
        await pause(100);
      }
    },
  };
}

/** What goes before a script that is to run as the program itself does. */
export function asProgram(runtime) {
  return runtime === "deno" ? ["run", "-A", "--no-check", `--v8-flags=${V8_FLAGS.deno.join(",")}`] : V8_FLAGS.node;
}

export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "metronome-bench-"));
  return { path: folder, remove: leftover(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })) };
}

/** A peer on `folder`, and the few calls that the benchmark makes. */
export async function startPeer(
  folder,
  { core, runtime = "deno", http = "127.0.0.1:0", args = [], prefix = [], onLog } = {},
) {
  const [command, ...rest] = [...prefix, process.execPath];
  const peer = await startProgram(command, [
    ...rest,
    join(root, "scripts/metronome"),
    "start",
    "--runtime",
    runtime,
    "--json",
    "--data",
    folder,
    "--http",
    http,
    ...args,
  ], { core, onLog, env: { METRONOME_ADMIN_TOKEN: TOKEN } });
  const call = (path, init = {}) =>
    fetch(peer.ready.http + path, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...init.headers } });
  return {
    url: peer.ready.http,
    id: peer.ready.peer,
    pid: peer.ready.pid,
    exited: peer.exited,
    signal: peer.signal,
    stop: peer.stop,
    call,
    /** The answer to a request with a JSON body; throws when it is none of success. */
    async post(path, body) {
      const response = await call(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return await response.json();
    },
    /** What every task is now, page by page. */
    async tasks() {
      const tasks = [];
      for (let cursor = ""; cursor !== null;) {
        const query = cursor === "" ? "" : `&cursor=${cursor}`;
        const page = await (await call(`/api/v1/tasks?limit=500${query}`)).json();
        tasks.push(...page.items);
        cursor = page.cursor;
      }
      return tasks;
    },
    /** Registers tasks by NDJSON; `tasks` makes the n-th. Resolves to when it was answered and what was refused. */
    async register(count, task) {
      const startedAt = performance.now();
      const response = await call("/api/v1/tasks:batch", {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: ndjson(count, task),
        duplex: "half",
      });
      if (response.status !== 200) throw new Error(`batch: ${response.status} ${await response.text()}`);
      let [lines, refused, rest] = [0, 0, ""];
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + chunk).split("\n");
        rest = parts.pop();
        for (const part of parts) {
          lines++;
          if (!part.includes('"status":20')) refused++;
        }
      }
      return { elapsedMs: performance.now() - startedAt, lines, refused };
    },
  };
}

function ndjson(count, task) {
  const encoder = new TextEncoder();
  let n = 0;
  return new ReadableStream({
    pull(controller) {
      let text = "";
      for (const end = Math.min(count, n + 500); n < end; n++) text += JSON.stringify(task(n)) + "\n";
      controller.enqueue(encoder.encode(text));
      if (n >= count) controller.close();
    },
  });
}

/** Resident memory in MB, and processor time in ms, of a process. */
export function readProcess(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return {
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND,
  };
}

/** What all threads of a process have had of the processor until now, as the scheduler counts it: exactly. */
export function processorUs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const each = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]));
  return each.reduce((sum, ns) => sum + ns, 0) / 1_000;
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The value that this share of all is not above. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** One line of a result: what was measured, what was wanted, and whether it holds. */
export function report(name, value, wanted, holds) {
  console.log(`  ${holds ? "ok  " : "MISS"} ${name}: ${value}${wanted === undefined ? "" : ` (wanted ${wanted})`}`);
  return holds;
}
