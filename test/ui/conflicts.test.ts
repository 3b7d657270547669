// Two edits of one task that did not know of each other: the later one counts, the page shows both, and puts the other
// one back.

import assert from "node:assert/strict";
import { assertReadable } from "./axe.ts";
import { browserTest, exported, until } from "./world.ts";

/** More than a page of fifty. */
const MANY = 60;

type Named = { readonly name: string };

browserTest("what a concurrent edit lost is shown, and put back", async ({ enter, peer, more }) => {
  const target = "http://127.0.0.1:9/";
  await peer.call("POST", "/tasks", { id: "t", name: "Both", schedule: "R/2030-01-01T00:00:00Z/P1D", target });
  const { ticket } = await peer.call<{ ticket: string }>("POST", "/tickets", {});
  const other = await more("cellar", ticket);
  await until("both have it", async () => {
    const { items } = await other.call<{ items: readonly Named[] }>("GET", "/tasks");
    return items.some(({ name }) => name === "Both");
  });
  const many = Array.from({ length: MANY }, (_, n) => `/tasks/many${n}`);
  const schedule = "R/2030-01-01T00:00:00Z/P1D";
  await Promise.all(many.map((path) => peer.call("PUT", path, { name: "Both", schedule, target })));
  await until("both have them", async () => {
    const { items } = await other.call<{ items: readonly Named[] }>("GET", "/tasks?limit=500&q=many");
    return items.length === MANY;
  });
  await other.kill();
  await Promise.all(many.map((path) => peer.call("PATCH", path, { name: "Of the roof" })));
  await peer.call("PATCH", "/tasks/t", { name: "Of the kitchen" });
  await peer.kill();
  await other.restart();
  await Promise.all(many.map((path) => other.call("PATCH", path, { name: "Of the attic" })));
  await other.call("PATCH", "/tasks/t", { name: "Of the cellar" });
  await peer.restart();
  await until("they agree", async () => (await peer.call<Named>("GET", "/tasks/t")).name === "Of the cellar", 60_000);
  const { page } = await enter({ at: "/ui/conflicts" });
  const card = page.locator(".card", { hasText: "Of the cellar" });
  await card.locator("pre").getByText("Of the kitchen").waitFor();
  await card.locator("pre").getByText("Of the cellar").waitFor();
  await assertReadable(page, "a conflict");
  assert.match(await exported(page, "CSV"), /,"\{""name"":""Of the kitchen""[^]*,"\{""name"":""Of the cellar""/);
  await card.getByRole("button", { name: "Put the lost one back" }).click();
  await page.getByText("Of the kitchen has its name and labels of before again.").waitFor();
  await until("both have it", async () => (await other.call<Named>("GET", "/tasks/t")).name === "Of the kitchen");
  assert.equal((await peer.call<Named>("GET", "/tasks/t")).name, "Of the kitchen");
  await page.goto(`${peer.url}/ui/task?id=t`);
  await page.getByLabel("By which peer they were seen").selectOption({ label: "Seen by cellar" });
  await until("it is in the address", () => new URL(page.url()).searchParams.has("seenBy"));
  await page.locator("[data-version]").first().getByText("changed name").waitFor();
  await page.goto(`${peer.url}/ui/conflicts`);
  const cards = page.locator("ul.cards > li");
  await page.getByText("50 conflicts shown").waitFor();
  assert.equal(await cards.count(), 50);
  // Without the scrolling of a click: that would load them, and take the button away under it.
  await page.getByRole("button", { name: "Load more" }).dispatchEvent("click");
  await page.getByRole("button", { name: "Load more" }).waitFor({ state: "detached" });
  const { items } = await peer.call<{ items: readonly unknown[] }>("GET", "/conflicts?limit=500");
  await page.getByText(`${items.length} conflicts`, { exact: true }).waitFor();
  assert.equal(await cards.count(), items.length);
  assert.ok(items.length > MANY, `of each task one, and ${items.length} in all`);
});
