// The page is small, asks for little, and is soon there.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { PAGES } from "../../src/assets.ts";
import { browserTest, ROOT } from "./world.ts";

const SHELL_MAX_BYTES = 25_000;
const ROUTE_MAX_BYTES = 30_000;
const ALL_MAX_BYTES = 150_000;
const REQUESTS_MAX = 6;

browserTest("the first page is small, and asks for little", async ({ enter, peer }) => {
  const { page, requests } = await enter({ at: "/" });
  await page.getByText("No tasks yet").waitFor();
  const asked = requests.map((request) => request.replace(`GET ${peer.url}`, ""));
  assert.equal(asked.filter((path) => path === "/api/v1/events").length, 1, "one stream");
  // The welcome is a page of its own, of a peer that has nothing yet: it is not counted.
  const own = asked.filter((path) => path !== "/api/v1/events" && !/welcome|copy|field|outcome|parts|mesh$/.test(path));
  assert.ok(own.length <= REQUESTS_MAX, `${own.length} requests beside the stream: ${own.join(" ")}`);
  const sizes = sizesOf();
  const shell = own.map((path) => path === "/" ? "/index.html" : path).filter((path) => sizes.has(path));
  assert.ok(sum(sizes, shell) <= SHELL_MAX_BYTES, `the shell has ${sum(sizes, shell)} bytes: ${shell.join(" ")}`);
  assert.ok(sum(sizes, [...sizes.keys()]) <= ALL_MAX_BYTES, `all has ${sum(sizes, [...sizes.keys()])} bytes`);
});

browserTest("no page brings more than its budget", async ({ enter, peer }) => {
  const { page, requests } = await enter({ at: "/" });
  await page.getByText("No tasks yet").waitFor();
  const sizes = sizesOf();
  const pathsOf = (some: readonly string[]) => some.map((request) => request.replace(`GET ${peer.url}`, ""));
  const shell = new Set(pathsOf(requests).filter((path) => /shell|index/.test(path)));
  for (const at of PAGES) {
    const context = await enter({ at });
    await context.page.locator("main :is(h1, .blank)").first().waitFor();
    const brought = pathsOf(context.requests).filter((path) => sizes.has(path) && !shell.has(path));
    assert.ok(
      sum(sizes, brought) <= ROUTE_MAX_BYTES,
      `${at} brings ${sum(sizes, brought)} bytes: ${brought.join(" ")}`,
    );
    await context.page.close();
  }
});

test("nothing of the page comes from elsewhere, or says so", () => {
  const dist = join(ROOT, "ui", "dist");
  const foreign = files(dist).flatMap((file) =>
    [
      ...readFileSync(join(dist, file), "utf8").matchAll(
        /(?:src|href|url\(|import\()\s*=?\s*["'`(]?(https?:\/\/[^"'`)\s]+)/g,
      ),
    ]
      .map(([, url]) => `${file}: ${url}`)
  );
  assert.deepEqual(foreign, []);
});

function sizesOf(): ReadonlyMap<string, number> {
  const dist = join(ROOT, "ui", "dist");
  return new Map(
    files(dist).map((file) => [`/${file}`, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length]),
  );
}

function files(dist: string): readonly string[] {
  return readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => /\.(html|js|css)$/.test(file));
}

function sum(sizes: ReadonlyMap<string, number>, paths: readonly string[]): number {
  return [...new Set(paths)].reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
}
