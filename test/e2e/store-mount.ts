// A small disk in memory, for the tests that need one to be full or read-only. Mounting needs root.

import { execFileSync } from "node:child_process";
import { makeFolder } from "../contract/store-folder.ts";

export type Disk = AsyncDisposable & { readonly path: string; readonly remount: (options: string) => void };

/** The disk, or why there can't be one. */
export async function mountDisk(options: string): Promise<Disk | string> {
  const folder = await makeFolder();
  const mount = (...args: string[]) => execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    mount("-t", "tmpfs", "-o", options, "tmpfs", folder.path);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    return `a tmpfs can't be mounted here: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
  }
  return {
    path: folder.path,
    remount: (changed) => void mount("-o", `remount,${changed}`, folder.path),
    async [Symbol.asyncDispose]() {
      execFileSync("umount", ["-l", folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}
