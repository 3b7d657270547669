// What would keep a peer from starting on this machine, or from running well: looked at with the means of a start, and
// left as it was.

import { open, rm, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import type { Address, Config } from "./config.ts";
import { storeFolder } from "./data-folder.ts";
import { levelKeyValue } from "./store/level.ts";
import { ownerOf } from "./store/owner.ts";
import { StoreRefusal } from "./store/store.ts";
import { VERSION } from "./version.ts";

export type Finding = {
  /** What was looked at: `store`. */
  readonly check: string;
  readonly state: "ok" | "warning" | "problem";
  readonly detail: string;
  /** What is to be done. */
  readonly way?: string;
};

/** The port of a peer that is alone is opened with the first ticket. */
const P2P: Address = { host: "127.0.0.1", port: 8091 };

const NODE_MIN = 24;
/** A store that is full takes no writes: its log and a table are 8 MiB. */
const ROOM_LEAST_BYTES = 64 * 1024 * 1024;
/** A million runs are about 400 MB. */
const ROOM_LOW_BYTES = 1024 * 1024 * 1024;
const ANSWER_MS = 2_000;
const PROBE_FILE = "doctor.probe";

/** `isRunning`: a peer answers that runs on this data folder; its store and its ports are its own. */
export async function examine(config: Config, isRunning: boolean): Promise<readonly Finding[]> {
  const { data, http, p2p = P2P } = config;
  return [
    runtime(),
    await folder(data),
    await room(data),
    await store(storeFolder(data), isRunning),
    ...isRunning ? [] : [await port("http", "--http", http), await port("p2p", "--p2p", p2p)],
  ];
}

function runtime(): Finding {
  const { deno, node, tz } = process.versions;
  const on = deno === undefined ? `Node ${node}` : `Deno ${deno}`;
  const detail = `Metronome ${VERSION} on ${on}, time zones of ${tz ?? "an unknown version"}`;
  if (deno !== undefined || Number(node.split(".")[0]) >= NODE_MIN) return { check: "program", state: "ok", detail };
  return {
    check: "program",
    state: "problem",
    detail,
    way: `run it on Node ${NODE_MIN} or newer, or on the pinned Deno`,
  };
}

async function folder(path: string): Promise<Finding> {
  const check = "data folder";
  const probe = join(path, PROBE_FILE);
  try {
    const found = await stat(path);
    if (!found.isDirectory()) {
      return { check, state: "problem", detail: `${path} is no folder`, way: "say with --data where the data is kept" };
    }
    const file = await open(probe, "w", 0o600);
    try {
      await file.write("1");
      await file.sync();
    } finally {
      await file.close();
      await rm(probe, { force: true });
    }
    const mode = found.mode & 0o777;
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      const detail = `${path} can be entered by other users (mode ${mode.toString(8)})`;
      return { check, state: "warning", detail, way: "the next start closes it to them, or `chmod 700`" };
    }
    return { check, state: "ok", detail: `${path} is there, and takes writes` };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { check, state: "ok", detail: `${path} is made by the first start` };
    return {
      ...{ check, state: "problem", detail: `${path} can't be written (${codeOf(error)})` },
      way: "make it a folder of this user's own, on a disk that takes writes, or name another with --data",
    };
  }
}

async function room(path: string): Promise<Finding> {
  const check = "disk";
  let free: number;
  try {
    const { bavail, bsize } = await statfs(path);
    free = bavail * bsize;
  } catch {
    return { check, state: "ok", detail: "how much room there is shows once the data folder is there" };
  }
  const detail = `${(free / 1e9).toFixed(1)} GB are free`;
  if (free >= ROOM_LOW_BYTES) return { check, state: "ok", detail };
  const state = free < ROOM_LEAST_BYTES ? "problem" : "warning";
  return {
    check,
    state,
    detail,
    way: "make room: a disk that is full takes no writes, and its peer hands its tasks over",
  };
}

async function store(path: string, isRunning: boolean): Promise<Finding> {
  const check = "store";
  const pid = ownerOf(path);
  if (isRunning) {
    return {
      check,
      state: "ok",
      detail: `it is open in the peer that runs here${pid === undefined ? "" : `, pid ${pid}`}`,
    };
  }
  try {
    await stat(path);
  } catch {
    return { check, state: "ok", detail: "there is none yet: the first start makes it" };
  }
  try {
    const opened = await levelKeyValue({ path });
    const damaged = opened.damaged();
    await opened.close();
    if (damaged === 0) return { check, state: "ok", detail: `${path} opens, in the format of this program` };
    return {
      ...{ check, state: "problem", detail: `${path} opens, and ${damaged} places in it can't be read` },
      way: "the others of its mesh fill in what is missing when it is started; a peer that is alone has lost that",
    };
  } catch (error) {
    if (!(error instanceof StoreRefusal)) throw error;
    const [detail = "", ...way] = error.message.split(": ");
    return { check, state: "problem", detail, ...(way.length === 0 ? {} : { way: way.join(": ") }) };
  }
}

async function port(check: string, flag: string, { host, port }: Address): Promise<Finding> {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (port === 0) return { check, state: "ok", detail: "any port that is free is taken at the start" };
  const refused = await tryListen(host, port);
  if (refused === undefined) return { check, state: "ok", detail: `${at} is free` };
  if (refused !== "EADDRINUSE") {
    return {
      ...{ check, state: "problem", detail: `${at} can't be listened at (${refused})` },
      way: refused === "EACCES"
        ? `take a port above 1023 with ${flag}`
        : `name an address of this machine with ${flag}`,
    };
  }
  return {
    ...{ check, state: "problem", detail: `${at} is taken by ${await whoHas(host, port)}` },
    way: `stop that one (\`ss -ltnp\` or \`lsof -i :${port}\` name it), or take another port with ${flag}`,
  };
}

/** The code of the error; absent when it can be listened at. */
async function tryListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", (error) => resolve(codeOf(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

async function whoHas(host: string, port: number): Promise<string> {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  try {
    const answer = await fetch(`http://${name}:${port}/api/v1/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const said = await answer.text();
    return said === '{"status":"ok"}' ? "another peer of Metronome's" : "another program, which speaks HTTP";
  } catch {
    return "another program";
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "it is not allowed";
}
