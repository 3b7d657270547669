// Who has never seen it: from the link of the first start to the reason of a failure, by what the page says and nothing
// else. No address is typed, and nothing is asked of the API.

import assert from "node:assert/strict";
import { browserTest, until } from "./world.ts";

browserTest(
  "who has never seen it makes a weekly task in their zone, sees it fire, and finds out why one failed",
  async ({ open, peer, receiver }) => {
    await until("the first start prints a link", () => /#code=/.test(peer.printed()));
    const { page } = await open({ timezoneId: "America/Sao_Paulo" });
    await page.goto(/http:\/\/[^\s"]+#code=[^\s"]+/.exec(peer.printed())?.[0] ?? "");
    await page.getByText("No tasks yet").waitFor();
    await page.getByRole("link", { name: "Write a task of your own" }).click();

    await page.getByLabel("Name").fill("Water the plants");
    await page.getByLabel("On days of the week").check();
    assert.equal(await page.getByLabel("Time zone").inputValue(), "America/Sao_Paulo");
    await page.getByLabel("Time of day").fill("18:30");
    await page.getByLabel("Target", { exact: true }).fill(receiver.url);
    await page.locator(".preview .says").getByText(/18:30.*Monday.*America\/Sao_Paulo/).waitFor();
    const shown = await page.locator(".preview tbody tr").allInnerTexts();
    assert.equal(shown.length, 10);
    assert.ok(shown.every((row) => /Mon.*18:30:00/.test(row)), shown.join("\n"));
    await page.getByRole("button", { name: "Add task" }).click();

    await page.getByRole("heading", { name: "Water the plants" }).waitFor();
    await page.getByText("None yet.").waitFor();
    await page.getByRole("button", { name: "Trigger now" }).click();
    await page.locator("[data-run]").getByText("delivered").waitFor();
    assert.equal(receiver.received.length, 1);

    receiver.answer(503);
    await page.getByRole("button", { name: "Trigger now" }).click();
    const waits = page.locator("[data-run]", { hasText: "retrying" });
    await waits.getByText("503").first().waitFor();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.locator(".tile", { hasText: "Waiting for a retry" }).getByText("1", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await waits.locator("a[href^='/ui/run?']").click();
    await page.getByText(/^Tried .* and will be tried again/).waitFor();
    await page.locator(".attempts-of").getByText("503").first().waitFor();
    receiver.answer(200);
    await page.getByText(/^Delivered after \d attempts/).waitFor();

    receiver.answer(422);
    await page.getByRole("button", { name: "Trigger anew" }).click();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.locator(".troubles").getByText("Water the plants has failed once").waitFor();
    await page.getByRole("link", { name: "Last run" }).click();
    await page.getByText(/^Not delivered after one attempt: .* answered 422 .* then send it again/).waitFor();
    await page.getByRole("link", { name: "Dead letters" }).click();
    await page.locator("[data-run]").getByText("water-the-plants").waitFor();
  },
  { hasToken: false },
);
