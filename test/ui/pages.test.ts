// Each page and what can be done on it, at a real peer.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, eachSecond, TOKEN, until } from "./world.ts";

/** By hand only: its first hour is far, so that none strikes while a test looks. */
const HOURLY = "R/2030-01-01T00:00:00Z/PT1H";

browserTest("a new peer leads to a first delivered event on one screen", async ({ enter, peer, receiver }) => {
  const { page } = await enter({ at: "/" });
  await page.getByText("No tasks yet").waitFor();
  await page.locator("#first-target").fill(receiver.url);
  const before = Date.now();
  await page.getByRole("button", { name: "Add the task" }).click();
  await page.getByText("Delivered.").waitFor();
  assert.ok(Date.now() - before < 60_000);
  assert.equal(receiver.received[0]?.body, '{"say":"hello"}');
  await page.getByRole("link", { name: "See the task" }).click();
  await page.getByRole("heading", { name: "Hello" }).waitFor();
  await page.goto(peer.url);
  await page.locator(".tiles").waitFor();
});

browserTest("a first event that nobody takes says why, and what to do", async ({ enter }) => {
  const { page } = await enter({ at: "/" });
  await page.locator("#first-target").fill("http://127.0.0.1:1/");
  await page.getByRole("button", { name: "Add the task" }).click();
  await page.getByText(/Nothing has arrived yet: .*Is step 1 running/).waitFor();
  await page.getByRole("link", { name: "What happened" }).first().click();
  await page.getByRole("heading", { name: /^Run of/ }).waitFor();
});

browserTest("a task is paused with a note, skipped, triggered, backfilled", async ({ enter, peer, receiver }) => {
  const start = new Date(Date.now() - 10 * 60_000).toISOString().slice(0, 19);
  await peer.call("POST", "/tasks", { id: "t", name: "Ten", schedule: `R/${start}Z/PT1M`, target: receiver.url });
  const { page } = await enter({ at: "/ui/task?id=t" });
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.locator("#note").fill("the disk is full");
  await page.getByLabel("How long").selectOption("24");
  await page.getByRole("button", { name: "Pause it" }).click();
  await page.getByText("Paused because: the disk is full").waitFor();
  const pausedUntil = async () => (await peer.call<{ state: { until?: string } }>("GET", "/tasks/t")).state.until ?? "";
  assert.ok(Math.abs(Date.parse(await pausedUntil()) - Date.now() - 86_400_000) < 60_000);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("Paused because").waitFor({ state: "detached" });
  await page.locator(".side").getByLabel("Local", { exact: true }).check();
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByLabel("Or until").fill("2030-07-01T12:30");
  await page.getByRole("button", { name: "Pause it" }).click();
  await page.locator(".mark.paused").getByText("2030").waitFor();
  assert.equal(await pausedUntil(), "2030-07-01T10:30:00.000Z", "as the clock of the browser's zone, Paris, says it");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator(".mark.paused").waitFor({ state: "detached" });
  await page.getByLabel("More to do").click();
  await page.getByRole("button", { name: "Skip the next one" }).click();
  await page.getByText("is left out.").last().waitFor();
  await page.keyboard.press("t");
  await page.locator("[data-run]").getByText("by hand").waitFor();
  await page.getByLabel("More to do").click();
  await page.getByRole("button", { name: "Trigger with another payload…" }).click();
  await page.getByLabel("Payload of this one event").fill('{"other": 1}');
  await page.getByRole("button", { name: "Fire it now" }).click();
  await until("the other payload arrives", () => receiver.received.some(({ body }) => body === '{"other":1}'));
  await page.getByLabel("More to do").click();
  await page.getByRole("button", { name: "Backfill…" }).click();
  await page.getByText(/\d+ occurrences lie in it|1 occurrence lies in it/).waitFor();
  await page.getByLabel("Pace").selectOption("100");
  const before = receiver.received.length;
  await page.getByRole("button", { name: "Send them" }).click();
  await page.getByText(/\d+ sent/).waitFor();
  await until("they arrive", () => receiver.received.length >= before + 5);
  await page.getByText("which is the only one able to").waitFor();
  assert.ok(await page.locator(".year rect.day").count() >= 365);
});

browserTest(
  "what has the focus in a list of runs stays under it while new ones come",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: receiver.url });
    const trigger = async () => (await peer.call<{ id: string }>("POST", "/tasks/t/trigger", {})).id;
    const first = await trigger();
    const { page } = await enter({ at: "/ui/runs" });
    const rows = page.locator("[data-run]");
    await page.locator(`[data-run="${first}"]`).getByText("delivered").waitFor();
    await rows.locator("a[href^='/ui/run?']").focus();
    await trigger();
    await page.getByText("1 newer run comes when the focus is elsewhere").waitFor();
    assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => row.getAttribute("data-run"))), [first]);
    await page.getByRole("link", { name: "Runs", exact: true }).focus();
    await until("both are there", async () => await rows.count() === 2);
  },
);

browserTest("dead letters are found by cause, and sent again", async ({ enter, peer, receiver }) => {
  receiver.answer(503);
  const policy = { retry: { limit: 0 } };
  await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: receiver.url, policy });
  for (let n = 0; n < 3; n++) await peer.call("POST", "/tasks/t/trigger", {});
  await until(
    "all have failed",
    async () => (await peer.call<{ items: unknown[] }>("GET", "/dead-letters")).items.length === 3,
  );
  const { page } = await enter({ at: "/ui/dead-letters" });
  await page.locator("[data-cause]").getByText("3").first().waitFor();
  await page.getByRole("button", { name: "Show these" }).click();
  await until("three letters", async () => await page.locator("[data-run]").count() === 3);
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("button", { name: "Send all again…" }).click();
  await page.getByText("Send all dead letters again?").waitFor();
  await page.getByRole("button", { name: "Leave them" }).click();
  await page.getByRole("button", { name: "Show these" }).click();
  receiver.answer(200);
  const before = receiver.received.length;
  await page.getByRole("button", { name: "Send these again…" }).click();
  await page.getByLabel("Pace").selectOption("100");
  await page.getByRole("button", { name: "Send again", exact: true }).click();
  await page.getByText("3 sent again.").waitFor();
  await until("they arrive", () => receiver.received.length === before + 3);
});

browserTest("dead letters are dismissed: those of a cause, then all", async ({ enter, peer, receiver }) => {
  receiver.answer(503);
  const policy = { retry: { limit: 0 } };
  for (const [id, target] of [["up", receiver.url], ["down", "http://127.0.0.1:1/"]]) {
    await peer.call("POST", "/tasks", { id, schedule: HOURLY, target, policy });
    for (let n = 0; n < 2; n++) await peer.call("POST", `/tasks/${id}/trigger`, {});
  }
  await until(
    "all have failed",
    async () => (await peer.call<{ items: unknown[] }>("GET", "/dead-letters")).items.length === 4,
  );
  const { page } = await enter({ at: "/ui/dead-letters" });
  const cause = page.locator("[data-cause]", { hasText: "HTTP 503" });
  await cause.getByRole("button", { name: "Dismiss…" }).click();
  await page.getByRole("dialog").getByText("Dismiss 2?").waitFor();
  await page.getByRole("button", { name: "Leave them" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await cause.getByRole("button", { name: "Dismiss…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Dismiss", exact: true }).click();
  await cause.waitFor({ state: "detached" });
  await until("two letters are left", async () => await page.locator("[data-run]").count() === 2);
  await page.getByRole("button", { name: "Dismiss all…" }).click();
  await page.getByText("Dismiss all dead letters?").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Dismiss", exact: true }).click();
  await page.getByText("None: nothing was given up.").waitFor();
  assert.equal((await peer.call<{ items: unknown[] }>("GET", "/runs?outcome=failed")).items.length, 4);
  assert.deepEqual(receiver.received.length, 2, "nothing was sent again");
});

browserTest("a named target is made, tried, given a secret and used", async ({ enter, peer, receiver }) => {
  const { page } = await enter({ at: "/ui/targets" });
  await page.locator("#target-name").fill("shop");
  await page.locator("#target-urn").fill(receiver.url);
  await page.getByRole("button", { name: "Make a target" }).click();
  await page.getByRole("heading", { name: "shop" }).waitFor();
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByText(/^Delivered, status 200/).waitFor();
  await page.getByRole("button", { name: "Bring new ones…" }).click();
  await page.getByLabel("Which").selectOption("signingSecret");
  await page.locator("#secret").fill(`whsec_${btoa("a".repeat(32))}`);
  await page.getByRole("button", { name: "Use it" }).click();
  await page.locator(".rows").getByText("Signing secret").waitFor();
  await page.getByRole("button", { name: "Bring new ones…" }).click();
  await page.getByLabel("Which").selectOption("signingSecret");
  await page.locator("#secret").fill(`whsec_${btoa("b".repeat(32))}`);
  await page.getByRole("button", { name: "Use it" }).click();
  await page.getByText("the one before is good too").waitFor();
  await page.getByRole("button", { name: "Back to the old ones" }).click();
  await page.getByText("the one before is good too").waitFor({ state: "detached" });
  await page.goto(`${peer.url}/ui/edit`);
  await page.locator("#id").fill("to-shop");
  await page.locator("#schedule").fill(HOURLY);
  await page.locator("[id='target.urn']").fill("@shop/tick");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByRole("heading", { name: "to-shop" }).waitFor();
  await page.getByRole("button", { name: "Trigger now" }).click();
  await page.locator("[data-run]").getByText("delivered").waitFor();
  assert.ok(receiver.received.at(-1)?.headers["webhook-signature"] !== undefined);
  await page.goto(`${peer.url}/ui/target?name=shop`);
  await page.getByRole("link", { name: "to-shop" }).waitFor();
});

browserTest("a token is made, shown once, used, and revoked: what it opened is shut", async ({ enter, open, peer }) => {
  const { page } = await enter({ at: "/ui/access" });
  await page.locator("#token-name").fill("script");
  await page.getByRole("combobox", { name: "Good", exact: true }).selectOption("1");
  await page.getByRole("button", { name: "Make a token" }).click();
  const token = await page.locator(".made pre").innerText();
  const theirs = (await open()).page;
  await theirs.goto(`${peer.url}/ui/tasks`);
  await theirs.getByLabel("Password or token").fill(token);
  await theirs.getByRole("button", { name: "Sign in" }).click();
  await theirs.getByText("No tasks yet").waitFor();
  const ask = async () =>
    (await fetch(`${peer.url}/api/v1/tasks`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await ask(), 200);
  await page.reload();
  await page.locator("[data-token]").getByText("script").waitFor();
  await page.locator("[data-token]").getByText("good until").waitFor();
  assert.equal(await page.getByText(token).count(), 0);
  await page.getByRole("button", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke it" }).click();
  await page.locator("[data-token]").waitFor({ state: "detached" });
  assert.equal(await ask(), 401);
  await theirs.getByText("The session is over").waitFor();
});

browserTest(
  "a user is made, signs in, sees their own, and is turned away when deleted",
  async ({ enter, open, peer }) => {
    await peer.call("POST", "/tasks", { id: "secret", schedule: HOURLY, target: "http://127.0.0.1:1/" });
    const { page } = await enter({ at: "/ui/access" });
    await page.locator("#user-name").fill("ada");
    await page.locator("#user-password").fill("a-long-password-1");
    await page.getByRole("combobox", { name: "Role", exact: true }).selectOption("viewer");
    await page.getByRole("button", { name: "Make a user" }).click();
    await page.locator("[data-user=ada]").waitFor();
    assert.equal(await page.getByLabel("Role of ada").inputValue(), "viewer");
    const hers = (await open()).page;
    await hers.goto(`${peer.url}/ui/tasks`);
    await hers.locator("#username").fill("ada");
    await hers.getByLabel("Password or token").fill("a-long-password-1");
    await hers.getByRole("button", { name: "Sign in" }).click();
    await hers.getByText("No tasks yet").waitFor();

    // Her task is edited, copied and deleted by an admin, and stays hers.
    const { items } = await peer.call<{ items: readonly { id: string }[] }>("GET", "/users");
    const hersIs = { name: "Hers", schedule: HOURLY, target: "https://example.org/" };
    await peer.call("PUT", `/tasks/one?user=${items[0]?.id}`, hersIs);
    await hers.locator("[data-task=one]").waitFor();
    await page.goto(`${peer.url}/ui/tasks`);
    await page.getByRole("link", { name: "Hers", exact: true }).click();
    await page.getByRole("link", { name: "Edit" }).click();
    await until("it is read", async () => await page.locator("#name").inputValue() === "Hers");
    await page.getByRole("link", { name: "Back" }).click();
    await page.getByRole("heading", { name: "Hers", exact: true }).waitFor();
    await page.getByRole("link", { name: "Edit" }).click();
    await page.locator("#name").fill("Hers, mended");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Hers, mended" }).waitFor();
    await hers.locator("[data-task=one]").getByText("Hers, mended").waitFor();
    await page.getByLabel("More to do").click();
    await page.getByRole("link", { name: "Duplicate…" }).click();
    await until("it is a copy", async () => await page.locator("#name").inputValue() === "Hers, mended (copy)");
    await page.goBack();
    await page.getByLabel("More to do").click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete the task" }).click();
    await hers.locator("[data-task=one]").waitFor({ state: "detached" });

    await page.goto(`${peer.url}/ui/access`);
    await page.locator("[data-user=ada]").getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete the user" }).click();
    await page.locator("[data-user=ada]").waitFor({ state: "detached" });
    await hers.getByText("The session is over").waitFor();
  },
);

browserTest("where there is nothing, the page says so", async ({ enter, peer }) => {
  const { page } = await enter({ at: "/ui/conflicts" });
  await page.getByText("Nothing that anybody wrote was lost").waitFor();
  for (
    const [at, said] of [
      ["/ui/task?id=gone", "There is no task with the id gone"],
      ["/ui/target?name=gone", "There is no target named gone"],
      [`/ui/run?id=${"0".repeat(32)}`, "There is no such run here"],
      ["/ui/runs?outcome=expired", "No run is expired"],
    ]
  ) {
    await page.goto(`${peer.url}${at}`);
    await page.getByText(said ?? "").waitFor();
  }
});

browserTest("what users wrote is shown as text, everywhere", async ({ enter, peer, receiver }) => {
  const evil = `"><img/src=x/onerror=alert(1)><script>alert(2)</script>`;
  await peer.call("POST", "/tasks", {
    id: evil,
    name: `${evil} {{7*7}}`,
    schedule: eachSecond(),
    target: `${receiver.url}?${encodeURIComponent(evil)}`,
    payload: { [evil]: evil },
    labels: { x: evil },
    policy: { retry: { limit: 0 } },
  });
  await peer.call("POST", "/targets", { name: "t", description: evil, urn: receiver.url });
  await peer.call("POST", "/tokens", { name: evil });
  receiver.answer(500);
  await until(
    "it failed",
    async () => (await peer.call<{ items: unknown[] }>("GET", "/dead-letters")).items.length > 0,
  );
  await peer.call("POST", `/tasks/${encodeURIComponent(evil)}/pause`, { note: evil });
  const { page } = await enter();
  const id = encodeURIComponent(evil);
  const runs = await peer.call<{ items: readonly { id: string }[] }>("GET", "/runs");
  const pages: readonly string[] = [
    "/",
    "/ui/tasks",
    `/ui/task?id=${id}`,
    `/ui/edit?id=${id}`,
    "/ui/runs",
    `/ui/run?id=${runs.items[0]?.id}`,
    "/ui/dead-letters",
    "/ui/targets",
    "/ui/target?name=t",
    "/ui/access",
  ];
  for (const at of pages) {
    await page.goto(peer.url + at);
    await shows(page, evil);
    assert.equal(await page.locator("img, script:not([src]), iframe").count(), 0, at);
  }
});

async function shows(page: Page, evil: string): Promise<void> {
  const has = `document.body.innerText.includes(${JSON.stringify(evil.slice(2, 20))}) ||
    [...document.querySelectorAll("input, textarea")].some(({ value }) => value.includes(${
    JSON.stringify(evil.slice(2, 20))
  }))`;
  await until("the text is shown", async () => await page.evaluate(has) === true);
}

browserTest("a session that is revoked shows the door, and what was typed is kept", async ({ open, peer }) => {
  const made = await peer.call<{ id: string; token: string }>("POST", "/tokens", { name: "short" });
  const { page } = await open();
  await page.goto(`${peer.url}/ui/edit`);
  await page.getByLabel("Password or token").fill(made.token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("#name").fill("Half a na");
  await peer.call("DELETE", `/tokens/${made.id}`);
  await page.getByText("The session is over").waitFor();
  await page.getByLabel("Password or token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await until("it is kept", async () => await page.locator("#name").inputValue() === "Half a na");
});
