// The pid of the process that has the store, left beside the records so that a second process can be told whom to stop.
// The lock itself is LevelDB's.

import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const PID_FILE = "peer.pid";

/** Leaves the pid of this process for others to read. */
export async function nameOwner(path: string): Promise<void> {
  await writeFile(join(path, PID_FILE), `${process.pid}\n`, { mode: 0o600 });
}

export async function unnameOwner(path: string): Promise<void> {
  await rm(join(path, PID_FILE), { force: true });
}

/** The pid that was left; absent when there is none that can be read. */
export function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(path, PID_FILE), "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
