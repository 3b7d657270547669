// A page that is left open: what happens is soon seen, and what has been seen is forgotten.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, eachSecond, until } from "./world.ts";

const TASKS = 20;
/** So long the page is looked at twice: what grows then grows for an hour. */
const LOOK_MS = 15_000;
/** Between the two looks. An hour has 240 of them. */
const GROWTH_MAX_BYTES = 400_000;
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
    await page.waitForTimeout(LOOK_MS);
    const before = await heapOf(page);
    await page.waitForTimeout(LOOK_MS);
    const grown = await heapOf(page) - before;
    assert.ok(grown < GROWTH_MAX_BYTES, `the page has grown by ${grown} bytes in ${LOOK_MS} ms`);
  },
);

/** After all that is not held any more was collected. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}
