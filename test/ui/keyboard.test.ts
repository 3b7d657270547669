// All that can be done on the page is done by the keyboard alone. No mouse is moved, nothing is clicked.

import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { browserTest, eachSecond, until } from "./world.ts";

/** By hand only: its first hour is far, so that none strikes while a test looks. */
const HOURLY = "R/2030-01-01T00:00:00Z/PT1H";
/** More are on no page. */
const TABS_MAX = 150;

browserTest("each page is reached by two keys, and its name is read out", async ({ enter }) => {
  const { page } = await enter();
  await press(page, "?");
  const sheet = await page.getByRole("dialog").innerText();
  await press(page, "Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  for (const [letter, title] of Object.entries(PAGES)) {
    assert.ok(sheet.includes(title), `the sheet names ${title}`);
    await press(page, "g", letter);
    await page.getByRole("heading", { name: title, level: 1 }).waitFor();
    await until(
      "the page has the focus",
      () => page.locator("#main").evaluate((main) => main.matches(":focus, :focus-within")),
    );
    assert.equal(await page.title(), `${title} · Metronome`);
  }
});

const PAGES = {
  o: "Overview",
  r: "Runs",
  d: "Dead letters",
  w: "Targets",
  m: "Mesh",
  c: "Conflicts",
  a: "Access",
  u: "Audit",
  s: "Settings",
  t: "Tasks",
};

browserTest("a task is edited, paused, triggered and backfilled by the keyboard", async ({ enter, peer, receiver }) => {
  const start = new Date(Date.now() - 10 * 60_000).toISOString().slice(0, 19);
  await peer.call("POST", "/tasks", { id: "t", name: "Ten", schedule: `R/${start}Z/PT1M`, target: receiver.url });
  const { page } = await enter({ at: "/ui/task?id=t" });
  await page.getByRole("heading", { name: "Ten" }).waitFor();
  await press(page, "e");
  await until("it is read", async () => await page.locator("#name").inputValue() === "Ten");
  await reach(page, page.locator("#name"));
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Eleven");
  await press(page, "Enter");
  await page.getByRole("heading", { name: "Eleven" }).waitFor();
  await reach(page, page.getByRole("button", { name: "Pause…" }));
  await press(page, "Enter");
  await reach(page, page.getByLabel("Why"));
  await page.keyboard.type("the disk is full");
  await press(page, "Enter");
  await page.getByText("Paused because: the disk is full").waitFor();
  await press(page, "p");
  await page.getByText("Paused because").waitFor({ state: "detached" });
  await press(page, "t");
  await page.locator("[data-run]").getByText("by hand").waitFor();
  await reach(page, page.getByLabel("More to do"));
  await press(page, "Enter");
  await reach(page, page.getByRole("button", { name: "Backfill…" }));
  await press(page, "Enter");
  await page.getByText(/\d+ occurrences lie in it/).waitFor();
  await reach(page, page.getByRole("button", { name: "Send them" }));
  const before = receiver.received.length;
  await press(page, "Enter");
  await until("they arrive", () => receiver.received.length > before + 3);
  await reach(page, page.getByLabel("More to do"));
  await press(page, "Enter");
  await reach(page, page.getByRole("button", { name: "Delete…" }));
  await press(page, "Enter");
  await page.getByRole("dialog").waitFor();
  await reach(page, page.getByRole("button", { name: "Delete the task" }));
  await press(page, "Enter");
  await page.getByText("No tasks yet").waitFor();
});

browserTest("dead letters are sent again, and dismissed, by the keyboard", async ({ enter, peer, receiver }) => {
  receiver.answer(503);
  const policy = { retry: { limit: 0 } };
  await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: receiver.url, policy });
  const failOnce = async () => {
    await peer.call("POST", "/tasks/t/trigger", {});
    await until(
      "it has failed",
      async () => (await peer.call<{ items: unknown[] }>("GET", "/dead-letters")).items.length === 1,
    );
  };
  await failOnce();
  receiver.answer(200);
  const { page } = await enter({ at: "/ui/dead-letters" });
  await page.locator("[data-cause]").waitFor();
  await reach(page, page.locator("[data-cause]").getByRole("button", { name: "Send again…" }));
  await press(page, "Enter");
  await reach(page, page.getByRole("button", { name: "Send again", exact: true }));
  await press(page, "Enter");
  await page.getByText("1 sent again.").waitFor();
  receiver.answer(503);
  await failOnce();
  await page.reload();
  await reach(page, page.locator("[data-cause]").getByRole("button", { name: "Dismiss…" }));
  await press(page, "Enter");
  await page.getByRole("dialog").getByText("Dismiss 1?").waitFor();
  await reach(page, page.getByRole("dialog").getByRole("button", { name: "Dismiss", exact: true }));
  await press(page, "Enter");
  await page.getByText("1 dismissed.").waitFor();
  await page.getByText("None: nothing was given up.").waitFor();
});

browserTest(
  "a token is revoked, a target's secret is rotated, and the audit tells of it, by the keyboard",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tokens", { name: "script" });
    const credentials = { token: "the-first-secret-of-the-shop" };
    const auth = { kind: "bearer" };
    await peer.call("POST", "/targets", { name: "shop", urn: receiver.url, auth, credentials });
    const { page } = await enter({ at: "/ui/access" });
    await reach(page, page.locator("[data-token]").getByRole("button", { name: "Revoke…" }));
    await press(page, "Enter");
    await reach(page, page.getByRole("button", { name: "Revoke it" }));
    await press(page, "Enter");
    await page.locator("[data-token]").waitFor({ state: "detached" });
    await go(page, "Targets");
    await reach(page, page.locator("[data-target]").getByRole("link", { name: "shop" }));
    await press(page, "Enter");
    await reach(page, page.getByRole("button", { name: "Bring new ones…" }));
    await press(page, "Enter");
    await reach(page, page.locator("#secret"));
    await page.keyboard.type("the-second-secret-of-the-shop");
    await press(page, "Enter");
    await page.getByText("the one before is good too").waitFor();
    await reach(page, page.getByRole("button", { name: "The new ones are good: forget the old" }));
    await press(page, "Enter");
    await page.getByText("the one before is good too").waitFor({ state: "detached" });
    await press(page, "g", "u");
    await reach(page, page.locator(".chains > summary"));
    await press(page, "Enter");
    await page.locator("[data-chain]").getByText("whole").waitFor();
    await reach(page, page.getByRole("combobox", { name: "What", exact: true }));
    await page.keyboard.type("Targets");
    await until(
      "only targets",
      async () => /^(made|changed) the target /.test(await page.locator(".deed-what").first().innerText()),
    );
    await reach(page, page.locator("[data-deed] summary"));
    await press(page, "Enter");
    await page.locator("[data-deed] .diff").first().waitFor();
  },
);

browserTest("a peer is drained, and removed, by the keyboard", async ({ enter, peer, more }) => {
  const { ticket } = await peer.call<{ ticket: string }>("POST", "/tickets", {});
  await more("cellar", ticket);
  const { page } = await enter({ at: "/ui/mesh" });
  await reach(page, page.locator("[data-peer]").getByRole("button", { name: "cellar" }));
  await press(page, "Enter");
  await reach(page, page.getByRole("button", { name: "Drain: hand over what it fires" }));
  await press(page, "Enter");
  await page.locator("[data-peer]", { hasText: "cellar" }).getByText("drained").waitFor();
  await reach(page, page.getByRole("button", { name: "Let it take part again" }));
  await press(page, "Enter");
  await page.locator("[data-peer]", { hasText: "cellar" }).getByText("drained").waitFor({ state: "detached" });
  await reach(page, page.getByRole("button", { name: "Remove it…" }));
  await press(page, "Enter");
  await page.getByRole("dialog").locator("input:focus").waitFor();
  await page.keyboard.type("cellar");
  await press(page, "Enter");
  await page.getByText("cellar is no member any more.").waitFor();
});

browserTest("targets, tokens, users and tickets are made by the keyboard", async ({ enter, peer, receiver }) => {
  const { page } = await enter();
  await go(page, "Targets");
  await reach(page, page.locator("#target-name"));
  await page.keyboard.type("shop");
  await reach(page, page.locator("#target-urn"));
  await page.keyboard.type(receiver.url);
  await press(page, "Enter");
  await page.getByRole("heading", { name: "shop" }).waitFor();
  await go(page, "Access");
  await reach(page, page.locator("#token-name"));
  await page.keyboard.type("script");
  await press(page, "Enter");
  await page.locator(".made pre").waitFor();
  await reach(page, page.locator("#user-name"));
  await page.keyboard.type("ada");
  await reach(page, page.locator("#user-password"));
  await page.keyboard.type("a-long-password-1");
  await press(page, "Enter");
  await page.locator("[data-user=ada]").waitFor();
  await reach(page, page.locator("[data-user=ada]").getByRole("button", { name: "Delete…" }));
  await press(page, "Enter");
  await page.getByRole("dialog").waitFor();
  await reach(page, page.getByRole("button", { name: "Delete the user" }));
  await press(page, "Enter");
  await page.locator("[data-user=ada]").waitFor({ state: "detached" });
  await go(page, "Add a machine");
  await reach(page, page.getByRole("button", { name: "Make a ticket" }));
  await press(page, "Enter");
  await page.locator("svg.qr").waitFor();
  assert.equal((await peer.call<{ items: unknown[] }>("GET", "/targets")).items.length, 1);
});

browserTest("what moves keeps the focus where it is", async ({ enter, peer, receiver }) => {
  for (const id of ["a", "b", "c"]) {
    await peer.call("POST", "/tasks", { id, schedule: eachSecond(), target: receiver.url });
  }
  const { page } = await enter();
  const pause = page.getByRole("button", { name: "Pause b" });
  await pause.waitFor();
  await reach(page, pause);
  const seen = receiver.received.length;
  await until("a few runs go by", () => receiver.received.length > seen + 6);
  assert.ok(await pause.evaluate((button) => button.matches(":focus")));
});

/** By the palette, which acts wherever one is. */
async function go(page: Page, where: string): Promise<void> {
  await press(page, "Control+k");
  await page.locator(".palette").waitFor();
  await page.keyboard.type(where);
  await page.locator(".palette [role=option]", { hasText: where }).first().waitFor();
  await press(page, "Enter");
  await page.locator(".palette").waitFor({ state: "detached" });
  await page.getByRole("heading", { level: 1, name: where }).waitFor();
}

/** By the tabulator, as often as it takes; what is reached shows that it is. */
async function reach(page: Page, what: Locator): Promise<void> {
  await what.first().waitFor();
  for (let n = 0; n < TABS_MAX; n++) {
    if (await what.first().evaluate((each) => each.matches(":focus-visible"))) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${what} is not reached by ${TABS_MAX} tabs`);
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}
