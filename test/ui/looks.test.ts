// What holds for each page: it can be read by everybody, on any screen, in both themes.

import assert from "node:assert/strict";
import { PAGES as ROUTES } from "../../src/assets.ts";
import { assertReadable } from "./axe.ts";
import { browserTest, eachSecond, type Peer, type Receiver, until } from "./world.ts";

/** Each page, and what is on it when it is all there. */
const PAGES: readonly (readonly [at: string, ready: string])[] = [
  ["/", ".tiles"],
  ["/ui/tasks", "[data-task]"],
  ["/ui/task?id=works", "[data-run]"],
  ["/ui/task?id=paused", ".year svg"],
  ["/ui/edit?id=fails", ".preview .says"],
  ["/ui/runs", "[data-run]"],
  ["/ui/dead-letters", "[data-cause]"],
  ["/ui/targets", "[data-target]"],
  ["/ui/target?name=shop", ".facts"],
  ["/ui/mesh", "[data-peer]"],
  ["/ui/join", ".join-form"],
  ["/ui/conflicts", ".blank"],
  ["/ui/access", "#token-name"],
  ["/ui/audit", "[data-deed] summary"],
  ["/ui/settings", ".facts"],
];

browserTest(
  "axe finds nothing to mend on any page, narrow and wide, light and dark, and nothing is wider than the screen",
  async ({ enter, open, peer, receiver }) => {
    const { page } = await enter({ at: "/" });
    await page.getByText("No tasks yet").waitFor();
    await assertReadable(page, "the welcome");
    await fill(peer, receiver);
    const failed = await peer.call<{ items: readonly { id: string }[] }>("GET", "/runs?outcome=failed&limit=1");
    const run = [`/ui/run?id=${failed.items[0]?.id}`, ".attempts-of"] as const;
    const all = [...PAGES, run];
    assert.deepEqual(
      ROUTES.filter((route) => !all.some(([at]) => at.split("?")[0] === route)),
      [],
      "no page is left out",
    );
    for (const [at, ready] of all) {
      await page.goto(peer.url + at);
      await page.locator(ready).first().waitFor();
      await assertReadable(page, at);
    }
    const outside = await open();
    await outside.page.goto(peer.url);
    await outside.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await assertReadable(outside.page, "the door");
  },
);

browserTest(
  "axe finds nothing to mend in what is opened: dialogs, menus, the palette, the editor with all of it",
  async ({ enter, peer, receiver }) => {
    await fill(peer, receiver);
    await peer.call("POST", "/users", { name: "ada", password: "a-long-password-1" });
    await peer.call("POST", "/tokens", { name: "script" });
    await until(
      "there is a dead letter",
      async () => (await peer.call<{ items: unknown[] }>("GET", "/dead-letters")).items.length > 0,
    );
    const { page } = await enter({ at: "/ui/edit" });
    await page.getByLabel("On days of the week").check();
    await page.locator(".preview .says").waitFor();
    await page.getByText("Retries, time limits and ends").click();
    await assertReadable(page, "the editor with all open");
    await page.locator("#schedule").fill("R/2026-12-01T09:00:00Z/P1H");
    await page.locator("#schedule-problem mark").waitFor();
    await assertReadable(page, "the editor with a problem");
    for (const [at, menu, button] of DIALOGS) {
      await page.goto(peer.url + at);
      if (menu !== "") {
        await page.getByLabel(menu).click();
        if (button === "") await assertReadable(page, `${at}: ${menu}`);
      }
      if (button === "") continue;
      await page.getByRole("button", { name: button }).first().click();
      await page.getByRole("dialog").waitFor();
      await assertReadable(page, `${at}: ${button}`);
    }
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.locator(".palette [role=option]").first().waitFor();
    await assertReadable(page, "the palette");
    await page.keyboard.press("Escape");
    await page.locator(".palette").waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await assertReadable(page, "the keys");
  },
);

/** Where, in which menu, and what opens it; only the menu when that is nothing. */
const DIALOGS: readonly (readonly [at: string, menu: string, button: string])[] = [
  ["/ui/task?id=works", "More to do", ""],
  ["/ui/task?id=works", "", "Pause…"],
  ["/ui/task?id=works", "More to do", "Trigger with another payload…"],
  ["/ui/task?id=works", "More to do", "Backfill…"],
  ["/ui/task?id=works", "More to do", "Delete…"],
  ["/", "", "Pause all…"],
  ["/ui/tasks", "", "Delete Works…"],
  ["/ui/tasks", "Select all that are shown", "Label…"],
  ["/ui/tasks", "Select all that are shown", "Target…"],
  ["/ui/target?name=shop", "", "Bring new ones…"],
  ["/ui/target?name=shop", "", "Delete…"],
  ["/ui/access", "", "Revoke…"],
  ["/ui/access", "", "Delete…"],
  ["/ui/dead-letters", "", "Dismiss…"],
  ["/ui/dead-letters", "", "Send again…"],
];

browserTest("the theme that was chosen is there before the first paint", async ({ enter }) => {
  const { page } = await enter({ colorScheme: "light" });
  await page.getByLabel("Dark theme").check();
  await page.route("**/assets/*.js", () => {});
  await page.reload({ waitUntil: "commit" });
  const ground = `getComputedStyle(document.documentElement).colorScheme`;
  await until("the page is dark before its program is there", async () => await page.evaluate(ground) === "dark");
  await page.unroute("**/assets/*.js");
});

browserTest(
  "times are shown in the zone of the task, of the browser, or UTC, and say which",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", {
      id: "t",
      schedule: "R/2030-01-01T09:00:00[Asia/Tokyo]/P1D",
      target: receiver.url,
    });
    const { page } = await enter();
    const next = page.locator("[data-task=t] .next time");
    await until("the task's zone", async () => (await next.innerText()).endsWith("09:00:00 GMT+9"));
    await page.getByLabel("Local").check();
    await until("the browser's zone", async () => (await next.innerText()).endsWith("01:00:00 CET"));
    await page.reload();
    await page.getByLabel("UTC").check();
    await until("UTC", async () => (await next.innerText()).endsWith("00:00:00 UTC"));
  },
);

browserTest("nothing moves for who wants nothing to move", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "t", schedule: eachSecond(), target: receiver.url });
  const { page } = await enter({ reducedMotion: "reduce" });
  const moving = async (where: typeof page) => Number(await where.evaluate("document.getAnimations().length"));
  const still = async (what: string) => assert.equal(await moving(page), 0, what);
  await page.locator("[data-task=t]").getByText("delivered").waitFor();
  await still("a new outcome");
  await page.getByRole("button", { name: "Trigger t now" }).click();
  await page.locator(".notice").waitFor();
  await still("a notice");
  await page.keyboard.press("Control+k");
  await page.locator(".palette").waitFor();
  await still("the palette");
  await page.keyboard.press("Escape");
  await page.locator(".palette").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Delete t…" }).click();
  await page.getByRole("dialog").waitFor();
  await still("a dialog");
  for (const [at, ready] of [["/", ".tiles"], ["/ui/edit?id=t", ".preview .says"], ["/ui/mesh", "[data-peer]"]]) {
    await page.goto(`${peer.url}${at}`);
    await page.locator(ready ?? "").first().waitFor();
    await still(at ?? "");
  }
  // The styles of all pages are there now.
  const { asked, unasked } = await page.evaluate(MOTION) as { asked: string[]; unasked: string[] };
  assert.deepEqual(unasked, [], "nothing moves but for who has nothing against it");
  assert.ok(asked.length >= 4, asked.join());
  const other = (await enter({ reducedMotion: "no-preference" })).page;
  await until("a new outcome is seen to come by who does not mind", async () => await moving(other) > 0);
});

/** What any rule of any sheet moves: for who has nothing against motion, and for everybody. */
const MOTION = `(() => {
  const asked = [], unasked = [];
  const walk = (rules, isAsked) => {
    for (const rule of rules) {
      if (rule instanceof CSSKeyframesRule) continue;
      const isHere = isAsked || (rule instanceof CSSMediaRule && /prefers-reduced-motion: no-preference/.test(rule.conditionText));
      const { animationName = "", transitionDuration = "", scrollBehavior = "" } = rule.style ?? {};
      const moves = [animationName, transitionDuration, scrollBehavior].some((each) => !["", "none", "0s", "auto"].includes(each));
      if (moves) (isHere ? asked : unasked).push(rule.selectorText);
      if (rule.cssRules !== undefined) walk(rule.cssRules, isHere);
    }
  };
  for (const sheet of document.styleSheets) walk(sheet.cssRules, false);
  return { asked, unasked };
})()`;

browserTest(
  "what comes while a page is read, and while one looks, moves nothing, on any page",
  async ({ enter, peer, receiver }) => {
    await fill(peer, receiver);
    const { page } = await enter({ at: "/", viewport: { width: 1_280, height: 900 } });
    const moved = new Map<string, number>();
    for (const [at, ready] of PAGES) {
      await page.goto(peer.url + at);
      await page.locator(ready).first().waitFor();
      moved.set(at, Number(await page.evaluate(movedWithin(LIVELY.includes(at) ? LIVELY_MS : READ_MS))));
    }
    assert.deepEqual([...moved].filter(([, sum]) => sum >= MOVED_MAX), []);
  },
);

/** All that moved since the page was opened, until so long from now: the sum, which is more than the worst window. */
function movedWithin(ms: number): string {
  return `new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => sum += value))
      .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), ${ms});
  })`;
}

/** Where something happens each second. */
const LIVELY = ["/", "/ui/tasks", "/ui/task?id=works", "/ui/runs", "/ui/mesh"];
const LIVELY_MS = 2_500;
/** Until all that a page reads has come. */
const READ_MS = 400;
/** A tenth is what is commonly called good; what is left here is the width of words that count down. */
const MOVED_MAX = 0.01;

/** Tasks in all the states that have a look of their own. */
async function fill(peer: Peer, receiver: Receiver): Promise<void> {
  const labels = { team: "ops" };
  await peer.call("POST", "/targets", { name: "shop", urn: receiver.url, description: "where all goes" });
  await peer.call("POST", "/tasks", {
    id: "works",
    name: "Works",
    schedule: eachSecond(),
    target: receiver.url,
    labels,
    payload: { any: "thing" },
  });
  await peer.call("POST", "/tasks", {
    id: "paused",
    schedule: eachSecond(),
    target: receiver.url,
    state: { paused: true, note: "deploy" },
  });
  await peer.call("POST", "/tasks", {
    id: "fails",
    schedule: eachSecond(),
    target: "http://127.0.0.1:1/a/very/long/path/that/goes/on/and/on/until/it/is/wider/than/any/narrow/screen",
    payload: { text: "x".repeat(300) },
    policy: { retry: { limit: 0 } },
  });
  await peer.call("POST", "/tasks", {
    id: `long-${"x".repeat(200)}`,
    schedule: "0 2 * * * [Europe/Paris]",
    target: receiver.url,
  });
  await until("one has failed", async () => (await peer.call<{ last: unknown }>("GET", "/tasks/fails")).last !== null);
}
