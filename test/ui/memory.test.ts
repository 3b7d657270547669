// A page that is left open: what happens is soon seen, and what has been seen is forgotten.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, eachSecond, until } from "./world.ts";

const TASKS = 20;
/** Its heap is looked at so often, three times before and three times after: the least of three is what is really held. */
const LOOKS = 6;
/** Looks that do not count: what is kept once, the browser is still making then. */
const FIRST_LOOKS = 2;
const LOOK_MS = 4_000;
/** Between the two halves, which are 12 s apart: the noise of such a measurement. What an hour leaves, scripts/bench.js ui reckons from minutes. */
const GROWTH_MAX_BYTES = 250_000;
const SEEN_WITHIN_MS = 3_000;

browserTest(
  "an outcome is soon on the screen, and memory is flat while they come",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", { id: "by-hand", schedule: "R/2026-01-01T00:00:00Z/PT1H", target: receiver.url });
    const { page } = await enter({ at: "/ui/task?id=by-hand" });
    await page.getByText("None yet.").waitFor();
    await peer.call("POST", "/tasks/by-hand/trigger", {});
    await until("it is seen", () => page.locator("[data-run]").getByText("delivered").isVisible(), SEEN_WITHIN_MS);
    for (let n = 0; n < TASKS; n++) {
      await peer.call("POST", "/tasks", { id: `t${n}`, schedule: eachSecond(), target: receiver.url });
    }
    await page.goto(`${peer.url}/ui/tasks`);
    await until("all are shown", async () => await page.locator("[data-task]").count() === TASKS + 1);
    const sizes: number[] = [];
    for (let n = 0; n < FIRST_LOOKS + LOOKS; n++) {
      await page.waitForTimeout(LOOK_MS);
      sizes.push(await heapOf(page));
    }
    const later = sizes.slice(FIRST_LOOKS);
    const grown = Math.min(...later.slice(LOOKS / 2)) - Math.min(...later.slice(0, LOOKS / 2));
    assert.ok(grown < GROWTH_MAX_BYTES, `the page has grown by ${grown} bytes: ${sizes.join(" ")}`);
  },
);

/** After all that is not held any more was collected. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  // What one round lets go of, another one finds.
  for (let round = 0; round < 2; round++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}
