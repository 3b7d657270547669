// The process that a peer lives in: it says when it is ready, or in one line why it can't start; it stops when it is
// asked to, in bounded time, and exits by itself, whatever a library has left open.

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { type Flags, readConfig } from "../config.ts";
import { start } from "../start.ts";
import { EXIT } from "./failure.ts";

/** A stop that takes longer has met a disk or a target that hangs; all that was acknowledged is on the disk. */
const STOP_MS = 10_000;

/** A terminal sends a signal to the launcher too, which passes it on: the same signal again so soon is the same press. */
const SAME_SIGNAL_MS = 400;

const EXITS = { machine: EXIT.failed, peer: EXIT.refused, unreachable: EXIT.unreachable };

/** Set by a launcher that stays beside us to its own pid: a launcher that was killed takes its peer with it. */
const LAUNCHER_VARIABLE = "METRONOME_LAUNCHER";
const LAUNCHER_LOOK_MS = 1_000;

export async function runPeer(flags: Flags): Promise<void> {
  const config = readConfig({
    flags,
    env: process.env,
    readText: (path) => readFileSync(path, "utf8"),
    hostname,
    platform: process.platform,
  });
  if ("kind" in config) return end(EXIT.usage, ...config.lines);
  const runtime = "deno" in process.versions ? "deno" : "node";
  if (flags.runtime !== undefined && flags.runtime !== runtime) {
    return end(EXIT.usage, `--runtime is "${flags.runtime}", and this is ${runtime}: scripts/metronome starts either`);
  }
  const starting = start(config);
  const stop = stopOnSignals(starting);
  const started = await starting;
  if (started.kind === "refused") return end(EXITS[started.by], started.why);
  stopWithLauncher(stop);
  clearMemory();
  const { id, url, p2p, link, fingerprint } = started;
  if (flags.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ready: true, http: url, peer: id, p2p, pid: process.pid, fingerprint })}\n`,
    );
  } else {
    process.stdout.write(`Metronome ${config.name} is ready: ${url}\n`);
    if (fingerprint !== undefined) process.stdout.write(`Its certificate's SHA-256: ${fingerprint}\n`);
  }
  if (link !== undefined) process.stderr.write(`Open this link within 15 minutes to sign in, once: ${link}\n`);
}

/** Stops at the first signal, and gives up at the second. Returns what stops without one. */
function stopOnSignals(starting: ReturnType<typeof start>): () => void {
  let firstAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      void stop(starting);
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      end(EXIT.failed, "stopped at once: what was in flight is sent again at the next start");
    }
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return onSignal;
}

async function stop(starting: ReturnType<typeof start>): Promise<void> {
  setTimeout(() => {
    end(EXIT.failed, `not stopped after ${STOP_MS / 1_000} s: what was in flight is sent again at the next start`);
  }, STOP_MS);
  const started = await starting;
  if (started.kind === "refused") return;
  await started.stop();
  end(EXIT.done);
}

function stopWithLauncher(stop: () => void): void {
  const launcher = Number(process.env[LAUNCHER_VARIABLE]);
  if (process.ppid !== launcher) return;
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    stop();
  }, LAUNCHER_LOOK_MS);
}

/**
 * What only the start needed goes, and V8's room for what is new is as small again as it was: by itself V8 looks when that
 * is full, which takes an idle peer hours. Node holds 99 MB then, in place of 113; no other flavor gives the room back.
 * The launcher gives `gc`. It is done before anybody has asked for something: what has run by then has to be compiled anew,
 * and a burst of 20,000 that came some seconds after it cost a fifth more.
 */
function clearMemory(): void {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc === "function") gc({ type: "major", flavor: "last-resort" });
}

function end(code: number, ...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`metronome: ${line}\n`);
  process.exit(code);
}
