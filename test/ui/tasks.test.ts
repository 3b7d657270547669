// The list of tasks, with a real peer that fires at a real receiver.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, eachSecond, TOKEN, until } from "./world.ts";

/** By hand only: its first hour is far, so that none strikes while a test looks. */
const HOURLY = "R/2030-01-01T00:00:00Z/PT1H";

browserTest("a task is paused, resumed, triggered and deleted from its row", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "t", name: "Hourly", schedule: HOURLY, target: receiver.url });
  const { page } = await enter();
  const row = rowOf(page, "t");
  await row.getByRole("button", { name: "Pause Hourly" }).click();
  await row.getByText("paused", { exact: true }).waitFor();
  await row.getByRole("button", { name: "Resume Hourly" }).click();
  await row.getByText("paused", { exact: true }).waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Trigger Hourly now" }).click();
  await row.getByText("delivered").waitFor();
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

browserTest("the list is read once, and what it shows moves on by itself", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "t", schedule: eachSecond(), target: receiver.url });
  const { page, requests } = await enter();
  await rowOf(page, "t").getByText("delivered").waitFor();
  const next = rowOf(page, "t").locator(".next time");
  const before = await next.getAttribute("datetime") ?? "";
  await until("the next instant moves on", async () => (await next.getAttribute("datetime") ?? "") > before);
  assert.equal(requests.filter((request) => request.includes("/api/v1/tasks?")).length, 1);
});

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

browserTest("the list is searched, sorted and filtered by the address", async ({ enter, peer, receiver }) => {
  const ids = Array.from({ length: 120 }, (_, n) => `t${String(n).padStart(3, "0")}`);
  for (const [n, id] of ids.entries()) {
    await peer.call("POST", "/tasks", {
      id,
      name: `Name ${String(ids.length - n).padStart(3, "0")}`,
      schedule: HOURLY,
      target: `${receiver.url}${n < 3 ? "few" : "many"}`,
      ...(n < 2 ? { state: { paused: true } } : {}),
    });
  }
  const { page } = await enter();
  const shows = (what: string, count: number) =>
    until(what, async () => await page.locator("[data-task]").count() === count);
  await shows("a page is shown", 50);
  await page.getByRole("button", { name: "Load more" }).scrollIntoViewIfNeeded();
  await until("what is scrolled to comes by itself", async () => await page.locator("[data-task]").count() > 50);
  await until("all are shown", async () => {
    await page.mouse.wheel(0, 20_000);
    return await page.locator("[data-task]").count() === 120;
  });
  assert.deepEqual(await shownIds(page), ids);
  await page.getByLabel("Search tasks by id or name").fill("T07");
  await shows("ten are found", 10);
  assert.equal(new URL(page.url()).search, "?q=T07");
  await page.getByLabel("Order").selectOption("name");
  await until("they are sorted by name", async () => (await shownIds(page))[0] === "t079");
  await page.reload();
  await shows("the address finds them again", 10);
  assert.equal((await shownIds(page))[0], "t079");
  await page.goto(`${peer.url}/ui/tasks`);
  await page.getByLabel("Search tasks by URN").fill("few");
  await shows("those of a target", 3);
  assert.equal(new URL(page.url()).search, "?urn=few");
  await page.getByLabel("Paused or not").selectOption("true");
  await shows("and paused", 2);
  await page.getByText("Views", { exact: true }).click();
  await page.getByRole("button", { name: "Keep this view…" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Few and paused");
  await page.keyboard.press("Enter");
  await page.getByLabel("Search tasks by id or name").fill("nothing has this");
  await page.getByText("No task is like this").waitFor();
  await page.goto(`${peer.url}/ui/tasks`);
  await shows("all again", 50);
  await page.getByText("Views", { exact: true }).click();
  await page.getByRole("link", { name: "Few and paused" }).click();
  await shows("what was kept", 2);
  await page.getByText("Few and paused", { exact: true }).first().click();
  await page.getByRole("button", { name: "Forget this one" }).click();
  await page.getByText("Views", { exact: true }).waitFor();
});

browserTest(
  "what is selected is paused, resumed, triggered and deleted together",
  async ({ enter, peer, receiver }) => {
    for (const id of ["a", "b", "c", "d"]) {
      const target = id === "a" ? { urn: receiver.url, method: "PUT" } : receiver.url;
      await peer.call("POST", "/tasks", { id, schedule: HOURLY, target });
    }
    const { page } = await enter();
    const dialog = page.getByRole("dialog");
    await page.getByLabel("Select a", { exact: true }).click();
    await page.getByLabel("Select c", { exact: true }).click({ modifiers: ["Shift"] });
    await page.getByText("3 selected").waitFor();
    const bar = page.getByRole("group", { name: "What to do to the selected tasks" });
    await bar.getByRole("button", { name: "Select all 4" }).click();
    await page.getByText("4 selected").waitFor();
    await page.getByLabel("Select d", { exact: true }).click();
    await page.getByText("3 selected").waitFor();
    await bar.getByRole("button", { name: "Pause" }).click();
    await page.getByText("3 tasks paused.").waitFor();
    await rowOf(page, "c").getByText("paused", { exact: true }).waitFor();
    await page.getByLabel("Select all that are shown").click();
    await bar.getByRole("button", { name: "Resume" }).click();
    await page.getByText("4 tasks resumed.").waitFor();
    await rowOf(page, "c").getByText("paused", { exact: true }).waitFor({ state: "detached" });
    // What one of them refuses is told.
    await page.route("**/api/v1/tasks:each", (route) => {
      const { ids } = route.request().postDataJSON() as { readonly ids: readonly string[] };
      const busy = { status: 409, problem: { status: 409, detail: "it is busy" } };
      return route.fulfill({ json: { items: ids.map((id) => ({ id, ...(id === "b" ? busy : { status: 202 }) })) } });
    });
    await page.getByLabel("Select all that are shown").click();
    await bar.getByRole("button", { name: "Trigger" }).click();
    await page.getByText("3 tasks fired once. 1 not, as b: it is busy").waitFor();
    await page.unroute("**/api/v1/tasks:each");
    await page.getByLabel("Select all that are shown").click();
    await page.getByText("4 selected").waitFor();
    await page.getByLabel("Select all that are shown").click();
    await bar.waitFor({ state: "detached" });
    await page.getByLabel("Select all that are shown").click();
    await bar.getByRole("button", { name: "Label…" }).click();
    await dialog.getByLabel("Name").fill("team");
    await dialog.getByLabel("Value").fill("ops");
    await dialog.getByRole("button", { name: "Label them" }).click();
    await page.getByText("4 tasks changed.").waitFor();
    await rowOf(page, "d").getByRole("link", { name: "team=ops" }).click();
    await until("the label is looked for", () => new URL(page.url()).search === "?label=team%3Dops");
    await page.getByLabel("Select all that are shown").click();
    await bar.getByRole("button", { name: "Target…" }).click();
    await dialog.getByLabel("Target").fill(`${receiver.url}other`);
    await dialog.getByRole("button", { name: "Send them there" }).click();
    await rowOf(page, "a").getByText(/other$/).waitFor();
    const { target } = await peer.call<{ target: unknown }>("GET", "/tasks/a");
    assert.deepEqual(target, { urn: `${receiver.url}other`, method: "PUT" }, "what else it says stays");
    await page.getByLabel("Select all that are shown").click();
    await bar.getByRole("button", { name: "Delete…" }).click();
    await dialog.getByRole("button", { name: "Delete 4 for ever" }).click();
    await page.getByText("No task is like this").waitFor();
  },
);

browserTest("each row shows what became of the last runs, and goes on by itself", async ({ enter, peer, receiver }) => {
  const run = () => peer.call("POST", "/tasks/t/trigger", {});
  await peer.call("POST", "/tasks", {
    id: "t",
    schedule: HOURLY,
    target: receiver.url,
    policy: { retry: { limit: 0 } },
  });
  const count = async () => (await peer.call<{ items: unknown[] }>("GET", "/tasks/t/runs?state=settled")).items.length;
  await run();
  await until("the first is over", async () => await count() === 1);
  receiver.answer(404);
  await run();
  await until("the second is over", async () => await count() === 2);
  const said = async (text: string) => await rowOf(page, "t").getByRole("img", { name: text, exact: true }).waitFor();
  const { page } = await enter();
  await said("Of the last 2: 1 delivered, 1 failed");
  receiver.answer(200);
  await run();
  await said("Of the last 3: 2 delivered, 1 failed");
  await peer.call("POST", "/dead-letters/redrive", { all: true });
  await said("Of the last 3: 3 delivered");
  await page.reload();
  await said("Of the last 3: 3 delivered");
});

browserTest("the list is walked by the keyboard", async ({ enter, peer, receiver }) => {
  for (const id of ["a", "b", "c"]) await peer.call("POST", "/tasks", { id, schedule: HOURLY, target: receiver.url });
  const { page } = await enter();
  await rowOf(page, "c").waitFor();
  for (const key of ["j", "j", "x"]) await page.keyboard.press(key);
  await page.getByText("1 selected").waitFor();
  assert.ok(await page.getByLabel("Select b", { exact: true }).isChecked());
  await page.keyboard.press("p");
  await rowOf(page, "b").getByText("paused", { exact: true }).waitFor();
  await page.keyboard.press("k");
  await page.keyboard.press("t");
  await rowOf(page, "a").getByText("delivered").waitFor();
  await page.getByLabel("Order").selectOption("-last");
  await until("who ran comes first", async () => (await shownIds(page))[0] === "a");
  await peer.call("POST", "/tasks/c/trigger", {});
  await rowOf(page, "c").getByText("delivered").waitFor();
  await page.reload();
  await until("who ran last comes first", async () => (await shownIds(page))[0] === "c");
  await page.getByLabel("Order").selectOption("-updated");
  await until("who was changed last comes first", async () => (await shownIds(page)).join() === "b,c,a");
  await page.getByLabel("Order").selectOption("next");
  await until("who fires again comes first", async () => (await shownIds(page)).at(-1) === "b");
  await page.keyboard.press("/");
  await page.locator("#search:focus").waitFor();
  await page.keyboard.type("a");
  await until("it is found", async () => (await shownIds(page)).join() === "a");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("k");
  await page.keyboard.press("o");
  await page.getByRole("heading", { name: "a", exact: true }).waitFor();
  await page.goBack();
  await rowOf(page, "a").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("e");
  await page.getByRole("heading", { name: "Edit a" }).waitFor();
});

browserTest(
  "thousands of tasks are scrolled, sorted, found and chosen like a few",
  async ({ enter, peer, receiver }) => {
    const lines = Array.from({ length: MANY }, (_, n) => {
      const id = `t${String(n).padStart(4, "0")}`;
      return JSON.stringify({ id, name: `Name ${MANY - n}`, schedule: HOURLY, target: receiver.url });
    });
    const answer = await fetch(`${peer.url}/api/v1/tasks:batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/x-ndjson" },
      body: lines.join("\n"),
    });
    assert.equal((await answer.text()).split('"status":201').length - 1, MANY);
    const { page, requests } = await enter();
    const rows = page.locator("[data-task]");
    await rows.first().waitFor();
    await page.mouse.move(640, 400);
    await until("four hundred are scrolled through", async () => {
      await page.mouse.wheel(0, 4_000);
      return await rows.count() >= 400;
    });
    assert.deepEqual(
      (await shownIds(page)).slice(0, 400),
      Array.from({ length: 400 }, (_, n) => `t${String(n).padStart(4, "0")}`),
      "none twice, none left out",
    );
    assert.ok(
      requests.every((request) => !/limit=(?!50\b|[1-4]\d{0,2}\b)\d/.test(request)),
      "never all of them at once",
    );
    await page.getByLabel("Order").selectOption("name");
    await until("the last comes first", async () => (await shownIds(page))[0] === `t${MANY - 1}`);
    await page.getByLabel("Search tasks by id or name").fill("t2");
    await page.getByText("of 1,000 tasks").waitFor();
    await page.getByLabel("Select all that are shown").click();
    const chosen = await rows.count();
    await page.getByText(`${chosen} selected`).waitFor();
    const bar = page.getByRole("group", { name: "What to do to the selected tasks" });
    await bar.getByRole("button", { name: "Pause" }).click();
    await page.getByText(`${chosen} tasks paused.`).waitFor();
    await page.getByLabel("Select all that are shown").click();
    await bar.getByRole("button", { name: "Select all 1,000 that match" }).click();
    await bar.getByRole("button", { name: "Resume" }).click();
    await page.getByText("1,000 tasks resumed.").waitFor();
  },
);

const MANY = 3_000;

function rowOf(page: Page, id: string) {
  return page.locator(`[data-task="${id}"]`);
}

async function shownIds(page: Page): Promise<readonly (string | null)[]> {
  return await page.locator("[data-task]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-task")));
}
