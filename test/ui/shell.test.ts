// What stands around each page: the palette, the keys, the zone, the theme, the menu of a narrow screen, and what has
// just happened.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, until } from "./world.ts";

const HOURLY = "R/2030-01-01T00:00:00Z/PT1H";

browserTest("each command of the palette does what it says", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "t", name: "Backup", schedule: HOURLY, target: receiver.url });
  const { page } = await enter({ at: "/ui/task?id=t" });
  await page.getByRole("heading", { name: "Backup" }).waitFor();
  await choose(page, "This task: trigger now");
  await page.locator("[data-run]").getByText("delivered").waitFor();
  await choose(page, "This task: pause or resume");
  await page.getByRole("button", { name: "Pause it" }).click();
  await page.locator(".mark.paused").waitFor();
  await choose(page, "This task: edit");
  await page.getByRole("heading", { name: "Edit t" }).waitFor();
  await choose(page, "Overview");
  await page.locator(".tiles").waitFor();

  await page.getByRole("button", { name: "Go to…" }).click();
  const options = page.locator(".palette [role=option] bdi");
  await options.first().waitFor();
  assert.deepEqual(await options.allInnerTexts(), [...Object.keys(COMMANDS), LAST], "each of them is tried here");
  await page.keyboard.press("ArrowUp");
  await page.locator(".palette [aria-selected=true]", { hasText: LAST }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.locator(".palette [aria-selected=true]", { hasText: "New task" }).waitFor();
  await page.keyboard.type("nothing is called like this");
  await page.getByText("Nothing has this in its name.").waitFor();
  await page.mouse.click(5, 5);
  await page.locator(".palette").waitFor({ state: "detached" });

  // What is so at first comes last.
  for (const [command, isDone] of Object.entries(COMMANDS).toReversed()) {
    await choose(page, command);
    await isDone(page);
  }
  await choose(page, LAST);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

const LAST = "Sign out";

const COMMANDS: { readonly [command: string]: (page: Page) => Promise<void> } = {
  "New task": isAt("New task"),
  Overview: isAt("Overview"),
  Tasks: isAt("Tasks"),
  Runs: isAt("Runs"),
  "Dead letters": isAt("Dead letters"),
  Targets: isAt("Targets"),
  Mesh: isAt("Mesh"),
  Conflicts: isAt("Conflicts"),
  Access: isAt("Access"),
  Audit: isAt("Audit"),
  Settings: isAt("Settings"),
  "Add a machine to the mesh": isAt("Add a machine"),
  "Tasks that fail": asks("?outcome=failed"),
  "Tasks that are paused": asks("?paused=true"),
  "Light theme": hasTheme("light"),
  "Dark theme": hasTheme("dark"),
  "Times in the zone of each task": hasZone("task"),
  "Times in the zone of this browser": hasZone("browser"),
  "Times in UTC": hasZone("UTC"),
};

function isAt(name: string) {
  return (page: Page) => page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
}

function asks(search: string) {
  return (page: Page) => page.waitForURL((url) => url.pathname === "/ui/tasks" && url.search === search);
}

function hasTheme(theme: string) {
  return (page: Page) =>
    until(`it is ${theme}`, async () => await page.evaluate("document.documentElement.dataset.theme") === theme);
}

function hasZone(zone: string) {
  return (page: Page) =>
    until(`the zone is ${zone}`, () => page.locator(`.side input[name=zone][value=${zone}]`).isChecked());
}

/** By the keyboard, as the palette is meant to be used. */
async function choose(page: Page, command: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.locator(".palette").waitFor();
  await page.keyboard.type(command);
  const chosen = page.locator(".palette [aria-selected=true] bdi");
  await until(`${command} is chosen`, async () => await chosen.innerText() === command);
  await page.keyboard.press("Enter");
  await page.locator(".palette").waitFor({ state: "detached" });
}

browserTest("times are in the zone that is chosen, on each page that shows any", async ({ enter, peer, receiver }) => {
  const schedule = "R/2030-01-01T09:00:00[Asia/Tokyo]/PT1H";
  receiver.answer(503);
  await peer.call("POST", "/targets", { name: "shop", urn: receiver.url });
  await peer.call("POST", "/tokens", { name: "script" });
  await peer.call("POST", "/tasks", { id: "t", schedule, target: receiver.url, policy: { retry: { limit: 0 } } });
  const run = await peer.call<{ id: string }>("POST", "/tasks/t/trigger", {});
  await until(
    "it has failed",
    async () => (await peer.call<{ items: unknown[] }>("GET", "/dead-letters")).items.length === 1,
  );
  const { page } = await enter({ timezoneId: "America/Sao_Paulo" });
  const times = page.locator("main time");
  const shows = async (choice: string, offset: RegExp) => {
    await page.locator(".side").getByLabel(choice, { exact: true }).check();
    await until(`${page.url()} shows ${choice}`, async () => {
      const texts = await times.allInnerTexts();
      return texts.length > 0 && texts.every((text) => offset.test(text));
    });
  };
  const ofTask = ["/ui/tasks", "/ui/task?id=t", `/ui/run?id=${run.id}`];
  for (
    const at of [...ofTask, "/", "/ui/runs", "/ui/dead-letters", "/ui/target?name=shop", "/ui/access", "/ui/audit"]
  ) {
    await page.goto(peer.url + at);
    await shows("UTC", / UTC$/);
    await shows("Local", / GMT-3$/);
    await shows("Task", ofTask.includes(at) ? / GMT\+9$/ : / GMT-3$/);
  }
});

browserTest("the settings are of this browser, and are kept", async ({ enter }) => {
  const { page } = await enter({ at: "/ui/settings" });
  await page.locator(".facts").getByText("takes writes").waitFor();
  for (const label of ["in UTC", "dark", "no, only Ctrl-K"]) await page.locator("main").getByLabel(label).check();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.reload();
  await isAt("Settings")(page);
  await hasTheme("dark")(page);
  await hasZone("UTC")(page);
  await page.getByRole("button", { name: "All keys" }).click();
  await page.getByText("Single keys are switched off").waitFor();
  await page.getByRole("dialog").getByText("Go anywhere, do anything").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  for (const label of [/^in Europe/, "light", "yes"]) await page.locator("main").getByLabel(label).check();
  await hasTheme("light")(page);
  await hasZone("browser")(page);
  await page.locator(".side").getByLabel("System theme").check();
  await hasTheme("system")(page);
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Open" }).click();
  await (await opened).getByText(/"openapi": ?"3\.1/).waitFor();
  await (await opened).close();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await isAt("Tasks")(page);
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog");
  for (const said of ["In the list", "Everywhere", "Pause or resume", "New task"]) {
    await sheet.getByText(said, { exact: true }).waitFor();
  }
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "See how it works" }).click();
  await page.getByText("Welcome. No tasks yet").waitFor();
  await page.getByRole("link", { name: "Join another machine's mesh" }).click();
  await isAt("Add a machine")(page);
});

browserTest("what has happened is said, leads there, and is dismissed", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: receiver.url });
  const { page } = await enter();
  const notice = page.getByRole("status").locator(".notice");
  const trigger = page.getByRole("button", { name: "Trigger t now" });
  await trigger.click();
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await notice.waitFor({ state: "detached" });
  await trigger.click();
  await notice.waitFor();
  await page.getByRole("link", { name: "Mesh", exact: true }).click();
  await isAt("Mesh")(page);
  assert.equal(await notice.count(), 0, "it stays on the page where it was said");
  await page.goBack();
  await trigger.click();
  await notice.getByRole("link", { name: "See what becomes of it" }).click();
  await page.getByRole("heading", { name: /^Run of/ }).waitFor();
  await notice.waitFor({ state: "detached" });
});

browserTest(
  "on a narrow screen the pages are behind a button, and what can't be loaded is tried again",
  async ({ enter }) => {
    const { page } = await enter({ viewport: { width: 320, height: 640 } });
    const link = page.getByRole("link", { name: "Mesh", exact: true });
    await page.getByText("No tasks yet").waitFor();
    assert.ok(!await link.isVisible());
    await page.route("**/assets/mesh-page*", (route) => route.abort());
    await page.getByRole("button", { name: "Menu" }).click();
    await link.click();
    await page.getByText("could not be loaded").waitFor();
    await link.waitFor({ state: "hidden" });
    await page.unroute("**/assets/mesh-page*");
    await page.getByRole("button", { name: "Try again" }).click();
    await isAt("Mesh")(page);
    await page.route("**/assets/audit-page*", (route) => route.abort());
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("link", { name: "Audit", exact: true }).click();
    await page.getByText("could not be loaded").waitFor();
    await page.unroute("**/assets/audit-page*");
    await page.getByRole("link", { name: "load the page anew" }).click();
    await isAt("Audit")(page);
    await page.goBack();
    await isAt("Mesh")(page);
    await page.reload();
    await isAt("Mesh")(page);
    await page.keyboard.press("Tab");
    await page.getByRole("link", { name: "Skip to the content" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#main:focus").waitFor();
  },
);
