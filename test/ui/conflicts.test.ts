// Two edits of one task that did not know of each other: the later one counts, the page shows both, and puts the other
// one back.

import assert from "node:assert/strict";
import { assertReadable } from "./axe.ts";
import { browserTest, exported, until } from "./world.ts";

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
  await other.kill();
  await peer.call("PATCH", "/tasks/t", { name: "Of the kitchen" });
  await peer.kill();
  await other.restart();
  await other.call("PATCH", "/tasks/t", { name: "Of the cellar" });
  await peer.restart();
  await until("they agree", async () => (await peer.call<Named>("GET", "/tasks/t")).name === "Of the cellar", 60_000);
  const { page } = await enter({ at: "/ui/conflicts" });
  const card = page.locator(".card", { hasText: "The name and labels of" });
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
});
