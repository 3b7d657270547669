// The web page in memory: what was built into a folder, read once at the start, by the path at which a browser asks
// for it. No request ever becomes a path of the disk.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Asset, makeAsset } from "./api/assets.ts";

/** The paths of the page beside `/`: whoever opens one gets the page, which shows it. What is shown stands in the query. */
export const PAGES: readonly string[] = [
  "access",
  "audit",
  "conflicts",
  "dead-letters",
  "edit",
  "join",
  "mesh",
  "run",
  "runs",
  "settings",
  "target",
  "targets",
  "task",
  "tasks",
].map((name) => `/ui/${name}`);

/** Files of the folder by URL path; `index.html` is `/`, and each of the pages. Empty when the folder is not there: a peer without a page. */
export function loadAssets(distFolder: string): ReadonlyMap<string, Asset> {
  const assets = new Map(
    filesIn(distFolder).map((file): [string, Asset] => {
      const path = `/${relative(distFolder, file).replaceAll("\\", "/")}`;
      return [path === "/index.html" ? "/" : path, makeAsset(path, new Uint8Array(readFileSync(file)))];
    }),
  );
  const page = assets.get("/");
  if (page !== undefined) { for (const path of PAGES) assets.set(path, page); }
  return assets;
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
