// Who may do how much: limits of a user and of all, what a token is good for, one's own password, and one's own sessions.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, exported, type Peer, until } from "./world.ts";

const PASSWORD = "a-long-password-1";
const LEAST = { schedule: "R/2030-01-01T00:00:00Z/PT1H", target: "https://example.org/" };

browserTest(
  "a user, and all, have the limits that an admin says, and a token opens what was chosen for it",
  async ({ enter, open, peer }) => {
    await peer.call("POST", "/users", { name: "ada", password: PASSWORD });
    const { page } = await enter({ at: "/ui/access" });
    const limit = async (button: string, tasks: string) => {
      await page.getByRole("button", { name: button }).click();
      await page.getByLabel("Tasks", { exact: true }).fill(tasks);
      await page.getByRole("button", { name: "Save" }).click();
    };
    await limit("Limits of all…", "many");
    await page.locator("#quota-tasks-problem p").first().waitFor();
    await page.getByRole("button", { name: "Leave it" }).click();
    await limit("Limits of all…", "3");
    await page.getByText("The limits hold from now on, at every peer.").waitFor();
    await page.getByText("Each may have 3 tasks, and send 6,000 events a minute").waitFor();
    await limit("Limits of ada", "1");
    const tasksOfAda = async () => {
      const { items } = await peer.call<{ items: readonly { quota: { tasks: number } }[] }>("GET", "/users");
      return items[0]?.quota.tasks;
    };
    await until("it is her limit", async () => await tasksOfAda() === 1);
    const hers = (await open()).page;
    await signIn(hers, peer, "/ui/edit");
    const add = async (id: string) => {
      await hers.locator("#id").fill(id);
      await hers.locator("#schedule").fill(LEAST.schedule);
      await hers.locator("[id='target.urn']").fill(LEAST.target);
      await hers.getByRole("button", { name: "Add task" }).click();
    };
    await add("one");
    await hers.getByRole("heading", { name: "one" }).waitFor();
    await hers.keyboard.press("n");
    await add("two");
    await hers.getByRole("alert").getByText(/may have 1, and would have 2/).waitFor();
    await limit("Limits of ada", "");
    await until("what holds for all holds for her", async () => await tasksOfAda() === 3);
    await hers.getByRole("button", { name: "Add task" }).click();
    await hers.getByRole("heading", { name: "two" }).waitFor();

    for (const [reach, scopes] of REACHES) {
      await page.locator("#token-name").fill(scopes);
      await page.getByLabel("May be used").selectOption(reach);
      await page.getByRole("button", { name: "Make a token" }).click();
      await page.locator(".made strong", { hasText: new RegExp(`^${scopes}$`) }).waitFor();
      const token = await page.locator(".made pre").innerText();
      const tags = page.locator("[data-token]").filter({ has: page.getByText(scopes, { exact: true }) }).locator(
        ".tag",
      );
      assert.equal((await tags.allInnerTexts()).join(" "), scopes);
      assert.deepEqual(await opened(peer, token), {
        "GET /tasks": true,
        "POST /tasks/one/trigger": scopes.includes("run"),
        "PUT /tasks/three": scopes.includes("edit"),
        "GET /users": false,
      }, scopes);
      await page.reload();
      await page.locator("[data-token]", { hasText: `${scopes}` }).getByText(/, used (now|\d+ s ago)/).first()
        .waitFor();
    }
    await page.getByRole("button", { name: "Invite somebody" }).click();
    await page.getByRole("button", { name: "Take back" }).waitFor();
    for (
      const [panel, pattern] of [
        ["Users", /^[^,]+,ada,editor,/m],
        ["Invitations", /^[^,]+,editor,/m],
        ["Tokens", /^[^,]+,read run edit,read run edit,/m],
      ] as const
    ) {
      assert.match(await exported(page, "CSV", page.getByRole("region", { name: panel })), pattern);
    }
  },
);

/** What is chosen, and what the token is then good for. */
const REACHES = [
  ["to look", "read"],
  ["to look, trigger and pause", "read run"],
  ["to look, trigger and write tasks", "read run edit"],
] as const;

async function opened(peer: Peer, token: string): Promise<{ readonly [line: string]: boolean }> {
  const found: { [line: string]: boolean } = {};
  for (
    const [line, body] of [["GET /tasks"], ["POST /tasks/one/trigger", {}], ["PUT /tasks/three", LEAST], [
      "GET /users",
    ]] as const
  ) {
    const [method = "", path = ""] = line.split(" ");
    const { status } = await fetch(`${peer.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    found[line] = status !== 403;
  }
  return found;
}

browserTest(
  "one's own password is changed by who knows it, and one's other sessions are ended",
  async ({ open, peer }) => {
    await peer.call("POST", "/users", { name: "ada", password: PASSWORD });
    const here = (await open()).page;
    const there = (await open()).page;
    await signIn(here, peer, "/ui/settings");
    await signIn(there, peer, "/ui/tasks");
    await there.getByText("No tasks yet").waitFor();
    const other = "another-long-password-2";
    const change = async (before: string, after: string) => {
      await here.getByLabel("The one of now").fill(before);
      await here.getByLabel("The new one").fill(after);
      await here.getByRole("button", { name: "Change it", exact: true }).click();
    };
    await here.getByRole("button", { name: "Change it…" }).click();
    await change("a-wrong-password-0", other);
    await here.locator("#password-before-problem p").first().waitFor();
    await change(PASSWORD, "short");
    await here.locator("#password-new-problem p").first().waitFor();
    await change(PASSWORD, other);
    await here.getByText("The new password is good at every peer").waitFor();
    await there.reload();
    await there.getByLabel("Password or token").fill(PASSWORD);
    await there.locator("#username").fill("ada");
    await there.keyboard.press("Enter");
    await there.locator("#token-problem p").waitFor();
    await there.getByLabel("Password or token").fill(other);
    await there.keyboard.press("Enter");
    await there.getByText("No tasks yet").waitFor();

    const sessions = here.locator("[data-session]");
    await sessions.getByText("this browser").waitFor();
    const third = (await open()).page;
    await signIn(third, peer, "/ui/tasks", other);
    await until("each session is listed", async () => await sessions.count() === 3);
    await sessions.getByText("Chrome on Linux").first().waitFor();
    await sessions.first().getByText(/from 127\.0\.0\.1, used/).waitFor();
    await sessions.first().getByRole("button", { name: "Sign it out" }).click();
    await here.getByText("That session is over, at every peer.").waitFor();
    await until("it is not there any more", async () => await sessions.count() === 2);
    await third.reload();
    await third.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.match(
      await exported(here, "CSV", here.getByRole("region", { name: "Where you are signed in" })),
      /^id,agent,from,createdAt,lastUsedAt,expiresAt\r\n[^,]+,"Mozilla/,
    );
    await here.getByRole("button", { name: "Sign out everywhere else" }).click();
    await here.getByText("Your other sessions are over, at every peer.").waitFor();
    await there.getByText("The session is over").waitFor();
    await here.reload();
    await here.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  },
);

async function signIn(page: Page, peer: Peer, at: string, password = PASSWORD): Promise<void> {
  await page.goto(peer.url + at);
  await page.locator("#username").fill("ada");
  await page.getByLabel("Password or token").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("main :is(h1, .blank)").first().waitFor();
}

browserTest(
  "of many tokens a page is shown, the rest when one goes on, and all are exported",
  async ({ enter, peer }) => {
    for (let n = 0; n < 60; n++) await peer.call("POST", "/tokens", { name: `script ${n}` });
    const { page } = await enter({ at: "/ui/access" });
    const rows = page.locator("[data-token]");
    await until("a page is shown", async () => await rows.count() >= 50);
    await page.getByText("script 0", { exact: true }).waitFor();
    await until("the rest comes when one scrolls there", async () => {
      await page.mouse.wheel(0, 20_000);
      return await rows.count() === 60;
    });
    const csv = await exported(page, "CSV", page.getByRole("region", { name: "Tokens" }));
    assert.equal(csv.trim().split("\r\n").length, 61);
  },
);
