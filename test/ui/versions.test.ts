// What a task was before each edit: compared, and put back.

import assert from "node:assert/strict";
import { browserTest, until } from "./world.ts";

browserTest("the versions of a task are compared, and an older one is put back", async ({ enter, peer }) => {
  const target = "http://127.0.0.1:9/";
  await peer.call("PUT", "/tasks/t", { schedule: "R/2030-01-01T00:00:00Z/P1D", target, payload: { copies: 1 } });
  const { page } = await enter({ at: "/ui/task?id=t" });
  await page.getByText("It was not edited yet").waitFor();
  await peer.call("PATCH", "/tasks/t", { payload: { copies: 2, text: "</pre><script>alert(1)</script>" } });
  const versions = page.locator("[data-version]");
  await until("the edit is seen", async () => await versions.count() === 2);
  await versions.first().getByText("changed payload").click();
  assert.match(await versions.first().locator("del").innerText(), /^− {3}"copies": 1/);
  await versions.nth(1).getByText("So it was made").waitFor();

  await page.keyboard.press("Tab");
  const restore = page.getByRole("button", { name: "Restore this version" });
  await restore.focus();
  await page.keyboard.press("Enter");
  await page.getByText("t is again what it was").waitFor();
  await until("it is again what it was", async () => {
    const { payload } = await peer.call<{ payload: { copies: number } }>("GET", "/tasks/t");
    return payload.copies === 1 && await versions.count() === 3;
  });
  for (let n = 0; n < 9; n++) await peer.call("PATCH", "/tasks/t", { payload: { n } });
  await until("the latest ten", async () => await versions.count() === 10);
  await page.getByRole("button", { name: "Show older ones" }).click();
  await until("all twelve", async () => await versions.count() === 12);
  await page.getByRole("link", { name: "Who did it" }).click();
  await page.locator("[data-deed]").getByText("changed the task").first().waitFor();
  assert.equal(await page.locator("[data-deed]").count(), 12);
});
