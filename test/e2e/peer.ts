// A peer as a person starts it: the launcher, on the runtime of the tests, on a folder of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const RUNTIME = process.env.METRONOME_TEST_RUNTIME ?? "deno";
export const TOKEN = "token-of-the-tests-of-the-start-0123456789";

/** Longer than any start or stop takes on a busy machine. */
const PATIENCE_MS = 30_000;

export type Ready = {
  readonly ready: true;
  readonly http: string;
  readonly peer: string;
  readonly p2p: readonly string[];
  /** Of the program itself, not of its launcher. */
  readonly pid: number;
};

export type Program = {
  /** Of the launcher. */
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves to the line that says so; rejects when the program ends before. */
  ready(): Promise<Ready>;
  stdout(): string;
  stderr(): string;
};

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Options = {
  readonly args?: readonly string[];
  /** Absent values are taken out of the environment. */
  readonly env?: { readonly [name: string]: string | undefined };
  readonly runtime?: string;
  /** What the program is started by: a command and its arguments, before those of the program. */
  readonly under?: readonly string[];
  /** As on a Node or a system that lets no program become another one. */
  readonly staysBeside?: boolean;
};

/** A folder that goes with the test, and every program that was started on it. */
export class Site implements AsyncDisposable {
  readonly path = mkdtempSync(join(tmpdir(), "metronome-start-"));
  readonly data = join(this.path, "data");
  readonly #pids: number[] = [];
  readonly #programs: Program[] = [];

  /** `metronome start --json`, on any free port. */
  start({ args = [], ...more }: Options = {}): Program {
    return this.run({ ...more, args: ["start", "--json", "--data", this.data, "--http", "127.0.0.1:0", ...args] });
  }

  run({ args = [], env = {}, runtime = RUNTIME, under = [], staysBeside = false }: Options): Program {
    const environment = { ...process.env, METRONOME_ADMIN_TOKEN: TOKEN, METRONOME_RUNTIME: runtime, ...env };
    const flags = staysBeside ? ["--import", "data:text/javascript,delete process.execve"] : [];
    const [command = "", ...rest] = [...under, "node", ...flags, join(ROOT, "scripts", "metronome"), ...args];
    const child = spawn(command, rest, {
      cwd: this.path,
      stdio: ["ignore", "pipe", "pipe"],
      env: Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined)),
    });
    const program = watch(child, (ready) => this.#pids.push(ready.pid));
    this.#programs.push(program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of [...this.#pids, ...this.#programs.map((program) => program.pid)]) kill(pid, "SIGKILL");
    await Promise.all(this.#programs.map(({ ended }) => ended));
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether the process runs: one that has ended, and that nobody has asked for its exit code, does not. */
export function isRunning(pid: number): boolean {
  if (!kill(pid, 0)) return false;
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return kill(pid, 0);
  }
}

/** False when there is no such process any more. */
export function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

export async function call(url: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
}

/** Waits until it is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !await isSo();) {
    if (Date.now() > end) throw new Error(`within ${PATIENCE_MS} ms it did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function watch(child: ChildProcess, onReady: (ready: Ready) => void): Program {
  let [stdout, stderr] = ["", ""];
  const ready = Promise.withResolvers<Ready>();
  const ended = Promise.withResolvers<Ended>();
  // Who does not ask whether it is ready does not want to know that it never was.
  ready.promise.catch(() => {});
  child.stderr?.on("data", (chunk) => stderr += chunk);
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
    const line = /^\{"ready":true.*\}$/m.exec(stdout)?.[0];
    if (line === undefined) return;
    const parsed: Ready = JSON.parse(line);
    onReady(parsed);
    ready.resolve(parsed);
  });
  child.on("close", (code) => {
    ready.reject(new Error(`the peer ended with ${code} before it was ready:\n${stderr}`));
    ended.resolve({ code, stdout, stderr });
  });
  return {
    pid: child.pid ?? 0,
    ended: ended.promise,
    ready: () => ready.promise,
    stdout: () => stdout,
    stderr: () => stderr,
  };
}
