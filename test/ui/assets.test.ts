// What was built, as a peer serves it.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { loadAssets, PAGES } from "../../src/assets.ts";

test("assets are known by exact path, compressed where that helps, and kept for ever where their name says what they are", () => {
  const folder = mkdtempSync(join(tmpdir(), "metronome-assets-"));
  try {
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, ".stamp"), "x");
    writeFileSync(join(folder, "index.html"), "<!doctype html>");
    writeFileSync(join(folder, "theme.js"), "a;".repeat(100));
    writeFileSync(join(folder, "assets", "index-Bq3xY_2k.js"), "b;".repeat(100));
    const assets = loadAssets(folder);
    assert.deepEqual(
      [...assets].filter(([path]) => !path.startsWith("/ui/")).map(([path, { type, isImmutable, gzip }]) => ({
        path,
        type,
        isImmutable,
        isZipped: gzip !== undefined,
      })).sort((a, b) => a.path < b.path ? -1 : 1),
      [
        { path: "/", type: "text/html; charset=utf-8", isImmutable: false, isZipped: false },
        {
          path: "/assets/index-Bq3xY_2k.js",
          type: "text/javascript; charset=utf-8",
          isImmutable: true,
          isZipped: true,
        },
        { path: "/theme.js", type: "text/javascript; charset=utf-8", isImmutable: false, isZipped: true },
      ],
    );
    for (const path of PAGES) assert.equal(assets.get(path), assets.get("/"), path);
    const { gzip = new Uint8Array() } = assets.get("/theme.js") ?? {};
    assert.equal(gunzipSync(gzip).toString(), "a;".repeat(100));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a peer without a built page has none", () => {
  assert.equal(loadAssets(join(tmpdir(), "metronome-no-such-folder")).size, 0);
});
