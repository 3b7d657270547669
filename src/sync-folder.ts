// What a folder lists is on the disk when the folder is synced: a file that was synced alone can be gone after a power cut.

import { open } from "node:fs/promises";
import process from "node:process";

export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and has no need of it: its file system logs names itself.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
