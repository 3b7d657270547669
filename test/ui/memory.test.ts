// A page that is left open: what happens is soon seen, and what has been seen is forgotten.
//
// METRONOME_MEMORY_MINUTES=5 looks for so long, and allows no more than an hour may leave.

import assert from "node:assert/strict";
import process from "node:process";
import type { Page } from "playwright-core";
import { browserTest, eachSecond, until } from "./world.ts";

const TASKS = 20;
const LOOK_MS = 3_000;
/** Looks that do not count: what is made once, code most of all, the browser is still making then. */
const FIRST_LOOKS = 7;
const MINUTES = Number(process.env.METRONOME_MEMORY_MINUTES ?? 0);
/** Half of them before, half after: the least of a half is what is really held, for a second the rest is on its way out. */
const LOOKS = Math.max(6, 2 * Math.ceil(MINUTES * 60_000 / LOOK_MS / 2));
/** What an hour may leave. */
const GROWTH_MAX_BYTES_PER_HOUR = 10e6;
/** What two looks at a page that does not grow differ by; a page that kept its runs would grow by this in 4 s. */
const NOISE_BYTES = 50_000;
const SEEN_WITHIN_MS = 3_000;

browserTest(
  "an outcome is soon on the screen, and memory is flat while they come",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", { id: "by-hand", schedule: "R/2030-01-01T00:00:00Z/PT1H", target: receiver.url });
    const { page } = await enter({ at: "/ui/task?id=by-hand" });
    await page.getByText("None yet.").waitFor();
    await peer.call("POST", "/tasks/by-hand/trigger", {});
    await until("it is seen", () => page.locator("[data-run]").getByText("delivered").isVisible(), SEEN_WITHIN_MS);
    for (let n = 0; n < TASKS; n++) {
      await peer.call("POST", "/tasks", { id: `t${n}`, schedule: eachSecond(), target: receiver.url });
    }
    await page.goto(`${peer.url}/ui/tasks`);
    await until("all are shown", async () => await page.locator("[data-task]").count() === TASKS + 1);
    const looks: { readonly at: number; readonly size: number }[] = [];
    for (let n = 0; n < FIRST_LOOKS + LOOKS; n++) {
      await page.waitForTimeout(LOOK_MS);
      looks.push({ at: Date.now(), size: await heapOf(page) });
    }
    const counted = looks.slice(FIRST_LOOKS);
    const before = leastOf(counted.slice(0, LOOKS / 2));
    const after = leastOf(counted.slice(LOOKS / 2));
    const hours = (after.at - before.at) / 3_600_000;
    const grown = after.size - before.size;
    const sizes = looks.map(({ size }) => size).join(" ");
    assert.ok(
      grown <= NOISE_BYTES + GROWTH_MAX_BYTES_PER_HOUR * hours,
      `${grown} bytes more, ${(grown / hours / 1e6).toFixed(1)} MB an hour: ${sizes}`,
    );
  },
);

function leastOf<T extends { readonly size: number }>(looks: readonly T[]): T {
  return looks.reduce((least, look) => look.size < least.size ? look : least);
}

/** After all that is not held any more was collected. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  // What one round lets go of, another one finds.
  for (let round = 0; round < 2; round++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}
