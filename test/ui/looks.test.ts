// What holds for the page as a whole: it can be read by everybody, on any screen, and it is small.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { browserTest, eachSecond, type Peer, type Receiver, ROOT, until } from "./world.ts";

const SHELL_MAX_BYTES = 25_000;
const CHUNK_MAX_BYTES = 30_000;
const ALL_MAX_BYTES = 150_000;
const REQUESTS_MAX = 6;

const AXE = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");
const AXE_RUN = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html, failureSummary }) => html + " " + failureSummary).join(" | ")))`;

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(
    `axe finds nothing to mend, and nothing is wider than a screen of 320 px: ${colorScheme}`,
    async ({ enter, open, peer, receiver }) => {
      const empty = await enter({ colorScheme, viewport: { width: 320, height: 900 } });
      await empty.page.getByText("No tasks yet").waitFor();
      await check(empty.page, "the empty list");
      await fill(peer, receiver);
      for (const width of [320, 1280]) {
        const viewport = { width, height: 900 };
        const { page } = await enter({ colorScheme, viewport, reducedMotion: "reduce" });
        await until("all are shown", async () => await page.locator("[data-task]").count() === 4);
        await check(page, "the list");
        await page.locator("[data-task=fails] .name").click();
        await page.locator(".runs > li").first().waitFor();
        await check(page, "an open task");
        await page.getByRole("button", { name: "New task" }).click();
        await page.locator("#schedule").fill("R/2026-12-01T09:00:00Z/PT1H");
        await page.locator(".preview .says").waitFor();
        await check(page, "the form with a preview");
        await page.locator("#schedule").fill("R/2026-12-01T09:00:00Z/P1H");
        await page.locator("#schedule-problem mark").waitFor();
        await check(page, "the form with a problem");
        await page.getByRole("button", { name: "Delete fails…" }).click();
        await check(page, "the question before a deletion");
        const outside = await open({ colorScheme, viewport });
        await outside.page.goto(peer.url);
        await outside.page.getByRole("heading", { name: "Sign in" }).waitFor();
        await check(outside.page, "the door");
      }
    },
  );
}

browserTest("the theme that was chosen is there before the first paint", async ({ enter }) => {
  const { page } = await enter({ colorScheme: "light" });
  await page.getByLabel("Dark theme").check();
  await page.route("**/assets/*.js", () => {});
  await page.reload({ waitUntil: "commit" });
  const ground = `getComputedStyle(document.documentElement).colorScheme`;
  await until("the page is dark before its program is there", async () => await page.evaluate(ground) === "dark");
  await page.unroute("**/assets/*.js");
});

browserTest(
  "times are shown in the zone of the task, of the browser, or UTC, and say which",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", {
      id: "t",
      schedule: "R/2030-01-01T09:00:00[Asia/Tokyo]/P1D",
      target: receiver.url,
    });
    const { page } = await enter();
    const next = page.locator("[data-task=t] .next time");
    await until("the task's zone", async () => (await next.innerText()).endsWith("09:00:00 GMT+9"));
    await page.getByLabel("Local").check();
    await until("the browser's zone", async () => (await next.innerText()).endsWith("01:00:00 CET"));
    await page.reload();
    await page.getByLabel("UTC").check();
    await until("UTC", async () => (await next.innerText()).endsWith("00:00:00 UTC"));
  },
);

browserTest("the page is small, and asks for little", async ({ enter, peer }) => {
  const { page, requests } = await enter();
  await page.getByText("No tasks yet").waitFor();
  const asked = requests.map((request) => request.replace(`GET ${peer.url}`, ""));
  assert.deepEqual(asked.filter((path) => path === "/api/v1/events").length, 1, "one stream");
  assert.ok(asked.length - 1 <= REQUESTS_MAX, `${asked.length - 1} requests beside the stream: ${asked.join(" ")}`);
  const dist = join(ROOT, "ui", "dist");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(html|js|css)$/.test(file)
  );
  const sizes = new Map(
    files.map((file) => [`/${file}`, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length]),
  );
  const sum = (paths: readonly string[]) => paths.reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
  const shell = asked.map((path) => path === "/" ? "/index.html" : path).filter((path) => sizes.has(path));
  assert.ok(sum(shell) <= SHELL_MAX_BYTES, `the shell has ${sum(shell)} bytes: ${shell.join(" ")}`);
  assert.ok(sum([...sizes.keys()]) <= ALL_MAX_BYTES, `all has ${sum([...sizes.keys()])} bytes`);
  assert.deepEqual([...sizes].filter(([path, size]) => !shell.includes(path) && size > CHUNK_MAX_BYTES), []);
});

/** Tasks in all the states that have a look of their own. */
async function fill(peer: Peer, receiver: Receiver): Promise<void> {
  const labels = { team: "ops" };
  await peer.call("POST", "/tasks", {
    id: "works",
    name: "Works",
    schedule: eachSecond(),
    target: receiver.url,
    labels,
  });
  await peer.call("POST", "/tasks", {
    id: "paused",
    schedule: eachSecond(),
    target: receiver.url,
    state: { paused: true, note: "deploy" },
  });
  await peer.call("POST", "/tasks", {
    id: "fails",
    schedule: eachSecond(),
    target: "http://127.0.0.1:1/a/very/long/path/that/goes/on/and/on/until/it/is/wider/than/any/narrow/screen",
    payload: { text: "x".repeat(300) },
    policy: { retry: { limit: 0 } },
  });
  await peer.call("POST", "/tasks", {
    id: `long-${"x".repeat(200)}`,
    schedule: "0 2 * * * [Europe/Paris]",
    target: receiver.url,
  });
  await until("one has failed", async () => (await peer.call<{ last: unknown }>("GET", "/tasks/fails")).last !== null);
}

/** With the page's own policy in force: the browser's debugger may evaluate what the page may not. */
async function check(page: Page, where: string): Promise<void> {
  await page.evaluate(AXE);
  assert.deepEqual(await page.evaluate(AXE_RUN), [], where);
  assert.equal(
    await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
    0,
    `${where} is too wide`,
  );
}
