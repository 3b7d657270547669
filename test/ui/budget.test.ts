// The page is small, asks for little, and moves nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { BUDGET, weigh } from "../../scripts/page-budget.js";
import { PAGES } from "../../src/assets.ts";
import { browserTest, eachSecond, ROOT, until } from "./world.ts";

const DIST = join(ROOT, "ui", "dist");
/** All of them: the stream and the data too. */
const REQUESTS_MAX = 6;
/** What a page asks for beside the shell: its own files, the stream, and its data. */
const PAGE_REQUESTS_MAX = 14;

browserTest(
  "a first look is small, and asks for little: within, and at the door",
  async ({ enter, open, peer, receiver }) => {
    await peer.call("POST", "/tasks", { id: "t", schedule: eachSecond(), target: receiver.url });
    const { page, requests } = await enter({ at: "/" });
    const paths = pathsOf(requests, peer.url);
    await page.locator(".tiles").waitFor();
    await page.reload();
    const from = requests.length;
    await page.reload();
    await page.locator(".tiles").waitFor();
    await quiet(page);
    // What is read anew because something happened meanwhile is no part of a first look.
    const asked = [...new Set(paths(from))];
    assert.ok(asked.includes("/api/v1/events") && asked.includes("/api/v1/overview"), "with all that is shown");
    assert.ok(asked.length <= REQUESTS_MAX, `${asked.length} requests: ${asked.join(" ")}`);
    assert.ok(weightOf(asked) <= BUDGET.shell, `the shell has ${weightOf(asked)} bytes: ${asked.join(" ")}`);

    const outside = await open();
    await outside.page.goto(peer.url);
    await outside.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await quiet(outside.page);
    const door = pathsOf(outside.requests, peer.url)();
    assert.ok(door.length <= REQUESTS_MAX, `${door.length} requests at the door: ${door.join(" ")}`);
  },
);

browserTest("no page brings more than its budget", async ({ enter, peer }) => {
  const { page, requests } = await enter({ at: "/" });
  const paths = pathsOf(requests, peer.url);
  await page.getByText("No tasks yet").waitFor();
  const shell = new Set(paths().filter((path) => /shell|index/.test(path)));
  for (const at of PAGES) {
    const from = requests.length;
    await page.goto(peer.url + at);
    await page.locator("main :is(h1, .blank)").first().waitFor();
    await quiet(page);
    const brought = paths(from).filter((path) => !shell.has(path) && path !== at);
    assert.ok(brought.length <= PAGE_REQUESTS_MAX, `${at} asks for ${brought.join(" ")}`);
    assert.ok(weightOf(brought) <= BUDGET.route, `${at} brings ${weightOf(brought)} bytes: ${brought.join(" ")}`);
  }
});

test("the budget is what was promised, and all of the page is within it", () => {
  assert.deepEqual(BUDGET, { shell: 25_000, route: 30_000, all: 150_000 });
  const all = [...weigh(DIST).values()].reduce((sum, each) => sum + each, 0);
  assert.ok(all <= BUDGET.all, `all has ${all} bytes`);
});

test("nothing of the page comes from elsewhere, or says so", () => {
  const foreign = [...weigh(DIST).keys()].flatMap((file) =>
    [
      ...readFileSync(join(DIST, file), "utf8").matchAll(
        /(?:src|href|url\(|import\()\s*=?\s*["'`(]?(https?:\/\/[^"'`)\s]+)/g,
      ),
    ].map(([, url]) => `${file}: ${url}`)
  );
  assert.deepEqual(foreign, []);
});

/** What was asked for since then, as paths. */
function pathsOf(requests: readonly string[], url: string): (from?: number) => readonly string[] {
  return (from = 0) => requests.slice(from).map((request) => request.replace(`GET ${url}`, "").replace(/\?.*/, ""));
}

/** Until the page asks for nothing more. The stream goes on for ever, so the network as a whole is never idle. */
async function quiet(page: Page): Promise<void> {
  const count = `performance.getEntriesByType("resource").length`;
  let before = -1;
  await until("nothing more is asked for", async () => {
    const now = Number(await page.evaluate(count));
    const isSame = now === before;
    before = now;
    if (!isSame) await page.waitForTimeout(250);
    return isSame;
  });
}

function weightOf(paths: readonly string[]): number {
  const weights = weigh(DIST);
  return [...new Set(paths)].reduce((sum, path) => sum + (weights.get(path === "/" ? "/index.html" : path) ?? 0), 0);
}
