// Programs that outlive the one that started them. Each is known by its pid and when that pid was born, so that nobody
// is ended who has come by the same number.

import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";

const STOP_MS = 15_000;

/** What is printed goes to the file `log`. Nothing else that is open here, or in the one that started this, is kept open. */
export function startProcess(command, args, { log, env, cwd }) {
  letGo();
  const out = openSync(log, "a");
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", out, out],
  });
  child.on("error", () => {});
  child.unref();
  closeSync(out);
  return { pid: child.pid, born: birthOf(child.pid) };
}

/** O_CLOEXEC on Linux. */
const CLOSED_IN_CHILDREN = 0o2000000;

/**
 * Closes what this program was started with besides its three streams. Node keeps only the first few of these from a
 * child, and a pipe that a broker holds keeps whoever reads it waiting until the broker is stopped.
 */
function letGo() {
  if (process.platform !== "linux") return;
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (fd > 2 && !isClosedInChildren(fd)) closeSync(fd);
  }
}

function isClosedInChildren(fd) {
  try {
    const [, flags] = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
    return (Number.parseInt(flags, 8) & CLOSED_IN_CHILDREN) !== 0;
  } catch {
    // That of the folder itself, which is closed by now.
    return true;
  }
}

export function isRunning(processes = []) {
  return processes.length > 0 && processes.every(isAlive);
}

/** In the reverse order, each first asked and then made to. */
export async function end(processes = []) {
  for (const each of [...processes].reverse()) {
    if (!isAlive(each)) continue;
    process.kill(each.pid, "SIGTERM");
    const until = Date.now() + STOP_MS;
    while (isAlive(each) && Date.now() < until) await pause(50);
    // With those that it has started: a script that is killed tells nobody.
    if (isAlive(each)) process.kill(-each.pid, "SIGKILL");
    while (isAlive(each)) await pause(20);
  }
}

/** Resolves when something listens at the port; rejects when that does not come about, and nothing runs on then. */
export async function listening(port, processes, { log, withinMs = 90_000 }) {
  const until = Date.now() + withinMs;
  while (!await answers(port)) {
    if (!isRunning(processes) || Date.now() > until) {
      await end(processes);
      const said = readFileSync(log, "utf8").slice(-2_000);
      throw new Error(`nothing came to listen at port ${port}; the end of ${log}:\n${said}`);
    }
    await pause(100);
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function isAlive({ pid, born }) {
  const now = birthOf(pid);
  return now !== undefined && now === born;
}

/** The 22nd field of /proc/<pid>/stat; a zombie is no more. */
function birthOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
