// What is done less often, each on its page, at a real peer.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { browserTest, until } from "./world.ts";

/** By hand only: its first hour is far, so that none strikes while a test looks. */
const HOURLY = "R/2030-01-01T00:00:00Z/PT1H";
/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:1/";

browserTest(
  "a task is copied, added paused, resumed, found by its label, and what is open of it is ended",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/tasks", { id: "t", name: "First", schedule: HOURLY, target: NOWHERE });
    const { page } = await enter({ at: "/ui/task?id=t" });
    await page.getByLabel("More to do").click();
    await page.getByRole("link", { name: "Duplicate…" }).click();
    await until("it is a copy", async () => await page.locator("#name").inputValue() === "First (copy)");
    await page.locator("#id").fill("second");
    await page.locator("[id='target.urn']").fill(receiver.url);
    await page.getByLabel("Method").selectOption("PUT");
    await page.getByText("Headers", { exact: true }).first().click();
    await page.locator("[id='target.headers']").fill("X-Site: lyon");
    await page.locator("#labels").fill("team: ops");
    await page.getByText("Add it paused").click();
    await page.getByRole("button", { name: "Add task" }).click();
    await page.getByRole("heading", { name: "First (copy)" }).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByRole("button", { name: "Trigger now" }).click();
    await page.locator("[data-run]").getByText("delivered").waitFor();
    assert.equal(receiver.received[0]?.headers["x-site"], "lyon");
    await page.getByRole("combobox", { name: "Outcome" }).selectOption("failed");
    await page.getByText("No run is failed.").waitFor();

    await page.getByRole("link", { name: "team=ops" }).click();
    await page.locator("[data-task=second]").waitFor();
    assert.equal(await page.locator("[data-task]").count(), 1);
    await page.getByLabel("No longer only team=ops").click();
    await page.locator("[data-task=t]").waitFor();
    await page.getByLabel("Last run").selectOption("delivered");
    await page.locator("[data-task=t]").waitFor({ state: "detached" });
    await page.getByLabel("Last run").selectOption("");

    await page.getByLabel("Select all that are shown").click();
    const bar = page.getByRole("group", { name: "What to do to the selected tasks" });
    await bar.getByRole("button", { name: "Trigger" }).click();
    await page.getByText("2 tasks fired once.").waitFor();
    await page.getByLabel("Select First", { exact: true }).click();
    await bar.getByRole("button", { name: "Select none" }).click();
    await bar.waitFor({ state: "detached" });

    await page.goto(`${peer.url}/ui/task?id=t`);
    await page.locator("[data-run]").getByText("retrying").waitFor();
    await page.getByLabel("More to do").click();
    await page.getByRole("button", { name: "End what is open" }).click();
    await page.getByText("1 open run ended.").waitFor();
    await page.locator("[data-run] a[href^='/ui/run?']").first().click();
    await page.getByRole("button", { name: "Trigger anew" }).click();
    await page.locator(".crumb a").click();
    await until("two runs", async () => await page.locator("[data-run]").count() === 2);
  },
);

browserTest("what is copied is what stands there, and a shell reads curl's order as it is meant", async (world) => {
  const { enter, peer, receiver } = world;
  const { page } = await enter({ at: "/" });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: peer.url });
  const copied = async (button: string) => {
    const copy = page.locator(".copy", { has: page.getByRole("button", { name: button }) }).first();
    await copy.getByRole("button").click();
    await page.getByText("Copied.").waitFor();
    const text = String(await page.evaluate("navigator.clipboard.readText()"));
    assert.equal(text, await copy.locator("pre").textContent(), button);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByText("Copied.").waitFor({ state: "detached" });
    return text;
  };
  await copied("Copy the command");
  const urn = `${receiver.url}it's?a=$HOME`;
  const payload = { say: `it's "$HOME" \`whoami\` \\ !` };
  const target = { urn, method: "PUT", headers: { "x-site": "l'yon $1" } };
  receiver.answer(500);
  await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target, payload, policy: { retry: { limit: 0 } } });
  const { id } = await peer.call<{ id: string }>("POST", "/tasks/t/trigger", {});
  await page.goto(`${peer.url}/ui/run?id=${id}`);
  await page.getByText("Not delivered after one attempt").waitFor();
  const order = await copied("Copy as curl");
  assert.match(await copied("Copy the request"), /^PUT http/);
  assert.match(await copied("Copy the response"), /^500/);
  // In place of curl, what prints each word that it is given.
  const words = execFileSync("sh", ["-c", `curl() { printf '%s\\0' "$@"; }\n${order}`], { encoding: "utf8" }).split(
    "\0",
  );
  assert.deepEqual(words.slice(0, 2), ["-X", "PUT"]);
  assert.equal(new URL(words[2] ?? "").searchParams.get("a"), "$HOME");
  assert.ok(words.includes("x-site: l'yon $1") && words.includes(`idempotency-key: ${id}`), order);
  assert.equal(words[words.indexOf("-d") + 1], receiver.received[0]?.body);

  await page.goto(`${peer.url}/ui/access`);
  await page.getByRole("button", { name: "Invite somebody" }).click();
  await copied("Copy the invitation");
  await page.getByRole("button", { name: "Make a token" }).click();
  assert.match(await copied("Copy the token"), /^mtr_/);
  await page.goto(`${peer.url}/ui/join`);
  await page.getByRole("button", { name: "Make a ticket" }).click();
  await page.locator(".ticket").waitFor();
  assert.match(await copied("Copy the order"), /^scripts\/metronome join mtr1\./);
});

browserTest("a target is edited, kept while it is used, and deleted", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/targets", { name: "shop", urn: NOWHERE });
  await peer.call("POST", "/tasks", { id: "t", schedule: HOURLY, target: { name: "shop" } });
  const { page } = await enter({ at: "/ui/target?name=shop" });
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByText(/^Not delivered: connection refused/).waitFor();
  await page.getByRole("button", { name: "Edit…" }).click();
  await page.getByLabel("What it is").fill("where all goes");
  await page.locator("[id='target.urn']").fill(receiver.url);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("where all goes").waitFor();
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByText(/^Delivered, status 200/).waitFor();
  const remove = async () => {
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
  };
  await remove();
  await page.getByText(/^shop: .*(refer|use)/).waitFor();
  await peer.call("DELETE", "/tasks/t");
  await page.reload();
  await remove();
  await page.getByText("There are none yet").waitFor();
});

browserTest(
  "who is invited signs up at the door, gets another role, and an invitation is taken back",
  async ({ enter, open, peer }) => {
    const { page } = await enter({ at: "/ui/access" });
    const rule = page.getByLabel("Who may sign up");
    await rule.selectOption("invite");
    await page.getByText("Changed, at every peer.").waitFor();
    await page.getByRole("combobox", { name: "As", exact: true }).selectOption("viewer");
    await page.getByRole("button", { name: "Invite somebody" }).click();
    const invitation = await page.locator(".made pre").innerText();
    const hers = (await open()).page;
    await hers.goto(`${peer.url}/ui/tasks`);
    await hers.getByRole("button", { name: "I have an invitation" }).click();
    await hers.getByLabel("Invitation").fill("not-this-one");
    await hers.getByLabel("Name").fill("ada");
    await hers.getByLabel("Password").fill("a-long-password-1");
    await hers.getByRole("button", { name: "Sign up" }).click();
    await hers.locator("#up-invite-problem p").first().waitFor();
    await hers.getByLabel("Invitation").fill(invitation);
    await hers.getByRole("button", { name: "Sign up" }).click();
    await hers.getByText("No tasks yet").waitFor();

    await page.reload();
    await page.getByLabel("Role of ada").selectOption("editor");
    await page.getByText("ada has another role.").waitFor();
    const { items } = await peer.call<{ items: readonly { name: string; role: string }[] }>("GET", "/users");
    assert.equal(items.find(({ name }) => name === "ada")?.role, "editor");
    await page.getByRole("button", { name: "Invite somebody" }).click();
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByText("The invitation is taken back.").waitFor();
    await page.getByRole("button", { name: "Take back" }).waitFor({ state: "detached" });
  },
);
