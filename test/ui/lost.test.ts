// The peer dies under the page, and comes back.

import assert from "node:assert/strict";
import { browserTest, eachSecond, until } from "./world.ts";

const SAID_WITHIN_MS = 3_000;
const BACK_WITHIN_MS = 5_000;

browserTest(
  "a dead peer is told within 3 s, its return is seen within 5 s, and what was typed is kept",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", { id: "before", schedule: eachSecond(), target: receiver.url });
    const { page } = await enter({ at: "/ui/edit" });
    await page.locator("#name").fill("Half a na");
    await page.locator("#schedule").fill("R/2026-12-01T09:00:00Z/PT1H");
    await page.getByRole("link", { name: "Tasks", exact: true }).click();
    await page.locator("[data-task=before]").getByText("delivered").waitFor();
    await peer.kill();
    const bar = page.locator("p.lost");
    await until("the bar is there", () => bar.isVisible(), SAID_WITHIN_MS);
    await until("it counts", async () => /data is [2-9] s old/.test(await bar.innerText()));
    await page.locator("[data-task=before]").getByRole("button", { name: "Pause before" }).click();
    await page.getByText("can't be reached").waitFor();
    await peer.restart();
    await until("the bar is gone", async () => !await bar.isVisible(), BACK_WITHIN_MS);
    await peer.call("POST", "/tasks", { id: "after", schedule: eachSecond(), target: receiver.url });
    await page.locator("[data-task=after]").getByText("delivered").waitFor();
    await page.keyboard.press("n");
    await until("it is kept", async () => await page.locator("#name").inputValue() === "Half a na");
    assert.equal(await page.locator("#schedule").inputValue(), "R/2026-12-01T09:00:00Z/PT1H");
  },
);
