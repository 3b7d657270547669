// The overview leads on: from each number to what it counts, and back to calm when that is mended.

import assert from "node:assert/strict";
import { browserTest, until } from "./world.ts";

/** More than are named. */
const FAILING = 6;

browserTest("each number of the overview leads to what it counts", async ({ enter, peer, receiver }) => {
  receiver.answer(503);
  const schedule = `R/${new Date(Date.now() + 600_000).toISOString().slice(0, 19)}Z/PT1H`;
  for (let n = 0; n < FAILING; n++) {
    await peer.call("PUT", `/tasks/t${n}`, { schedule, target: receiver.url, policy: { retry: { limit: 0 } } });
  }
  const { page } = await enter({ at: "/" });
  const tile = (name: string) => page.locator(".tile", { hasText: name });
  await tile("Dead letters").getByText("nothing was given up").waitFor();
  await page.getByText("All is as it should be").waitFor();
  await peer.call("POST", "/tasks/t0/trigger", {});
  await page.getByText("has failed once").waitFor();
  await page.getByRole("link", { name: "Last run" }).click();
  await page.getByText("Not delivered after one attempt").waitFor();
  await page.getByText(/curl -X POST/).waitFor();
  receiver.answer(200);
  await page.getByRole("button", { name: "Send it again" }).click();
  await page.getByText(/^Delivered after 2 attempts/).waitFor();
  receiver.answer(503);
  await page.goBack();
  for (let n = 0; n < FAILING; n++) await peer.call("POST", `/tasks/t${n}/trigger`, {});
  await tile("Dead letters").getByText("6", { exact: true }).waitFor();
  await tile("Not delivered").getByText(/^\d failed$/).waitFor();
  const main = page.locator("main");
  const ways: readonly (readonly [link: string, path: string, shown: string, count: number])[] = [
    [`All ${FAILING} tasks that fail`, "/ui/tasks?outcome=failed", "[data-task]", FAILING],
    ["Tasks", "/ui/tasks", "[data-task]", FAILING],
    ["Runs in the last hour", "/ui/runs", "[data-run]", FAILING + 1],
    ["Not delivered in 24 h", "/ui/runs?outcome=failed", "[data-run]", FAILING],
    ["Waiting for a retry", "/ui/runs?state=retrying", "[data-run]", 0],
    ["Dead letters", "/ui/dead-letters", "[data-run]", FAILING],
  ];
  for (const [name, path, shown, count] of ways) {
    await main.getByRole("link", { name, exact: true }).click();
    const rows = page.locator(shown);
    await until(`${name} leads to ${path}`, async () => page.url() === peer.url + path && await rows.count() === count);
    if (name !== "Dead letters") await page.goBack();
    await main.locator("h1").waitFor();
  }
  receiver.answer(200);
  await page.getByRole("button", { name: "Send all again…" }).click();
  await page.getByLabel("Pace").selectOption("0");
  await page.getByRole("button", { name: "Send again", exact: true }).click();
  await page.getByText(`${FAILING} sent again.`).waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByText("Nothing. All is as it should be.").waitFor();
  await tile("Dead letters").getByText("nothing was given up").waitFor();
  await page.getByRole("region", { name: "Next" }).getByRole("link", { name: "t0" }).click();
  await page.getByRole("heading", { name: "t0" }).waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Pause all…" }).click();
  await page.getByLabel("Why").fill("the ledger is closed");
  await page.keyboard.press("Enter");
  await page.getByLabel("Type pause all to be sure").fill("pause all");
  await page.keyboard.press("Enter");
  await page.getByText(`${FAILING} tasks paused.`).waitFor();
  await tile("Tasks").getByText(`${FAILING} paused`).waitFor();
  const { self } = await peer.call<{ self: string }>("GET", "/mesh");
  await page.getByRole("region", { name: "Who fires" }).getByRole("link").click();
  await page.locator(".peer-panel").getByText(self).waitFor();
  assert.equal(page.url(), `${peer.url}/ui/mesh?peer=${self}`);
});
