// The page of a task: what is asked before it is done may be left, what is wrong is said where it is, its runs and its
// letters are found by span and cause, and its year is walked by the arrows.

import assert from "node:assert/strict";
import { browserTest, until } from "./world.ts";

/** By hand only: its first hour is far, so that none strikes while a test looks. */
const HOURLY = "R/2030-01-01T00:00:00Z/PT1H";

browserTest(
  "what is asked on the page of a task may be left, and its runs are found by day, by span and by cause",
  async (world) => {
    const { enter, peer, receiver } = world;
    const start = new Date(Date.now() - 3 * 3_600_000).toISOString().slice(0, 17);
    await peer.call("PUT", "/tasks/t", { schedule: `R/${start}00Z/PT1H`, target: receiver.url });
    const { page } = await enter({ at: "/ui/task?id=t" });
    const dialog = page.getByRole("dialog");
    const menu = async (deed: string) => {
      await page.getByLabel("More to do").click();
      await page.getByRole("button", { name: deed }).click();
      await dialog.waitFor();
    };
    const leave = async (answer: string) => {
      await dialog.getByRole("button", { name: answer }).click();
      await dialog.waitFor({ state: "detached" });
    };
    await page.getByRole("button", { name: "Pause…" }).click();
    await leave("Let it run");
    await menu("Delete…");
    await leave("Keep it");
    await menu("Trigger with another payload…");
    await page.getByLabel("Payload of this one event").fill("{nonsense");
    await page.getByRole("button", { name: "Fire it now" }).click();
    await dialog.getByText(/^This is no JSON/).waitFor();
    await leave("Leave it");
    await page.getByLabel("More to do").click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Skip the next one" }).waitFor({ state: "hidden" });
    await page.getByLabel("More to do").and(page.locator(":focus")).waitFor();
    assert.deepEqual(receiver.received, []);

    // What was missed before it was made is sent by a backfill of just that span.
    await page.locator(".side").getByLabel("UTC", { exact: true }).check();
    await menu("Backfill…");
    const at = (hours: number) => new Date(Date.parse(`${start}00Z`) + hours * 3_600_000).toISOString().slice(0, 19);
    await dialog.getByLabel("From").fill(at(2));
    await dialog.getByLabel("Until").fill(at(1));
    await dialog.getByRole("button", { name: "Send them" }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("From").fill(at(-1));
    await dialog.getByLabel("Until").fill(at(2));
    await dialog.getByText("2 occurrences lie in it.").waitFor();
    await dialog.getByRole("button", { name: "Send them" }).click();
    await page.getByText("2 sent.").waitFor();
    await until("both arrive", () => receiver.received.length === 2);

    // Of its runs only those that were planned in a span, which the address says.
    const rows = page.locator("[data-run]");
    await until("two runs", async () => await rows.count() === 2);
    await page.getByLabel(/^From/).fill(at(1).slice(0, 16));
    await until("one run", async () => await rows.count() === 1);
    await page.reload();
    await until("the address keeps it", async () => await rows.count() === 1);
    await page.getByRole("button", { name: "All runs" }).click();
    await until("two runs again", async () => await rows.count() === 2);

    await peer.call("PUT", "/tasks/other", { schedule: HOURLY, target: receiver.url, policy: { retry: { limit: 0 } } });
    const day = 86_400_000;
    const from = new Date(Date.now() - 3 * day).toISOString().slice(0, 17);
    const policy = { retry: { limit: 0 } };
    await peer.call("PUT", "/tasks/daily", { schedule: `R/${from}00Z/P1D`, target: receiver.url, policy });
    receiver.answer(503);
    await peer.call("POST", "/tasks/other/trigger", {});
    const span = { from: new Date(Date.now() - 4 * day).toISOString(), until: new Date().toISOString() };
    await peer.call("POST", "/tasks/daily/backfill", { ...span, perSecond: 100 });
    await until(
      "all have failed",
      async () => (await peer.call<{ items: unknown[] }>("GET", "/dead-letters")).items.length === 5,
    );
    await page.goto(`${peer.url}/ui/task?id=daily`);
    const days = page.locator(".year a");
    await until("four days", async () => await days.count() === 4);
    assert.deepEqual(
      await days.evaluateAll((all) => all.map((each) => each.getAttribute("tabindex"))),
      ["-1", "-1", "-1", "0"],
      "one of them is on the way of the Tab key",
    );
    await days.last().focus();
    await page.keyboard.press("ArrowUp");
    await days.nth(2).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("ArrowDown");
    await days.nth(3).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/ui/runs");
    await until("the run of that day", async () => await page.locator("[data-run]").count() === 1);

    await page.goto(`${peer.url}/ui/dead-letters?task=daily`);
    const letters = page.locator("[data-run]");
    await until("its letters", async () => await letters.count() === 4);
    await page.getByRole("button", { name: "Dismiss these…" }).click();
    await page.getByRole("dialog").getByText("of daily", { exact: true }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Dismiss", exact: true }).click();
    await page.getByText("4 dismissed.").waitFor();
    await until("the other one is left", async () => await letters.count() === 1);
    await letters.getByRole("link", { name: "other" }).click();
    await page.getByRole("heading", { name: "other" }).waitFor();
  },
);
