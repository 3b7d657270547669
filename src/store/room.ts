// Whether a disk has room again. A quota and a lack of inodes don't show in what the file system says of itself: so in
// the end a file is written, synced and taken away.

import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";

/** What LevelDB wants to open: a log as large as its write buffer (4 MiB) becomes a table, beside a new log. */
const ROOM_BYTES = 8 * 1024 * 1024;

const PROBE_FILE = "room.probe";
const CHUNK = new Uint8Array(1024 * 1024).fill(1);

/** Whether a few MiB can be written and synced into the folder. */
export async function hasRoom(folder: string): Promise<boolean> {
  const probe = join(folder, PROBE_FILE);
  try {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < ROOM_BYTES) return false;
    await writeProbe(probe);
    return true;
  } catch {
    // Whatever it was (full, a quota, read-only, an error of the device): it is not the time to open the store.
    return false;
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

async function writeProbe(path: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    for (let written = 0; written < ROOM_BYTES; written += CHUNK.length) await file.write(CHUNK);
    await file.sync();
  } finally {
    await file.close();
  }
}
