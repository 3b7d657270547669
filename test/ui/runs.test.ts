// The ways to a list of runs: from a day of a task's year, from what waits for a retry, and by filters in the address.

import assert from "node:assert/strict";
import { browserTest, until } from "./world.ts";

const HOURLY = "R/2026-01-01T00:00:00Z/PT1H";

browserTest(
  "a day of the year leads to its runs, by mouse and by keyboard, and the address says which",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: receiver.url });
    const { id } = await peer.call<{ id: string }>("POST", "/tasks/t/trigger", {});
    const { page } = await enter({ at: "/ui/task?id=t" });
    const day = page.locator(".year a");
    await day.last().waitFor();
    await day.last().focus();
    await page.keyboard.press("Enter");
    await page.locator(`[data-run="${id}"]`).waitFor();
    const { searchParams } = new URL(page.url());
    assert.equal(searchParams.get("task"), "t");
    assert.ok(
      Date.parse(searchParams.get("until") ?? "") - Date.parse(searchParams.get("from") ?? "") >= 23 * 3_600_000,
    );
    await page.reload();
    await page.locator(`[data-run="${id}"]`).waitFor();

    // Days before, in the zone of the task: nothing ran then.
    const from = page.getByLabel(/^From/);
    const shown = await from.inputValue();
    await page.getByLabel(/^Until/).fill(shown);
    await from.fill("2026-01-02T00:00");
    await page.getByText("No run was planned then").waitFor();
    assert.equal(new URL(page.url()).searchParams.get("from"), "2026-01-02T00:00:00.000Z");
    await page.getByRole("button", { name: "All runs" }).click();
    await page.locator(`[data-run="${id}"]`).waitFor();
  },
);

browserTest(
  "what waits for a retry is listed, and leaves the list when it is over",
  async ({ enter, peer, receiver }) => {
    receiver.answer(503);
    const policy = { retry: { limit: 20, base: "PT1S", factor: 1 } };
    await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: receiver.url, policy });
    const { id } = await peer.call<{ id: string }>("POST", "/tasks/t/trigger", {});
    const { page } = await enter({ at: "/" });
    await page.getByRole("link", { name: "Waiting for a retry" }).click();
    await page.locator(`[data-run="${id}"]`).waitFor();
    assert.equal(new URL(page.url()).search, "?state=retrying");
    receiver.answer(200);
    await page.getByText("No run waits for a retry").waitFor();
    await page.getByLabel("Outcome").selectOption("delivered");
    await page.locator(`[data-run="${id}"]`).waitFor();
    assert.equal(new URL(page.url()).search, "?outcome=delivered");
  },
);

browserTest("a template is filled in by the peer while it is written", async ({ enter, peer, receiver }) => {
  const { page } = await enter({ at: "/ui/edit" });
  await page.locator("#id").fill("filled");
  await page.locator("#schedule").fill(HOURLY);
  await page.locator("[id='target.urn']").fill(receiver.url);
  await page.locator("#payload").fill('{"task": "{{task}}", "n": "{{attempt}}"}');
  await page.getByText("is sent as it is written").waitFor();
  await page.getByLabel(/^Fill in/).check();
  const sent = page.getByLabel("The payload as it is sent");
  await until(
    "it is filled in",
    async () => await sent.innerText().catch(() => "") === '{\n  "task": "filled",\n  "n": 1\n}',
  );
  await page.locator("#payload").fill('{"task": "{{tusk}}"}');
  await page.locator(".as-sent .wrong").waitFor();
  await page.locator("#payload").fill('{"task": "{{task}}"}');
  await sent.waitFor();
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByRole("heading", { name: "filled" }).waitFor();
  await page.getByRole("button", { name: "Trigger now" }).click();
  await until("it arrives, filled in", () => receiver.received.some(({ body }) => body === '{"task":"filled"}'));
  // To edit it does not take the template away.
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await until("it is a template still", () => page.getByLabel(/^Fill in/).isChecked());
  await page.locator("#name").fill("Filled in");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Filled in" }).waitFor();
  assert.equal((await peer.call<{ template?: boolean }>("GET", "/tasks/filled")).template, true);
});
