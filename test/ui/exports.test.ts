// What is shown, as a file: of each list what its filters show, and no more.

import assert from "node:assert/strict";
import { browserTest, exported, fileOf, until } from "./world.ts";

browserTest("each list is exported as it is filtered, as CSV and as lines", async ({ enter, peer, receiver }) => {
  const schedule = "R/2030-01-01T00:00:00Z/PT1H";
  const policy = { retry: { limit: 0 } };
  for (const id of ["=a", "b", "other"]) {
    await peer.call("POST", "/tasks", { id, schedule, target: receiver.url, policy });
  }
  await peer.call("POST", "/targets", { name: "shop", urn: receiver.url });
  const fire = async (id: string, outcome: string) => {
    const run = await peer.call<{ id: string }>("POST", `/tasks/${id}/trigger`, {});
    await until("it is settled", async () => {
      const { state, outcome: became } = await peer.call<Run>("GET", `/runs/${run.id}`);
      return state === "settled" && became === outcome;
    });
    return run.id;
  };
  receiver.answer(503);
  const failed = { b: await fire("b", "failed"), other: await fire("other", "failed") };
  receiver.answer(200);
  const delivered = await fire("b", "delivered");

  const { page } = await enter({ at: "/ui/tasks?q=b" });
  await page.locator("[data-task=b]").waitFor();
  assert.deepEqual(linesOf(await exported(page, "NDJSON")).map(({ id }) => id), ["b"]);
  await page.goto(`${peer.url}/ui/tasks?q=a`);
  await page.locator("[data-task='=a']").waitFor();
  const [head = "", line = ""] = (await exported(page, "CSV")).split("\r\n");
  assert.match(head, /^id,name,schedule,target/);
  assert.match(line, /^'=a,'=a,R\//);

  await page.goto(`${peer.url}/ui/runs`);
  await page.getByRole("combobox", { name: "Outcome" }).selectOption("failed");
  await until("two failed", async () => await page.locator("[data-run]").count() === 2);
  assert.deepEqual(linesOf(await exported(page, "NDJSON")).map(({ id }) => id).sort(), Object.values(failed).sort());
  const runs = (await exported(page, "CSV")).trim().split("\r\n");
  assert.match(runs[0] ?? "", /^id,task,instant,state,outcome,latenessMs,attempts,status,error$/);
  assert.ok(
    runs.length === 3 && runs.slice(1).every((each) => /,settled,failed,[\d.]+,1,503,/.test(each)),
    runs.join(),
  );

  await page.goto(`${peer.url}/ui/task?id=b`);
  await until("both runs of it", async () => await page.locator("[data-run]").count() === 2);
  assert.deepEqual(linesOf(await exported(page, "NDJSON")).map(({ id }) => id), [delivered, failed.b]);

  await page.getByLabel("More to do").click();
  await page.getByRole("link", { name: "Its dead letters" }).click();
  await until("its own letter", async () => await page.locator("[data-run]").count() === 1);
  assert.deepEqual(linesOf(await exported(page, "NDJSON")).map(({ id }) => id), [failed.b]);

  await page.goto(`${peer.url}/ui/targets`);
  await page.locator("[data-target=shop]").waitFor();
  assert.match(await exported(page, "CSV"), /^name,urn,description,auth,updatedAt\r\nshop,http:/);

  await page.goto(`${peer.url}/ui/mesh`);
  await page.locator("[data-peer]").waitFor();
  const { self } = await peer.call<{ self: string }>("GET", "/mesh");
  assert.deepEqual(linesOf(await exported(page, "NDJSON")).map(({ peer }) => peer), [self]);

  await page.goto(`${peer.url}/ui/settings`);
  const whole = await fileOf(page, () => page.getByRole("link", { name: "Export" }).click());
  assert.deepEqual(linesOf(whole).map(({ id }) => id).sort(), ["=a", "b", "other"]);
});

type Run = { readonly state: string; readonly outcome: string | null };

function linesOf(text: string): readonly { readonly [name: string]: unknown }[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}
