// The folder of a store: made for the user of this process alone, durable before anything is written into it, and never
// mistaken for an empty one.

import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { openRefusal } from "./level-error.ts";

const OWNER_ONLY = 0o700;

/** Makes the folder, and its place in the one above, durable; rejects with `StoreRefusal`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true, mode: OWNER_ONLY });
    if (made === undefined) return;
    // From the store up to the first folder that was not made now: each is an entry in the one above it.
    const top = dirname(resolve(made));
    for (let above = dirname(resolve(path)); above.length >= top.length; above = dirname(above)) {
      await syncFolder(above);
      if (above === dirname(above)) break;
    }
  } catch (error) {
    throw openRefusal(path, error);
  }
}

/**
 * Refuses a folder that holds records without the file that names the current ones: LevelDB would take it for empty,
 * start anew and delete them.
 */
export async function checkFolder(path: string): Promise<void> {
  const names = await readdir(path);
  if (names.includes("CURRENT")) return;
  const record = names.find((name) => /^(MANIFEST-\d+|\d+\.(log|ldb|sst))$/.test(name));
  if (record !== undefined) {
    throw openRefusal(path, { code: "LEVEL_CORRUPTION", message: `it holds ${record} but no CURRENT` });
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and has no need of it: its file system logs names itself.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
