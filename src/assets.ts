// The web page in memory: what was built into a folder, read once at the start, by the path at which a browser asks
// for it. No request ever becomes a path of the disk.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Asset, makeAsset } from "./api/assets.ts";

/** Files of the folder by URL path; `index.html` is `/`. Empty when the folder is not there: a peer without a page. */
export function loadAssets(distFolder: string): ReadonlyMap<string, Asset> {
  return new Map(
    filesIn(distFolder).map((file) => {
      const path = `/${relative(distFolder, file).replaceAll("\\", "/")}`;
      return [path === "/index.html" ? "/" : path, makeAsset(path, new Uint8Array(readFileSync(file)))];
    }),
  );
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
