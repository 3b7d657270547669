// The list of tasks and the form for a new one, with a real peer that fires at a real receiver.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, eachSecond, until } from "./world.ts";

const HOURLY = "R/2026-01-01T00:00:00Z/PT1H";

browserTest(
  "a task written in the form is previewed, added, and seen delivered without a reload",
  async ({ enter, receiver }) => {
    const { page, requests } = await enter();
    await page.getByRole("button", { name: "New task" }).click();
    await page.locator("#name").fill("Every second");
    await page.locator("#id").fill("each-second");
    await page.locator("#schedule").fill(eachSecond());
    await page.locator(".preview .says").waitFor();
    assert.equal(await page.locator(".preview tbody tr").count(), 5);
    await page.locator("#target").fill(receiver.url);
    await page.locator("#payload").fill('{"say": "hello"}');
    await page.getByRole("button", { name: "Add task" }).click();
    const row = rowOf(page, "each-second");
    await row.getByText("delivered").waitFor();
    await until("the receiver has it", () => receiver.received.length > 0);
    assert.equal(receiver.received[0]?.body, '{"say":"hello"}');
    await row.getByRole("button", { name: "Every second", exact: true }).click();
    const shown = page.locator(".runs > li");
    await shown.first().waitFor();
    await until("more runs appear by themselves", async () => await shown.count() >= 3);
    assert.match(await shown.first().innerText(), /delivered[\s\S]*attempt 1 · 200/);
    const ids = await shown.evaluateAll((items) => items.map((item) => item.getAttribute("data-run")));
    assert.deepEqual(ids.filter((id) => !receiver.received.some((event) => event.id === id)), []);
    const next = row.locator(".next time");
    const before = await next.getAttribute("datetime") ?? "";
    await until("the next instant moves on", async () => (await next.getAttribute("datetime") ?? "") > before);
    assert.equal(requests.filter((request) => request.includes("/api/v1/tasks?")).length, 1, "the list is read once");
  },
);

browserTest("a wrong schedule is told where it is wrong, and the suggestion mends it", async ({ enter }) => {
  const { page } = await enter();
  await page.getByRole("button", { name: "New task" }).click();
  const schedule = page.locator("#schedule");
  await schedule.fill("R/2026-12-01T09:00:00Z/P1H");
  const problem = page.locator("#schedule-problem");
  await problem.locator("mark").waitFor();
  assert.equal(await schedule.getAttribute("aria-invalid"), "true");
  await problem.getByRole("button", { name: /^Use/ }).click();
  await page.locator(".preview .says").waitFor();
  assert.equal(await schedule.getAttribute("aria-invalid"), null);
  assert.notEqual(await schedule.inputValue(), "R/2026-12-01T09:00:00Z/P1H");
  await schedule.fill("R/2020-01-01T00:00:00Z/2020-01-02T00:00:00Z".replace("R/", "R3/"));
  await page.getByText("It never fires").waitFor();
});

browserTest("problems stand at their fields, and what was typed stays", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "taken", schedule: HOURLY, target: receiver.url });
  const { page } = await enter();
  await page.getByRole("button", { name: "New task" }).click();
  await page.locator("#id").fill("taken");
  await page.locator("#schedule").fill(HOURLY);
  await page.locator("#payload").fill('{"a": nonsense}');
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("#payload-problem").getByText("no JSON").waitFor();
  await page.locator("#payload").fill("");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("#target-problem").getByText("needs a target").waitFor();
  await page.locator("#target").fill(receiver.url);
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("#id-problem p").first().waitFor();
  assert.equal(await page.locator("#id").inputValue(), "taken");
});

browserTest("a task is paused, resumed, triggered and deleted from its row", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "t", name: "Hourly", schedule: HOURLY, target: receiver.url });
  const { page } = await enter();
  const row = rowOf(page, "t");
  await row.getByRole("button", { name: "Pause Hourly" }).click();
  await row.getByText("paused", { exact: true }).waitFor();
  await row.getByRole("button", { name: "Resume Hourly" }).click();
  await row.getByText("paused", { exact: true }).waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Hourly", exact: true }).click();
  await page.getByText("None yet.").waitFor();
  await row.getByRole("button", { name: "Trigger Hourly now" }).click();
  await page.locator(".runs > li").getByText("by hand").waitFor();
  await page.locator(".runs > li").getByText("delivered").waitFor();
  assert.equal(receiver.received.length, 1);
  const dialog = page.getByRole("dialog");
  await row.getByRole("button", { name: "Delete Hourly…" }).click();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await row.getByRole("button", { name: "Delete Hourly…" }).click();
  await dialog.getByRole("button", { name: "Delete the task" }).click();
  await row.waitFor({ state: "detached" });
  await page.getByText("No tasks yet").waitFor();
});

browserTest(
  "a failing target is seen retried, with the time of the next attempt",
  async ({ enter, peer, receiver }) => {
    receiver.answer(503);
    const policy = { retry: { base: "PT20S", limit: 2 } };
    await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: receiver.url, policy });
    const { page } = await enter();
    await rowOf(page, "t").getByRole("button", { name: "t", exact: true }).click();
    await rowOf(page, "t").getByRole("button", { name: "Trigger t now" }).click();
    const run = page.locator(".runs > li").first();
    await run.getByText("attempt 1 · 503").waitFor();
    await run.getByText(/attempt \d (in|now)/).or(run.getByText("failed")).first().waitFor();
  },
);

browserTest("what happens elsewhere appears by itself", async ({ enter, peer, receiver }) => {
  const { page } = await enter();
  await page.getByText("No tasks yet").waitFor();
  await peer.call("POST", "/tasks", { id: "b", schedule: HOURLY, target: receiver.url });
  await rowOf(page, "b").waitFor();
  await peer.call("POST", "/tasks", { id: "a", schedule: HOURLY, target: receiver.url });
  await rowOf(page, "a").waitFor();
  assert.deepEqual(await shownIds(page), ["a", "b"]);
  await peer.call("DELETE", "/tasks/b");
  await rowOf(page, "b").waitFor({ state: "detached" });
});

browserTest("the list is searched by the address, and read on by its cursor", async ({ enter, peer, receiver }) => {
  const ids = Array.from({ length: 120 }, (_, n) => `t${String(n).padStart(3, "0")}`);
  for (const id of ids) await peer.call("POST", "/tasks", { id, schedule: HOURLY, target: receiver.url });
  const { page } = await enter();
  await until("a page is shown", async () => await page.locator("[data-task]").count() === 50);
  await page.getByRole("button", { name: "Load more" }).click();
  await until("two pages are shown", async () => await page.locator("[data-task]").count() === 100);
  await page.getByRole("button", { name: "Load more" }).click();
  await until("all are shown", async () => await page.locator("[data-task]").count() === 120);
  assert.deepEqual(await shownIds(page), ids);
  await page.getByRole("searchbox").fill("T07");
  await until("ten are found", async () => await page.locator("[data-task]").count() === 10);
  assert.equal(new URL(page.url()).search, "?q=T07");
  await page.reload();
  await until("the address finds them again", async () => await page.locator("[data-task]").count() === 10);
  await page.getByRole("searchbox").fill("nothing has this");
  await page.getByText("No task has this").waitFor();
});

browserTest("what users wrote is shown as text", async ({ enter, peer, receiver }) => {
  const evil = `"><img/src=x/onerror=alert(1)><script>alert(2)</script>`;
  const payload = { [evil]: evil };
  await peer.call("POST", "/tasks", {
    id: evil,
    name: `${evil} {{7*7}}`,
    schedule: HOURLY,
    target: receiver.url,
    payload,
    labels: { x: evil },
  });
  const { page } = await enter();
  await page.getByRole("button", { name: `${evil} {{7*7}}`, exact: true }).click();
  await page.getByText(`x=${evil}`).waitFor();
  await page.getByText(JSON.stringify(evil).slice(1, -1)).first().waitFor();
  await page.getByRole("button", { name: /^Delete/ }).click();
  await page.getByRole("dialog").getByText(evil).waitFor();
  assert.equal(await page.locator("img, script:not([src]), iframe").count(), 0);
});

browserTest("an empty list teaches: a first task is two clicks away", async ({ enter, peer }) => {
  const { page } = await enter();
  await page.getByRole("button", { name: "Fill in a first task" }).click();
  await page.locator(".preview .says").waitFor();
  await page.getByRole("button", { name: "Add task" }).click();
  await rowOf(page, "hello").waitFor();
  const task = await peer.call<{ id: string; payload: unknown }>("GET", "/tasks/hello");
  assert.deepEqual(task.payload, { say: "hello" });
});

browserTest("a task is added by the keyboard alone", async ({ enter, receiver }) => {
  const { page } = await enter();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent");
  await until("the button has the focus", async () => {
    await press("Tab");
    return String(await focused()).includes("New task");
  });
  await press("Enter");
  await until("the form has the focus", async () => await focused() === "name");
  await page.keyboard.type("By keys");
  await press("Tab", "Tab");
  await page.keyboard.type(HOURLY);
  await until("the target has the focus", async () => {
    await press("Tab");
    return await focused() === "target";
  });
  await page.keyboard.type(receiver.url);
  await press("Enter");
  await page.getByRole("button", { name: "By keys", exact: true }).waitFor();
  await until("the new row has the focus", async () => String(await focused()).startsWith("task-"));
  await press("Enter");
  await page.getByText("None yet.").waitFor();
});

browserTest("the helpers write a schedule that the peer understands", async ({ enter }) => {
  const { page } = await enter();
  await page.getByRole("button", { name: "New task" }).click();
  const schedule = page.locator("#schedule");
  const accepted = async (pattern: RegExp) => {
    await until(`the text is like ${pattern}`, async () => pattern.test(await schedule.inputValue()));
    await page.locator(".preview:not(.old) .says").waitFor();
    assert.equal(await schedule.getAttribute("aria-invalid"), null);
  };
  for (
    const [unit, period] of [["seconds", "PT5S"], ["minutes", "PT5M"], ["hours", "PT5H"], ["days", "P5D"]] as const
  ) {
    await page.getByLabel("Unit").selectOption(unit);
    await page.getByRole("button", { name: "from now" }).click();
    await accepted(new RegExp(`^R/.*/${period}$`));
  }
  await page.getByLabel("Moment").fill("2030-01-02T03:04:05");
  await page.getByRole("button", { name: "set once" }).click();
  await accepted(/^2030-01-02T02:04:05Z$/);
  for (const days of await page.getByLabel("Days").locator("option").allInnerTexts()) {
    await page.getByLabel("Days").selectOption(days);
    await page.getByRole("button", { name: "set cron" }).click();
    await accepted(/^0 9 .* \[Europe\/Paris\]$/);
  }
});

function rowOf(page: Page, id: string) {
  return page.locator(`[data-task="${id}"]`);
}

async function shownIds(page: Page): Promise<readonly (string | null)[]> {
  return await page.locator("[data-task]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-task")));
}
