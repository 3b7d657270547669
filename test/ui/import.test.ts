// Tasks from a file, on the page of the settings: the peer answers each line, and the page says which were refused.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { browserTest, until } from "./world.ts";

const LEAST = { schedule: "R/2030-01-01T00:00:00Z/PT1H", target: "https://example.org/" };

browserTest("tasks are imported as lines or as a list, and each that is refused is told", async ({ enter, peer }) => {
  await peer.call("POST", "/tasks", { ...LEAST, id: "known" });
  const { page } = await enter({ at: "/ui/settings" });
  const said = page.locator(".imported");
  const bring = (name: string, text: string) =>
    page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  const lines = [{ ...LEAST, id: "new" }, { ...LEAST, id: "known", name: "Known" }, {
    ...LEAST,
    id: "bad",
    schedule: "?",
  }];
  await bring("tasks.ndjson", lines.map((each) => `${JSON.stringify(each)}\n`).join(""));
  await said.getByText("1 added, 1 replaced, 1 refused.").waitFor();
  await said.getByText(/^Line 3: Expected an interval/).waitFor();
  assert.equal((await peer.call<{ name: string }>("GET", "/tasks/known")).name, "Known");

  await bring("list.json", JSON.stringify(["x", "y"].map((id) => ({ ...LEAST, id }))));
  await said.getByText("2 added, 0 replaced.").waitFor();
  await bring("wrong.json", "[{");
  await said.getByText(/^wrong\.json: .*JSON/).waitFor();
  await bring("many.json", JSON.stringify(Array.from({ length: 12 }, () => ({ id: "none" }))));
  await said.getByText("0 added, 0 replaced, 12 refused.").waitFor();
  assert.equal(await said.getByText(/^Line \d+: /).count(), 10);
  await said.getByText("The others are refused too.").waitFor();
  await peer.kill();
  await bring("later.ndjson", JSON.stringify({ ...LEAST, id: "later" }));
  await said.getByText(/^later\.ndjson: The peer .* can't be reached/).waitFor();
  await peer.restart();
  await until("all are there", async () => {
    const { items } = await peer.call<{ items: readonly { id: string }[] }>("GET", "/tasks");
    return items.map(({ id }) => id).join() === "known,new,x,y";
  });
});
