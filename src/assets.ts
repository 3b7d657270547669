// The web page in memory: what was built into a folder, read once at the start, by the path at which a browser asks
// for it. No request ever becomes a path of the disk.

import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";

export type Asset = {
  readonly body: Uint8Array;
  /** The body compressed, where that is smaller. */
  readonly gzip?: Uint8Array;
  readonly contentType: string;
  /** Weak: the compressed form bears it too. */
  readonly etag: string;
  /** Its name holds a digest of its content, so it may be kept for ever. */
  readonly immutable: boolean;
};

/** Files of the folder by URL path; `index.html` is `/`. Empty when the folder is not there: a peer without a page. */
export function loadAssets(distFolder: string): ReadonlyMap<string, Asset> {
  return new Map(
    filesIn(distFolder).map((file) => {
      const path = `/${relative(distFolder, file).replaceAll("\\", "/")}`;
      return [path === "/index.html" ? "/" : path, makeAsset(path, readFileSync(file))];
    }),
  );
}

const TYPES: { readonly [ending: string]: string } = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  json: "application/json",
};

/** As Vite names what it builds: `assets/index-Bq3xY_2k.js`. */
const HASHED_NAME = /^\/assets\/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;

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

function makeAsset(path: string, body: Uint8Array): Asset {
  const gzip = gzipSync(body, { level: 9 });
  return {
    body,
    ...(gzip.length < body.length * 0.95 ? { gzip } : {}),
    contentType: TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    etag: `W/"${hash("sha256", body, "hex").slice(0, 32)}"`,
    immutable: HASHED_NAME.test(path),
  };
}
