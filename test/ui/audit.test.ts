// The audit: who did what at which peer, found by who looks for it, and whether anybody has changed it since.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { browserTest, until } from "./world.ts";

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
    await rows.getByText("task pause").waitFor();
    await rows.getByText("task put").waitFor();
    const tasks = rows.filter({ hasText: /task (put|pause)/ });
    assert.match(
      (await tasks.allInnerTexts()).join(),
      /task pause backup[^,]*cellar[^]*task put backup/,
      "latest first",
    );

    await peer.call("PATCH", "/tasks/backup", { payload: { copies: 2 } });
    const changed = rows.filter({ hasText: "changed payload" });
    await changed.waitFor();
    await changed.locator("summary").click();
    assert.match(await changed.locator("del").innerText(), /^− "payload": null/);
    assert.match((await changed.locator("ins").allInnerTexts()).join(""), /^\+ "payload": \{\n\+ {3}"copies": 2/);

    await page.getByText("The record of 2 peers is whole.").click();
    assert.equal(await page.locator("[data-chain]").getByText("whole", { exact: true }).count(), 2);

    await page.getByRole("combobox", { name: "What", exact: true }).selectOption("task pause");
    await until("only pauses", async () => await rows.count() === 1);
    await page.getByRole("combobox", { name: "Where" }).selectOption({ label: "cellar" });
    await page.reload();
    await until("it is in the address", async () => await rows.count() === 1 && /what=task\+pause/.test(page.url()));
    const download = page.waitForEvent("download");
    await page.getByText("Export").click();
    await page.getByText("NDJSON, all of it").click();
    const lines = readFileSync(await (await download).path(), "utf8").trim().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).what), ["task pause"]);
    await page.getByLabel(/^To what/).fill("nothing-of-that-name");
    await page.getByText("Nothing like that was done").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await rows.getByText("task put").first().waitFor();

    await cellar.kill();
    await page.getByText(/What was done at cellar (may be old|is not here)/).waitFor();
  },
);
