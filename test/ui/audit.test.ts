// The audit: who did what at which peer, found by who looks for it, and whether anybody has changed it since.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browserTest, exported, fileOf, TOKEN, until } from "./world.ts";

const TASK = { schedule: "R/2030-01-01T00:00:00Z/P1D", target: "http://127.0.0.1:9/" };

browserTest(
  "what was done at any peer is shown as one, comes by itself, is filtered by the address, and is exported",
  async ({ enter, peer, more }) => {
    const { ticket } = await peer.call<{ ticket: string }>("POST", "/tickets", {});
    const cellar = await more("cellar", ticket);
    await peer.call("PUT", "/tasks/backup", { ...TASK, name: "<img src=x onerror=alert(1)>" });
    await until("it is there too", () => cellar.call("GET", "/tasks/backup").then(() => true, () => false));
    await cellar.call("POST", "/tasks/backup/pause", { note: "moving" });
    const { page } = await enter({ at: "/ui/audit" });
    const rows = page.locator("[data-deed]");
    await rows.getByText("paused the task").waitFor();
    await rows.getByText("added the task").waitFor();
    const tasks = rows.filter({ hasText: /(added|paused) the task/ });
    assert.match(
      (await tasks.allInnerTexts()).join(),
      /paused the task backup[^,]*cellar[^]*added the task backup/,
      "latest first",
    );

    await peer.call("PATCH", "/tasks/backup", { payload: { copies: 2 } });
    const changed = rows.filter({ hasText: "changed payload" });
    await changed.waitFor();
    await changed.locator("summary").click();
    assert.match(await changed.locator("del").innerText(), /^− "payload": null/);
    assert.match((await changed.locator("ins").allInnerTexts()).join(""), /^\+ "payload": \{\n\+ {3}"copies": 2/);

    await page.getByText("The record of 2 peers is whole.").click();
    const whole = page.locator("[data-chain]").getByText("whole", { exact: true });
    assert.equal(await whole.count(), 2);
    await page.getByRole("button", { name: "Check again" }).click();
    await until("both are whole still", async () => await whole.count() === 2);
    const chain = await fileOf(page, () => page.getByLabel("Export the chain of cellar").click());
    assert.match(chain, /task pause/);

    await page.getByRole("combobox", { name: "Who" }).selectOption("admin");
    await page.getByLabel("From").fill("2020-01-01T00:00");
    await page.getByLabel("Until").fill("2020-01-02T00:00");
    await page.keyboard.press("Tab");
    await page.getByText("Nothing like that was done").waitFor();
    assert.match(page.url(), /user=admin.*from=2019-12-31T23%3A00.*until=2020-01-01T23%3A00/);
    await page.getByRole("button", { name: "Show all" }).click();
    await changed.waitFor();

    await page.getByRole("combobox", { name: "What", exact: true }).selectOption("task pause");
    await until("only pauses", async () => await rows.count() === 1);
    await page.getByRole("combobox", { name: "Where" }).selectOption({ label: "cellar" });
    await page.reload();
    await until("it is in the address", async () => await rows.count() === 1 && /what=task\+pause/.test(page.url()));
    const lines = (await exported(page, "NDJSON")).trim().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).what), ["task pause"]);
    await page.getByLabel(/^To what/).fill("nothing-of-that-name");
    await page.getByText("Nothing like that was done").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await rows.getByText("added the task").first().waitFor();

    await cellar.kill();
    await page.getByText(/What was done at cellar (may be old|is not here)/).waitFor();
  },
);

browserTest(
  "what was done long ago is looked for further back, and what was changed by hand is found",
  async (world) => {
    const { enter, peer } = world;
    const { page } = await enter({ at: "/ui/settings" });
    await peer.call("POST", "/tokens", { name: "long-ago" });
    // What a value holds stands in the record up to 1 KB of it; a look goes through 16 MB of records.
    const long = "x".repeat(900);
    const put = async (mark: string) => {
      const lines = Array.from({ length: 2_200 }, (_, n) =>
        JSON.stringify({
          ...{
            id: `t${n}`,
            name: `${mark}${long.slice(0, 250)}`,
            schedule: TASK.schedule,
            target: `${TASK.target}?${mark}${long}`,
          },
          labels: { a: `${mark}${long.slice(0, 250)}`, b: long.slice(0, 250) },
          policy: { fallback: [{ urn: `${TASK.target}?${mark}${long}` }] },
        }));
      const answer = await fetch(`${peer.url}/api/v1/tasks:batch`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/x-ndjson" },
        body: lines.join("\n"),
      });
      assert.equal((await answer.text()).split('"status":20').length - 1, lines.length);
    };
    await put("a");
    await put("b");
    await page.goto(`${peer.url}/ui/audit?what=token`);
    await page.getByText("Nothing like that among the latest records.").waitFor();
    await page.getByRole("button", { name: "Look further back" }).click();
    await page.locator("[data-deed]").getByText("made the token").waitFor();

    await peer.call("POST", "/tasks/t0/pause", { note: "moving" });
    const { items } = await peer.call<{ items: readonly { n: number }[] }>("GET", "/audit?what=task%20pause");
    await peer.kill();
    const file = join(peer.folder, "audit", "audit.log");
    writeFileSync(file, readFileSync(file, "utf8").replace('"note":"moving"', '"note":"paying"'));
    await peer.restart();
    await page.reload();
    await page.getByText("The record of one peer is broken: it was tampered with.").waitFor();
    await page.locator("[data-chain]").getByText(`broken at ${items[0]?.n}`).waitFor();
    await page.locator("[data-chain]").getByText("look who has access to the disk of this machine").waitFor();
  },
);
