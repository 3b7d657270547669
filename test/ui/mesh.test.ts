// Meshes under the open page: a machine joins with the ticket that the page made, one is killed, one is drained, one is
// removed. Each peer's page shows all of it.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { mountDisk } from "../e2e/store-mount.ts";
import { assertReadable } from "./axe.ts";
import { browserTest, eachSecond, until } from "./world.ts";

/** What a machine is called is its owner's to say. */
const NAME = `"><img src=x onerror=alert(1)>`;

browserTest("a machine joins with the order that the page shows, and both show both", async (world) => {
  const { enter, peer, receiver, more } = world;
  const { page } = await enter({ at: "/ui/join" });
  await page.getByRole("button", { name: "Make a ticket" }).click();
  await page.locator("svg.qr").waitFor();
  const order = await page.locator(".ticket pre").innerText();
  const [, ticket = ""] = /^scripts\/metronome join (mtr1\.\S+)$/.exec(order) ?? [];
  await more(NAME, ticket);
  await page.getByText(`${NAME} is in the mesh`).waitFor();
  await page.goto(`${peer.url}/ui/mesh`);
  await until(
    "two peers, with the same",
    async () =>
      await page.locator("[data-peer]").count() === 2 &&
      await page.locator("[data-peer]").getByText("the same").count() === 2,
  );
  await until(
    "each fires its part",
    async () => /[45]\d %[\s\S]*[45]\d %/.test(await page.locator("main").innerText()),
  );
  await page.getByRole("button", { name: NAME }).click();
  await page.getByRole("heading", { name: NAME }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("heading", { name: NAME }).waitFor({ state: "detached" });
  await isToldOfDifferences(page);
  // In the middle of the picture stands the peer whose page it is.
  const { width = 0, height = 0 } = await page.locator("canvas").boundingBox() ?? {};
  await page.locator("canvas").click({ position: { x: width / 2, y: height / 2 - 10 } });
  await page.locator(".peer-panel").getByText((await peer.call<{ self: string }>("GET", "/mesh")).self).waitFor();
  await peer.call("POST", "/tasks", { id: "t", schedule: eachSecond(), target: receiver.url });
  for (const at of ["/", "/ui/task?id=t", "/ui/audit"]) {
    await page.goto(peer.url + at);
    await page.getByText(NAME).first().waitFor({ state: "attached" });
    assert.equal(await page.locator("img").count(), 0, at);
  }
});

/** Two peers of one machine have the same clock, program, and time zones: the answer is changed on its way. */
async function isToldOfDifferences(page: Page): Promise<void> {
  const row = page.locator("[data-peer]", { hasText: NAME });
  const tags = row.locator(".tag");
  assert.equal(await tags.count(), 0);
  await page.route("**/api/v1/mesh", async (route) => {
    const response = await route.fetch();
    const mesh: { readonly self: string; readonly peers: readonly { readonly peer: string }[] } = await response.json();
    const other = { skewMs: -2_500, version: "0.0.9", tzdata: "1999z" };
    const peers = mesh.peers.map((peer) => peer.peer === mesh.self ? peer : { ...peer, ...other });
    await route.fulfill({ response, json: { ...mesh, peers } });
  });
  await row.getByText("-2500 ms").getByText("set it").waitFor();
  assert.deepEqual(await tags.allInnerTexts(), ["set it", "other", "other"]);
  await row.getByText("0.0.9").and(row.locator(".error")).waitFor();
  await row.getByText("1999z").and(row.locator(".error")).waitFor();
  await page.unroute("**/api/v1/mesh");
  await until("they are the same again", async () => await tags.count() === 0);
}

browserTest("a ticket that is over says so, and another is made", async ({ enter }) => {
  const { page } = await enter({ at: "/ui/join" });
  // None is shorter than a minute: what the answer says is.
  await page.route("**/api/v1/tickets", async (route) => {
    const response = await route.fetch();
    const expiresAt = new Date(Date.now() + 2_500).toISOString();
    await route.fulfill({ response, json: { ...await response.json(), expiresAt } });
  });
  await page.getByRole("button", { name: "Make a ticket" }).click();
  await page.locator(".ticket .countdown").waitFor();
  await page.getByText("This ticket is over. Make another.").waitFor();
  await page.unroute("**/api/v1/tickets");
  await page.getByRole("button", { name: "Make another" }).click();
  await page.locator(".ticket .countdown").getByText(/^9 min/).waitFor();
});

browserTest(
  "of a mesh of three, the death of one is seen under the open page",
  async ({ enter, peer, receiver, more }) => {
    const { page } = await enter({ at: "/ui/join" });
    await page.getByLabel("Good for").selectOption("3600");
    await page.getByLabel("Machines").fill("2");
    await page.getByRole("button", { name: "Make a ticket" }).click();
    await page.getByText("It lets in 2 machines.").waitFor();
    await page.locator(".countdown").getByText(/^5\d min/).waitFor();
    const [, ticket = ""] = /join (\S+)$/.exec(await page.locator(".ticket pre").innerText()) ?? [];
    const cellar = await more("cellar", ticket);
    await more("office", ticket);
    await page.getByText("office is in the mesh").waitFor();
    await page.locator(".joined", { hasText: "cellar" }).getByRole("link", { name: "See it" }).click();
    await page.getByRole("heading", { name: "cellar" }).waitFor();
    for (let n = 0; n < 12; n++) {
      await peer.call("POST", "/tasks", { id: `t${n}`, schedule: eachSecond(), target: receiver.url });
    }
    await page.getByText("3 of 3 peers are alive; all that are alive hold the same").waitFor();
    const row = page.locator("[data-peer]", { hasText: "cellar" });
    await page.getByText(/^\+\d+ %/).first().waitFor();
    await cellar.kill();
    await row.getByText("dead").waitFor();
    await page.getByText("2 of 3 peers are alive").waitFor();
    await assertReadable(page, "a mesh with a dead peer");
    await page.setViewportSize({ width: 1_280, height: 900 });
    await until("the others fire its part", async () => {
      const { peers } = await peer.call<{ peers: readonly { state: string; shards: number }[] }>("GET", "/mesh");
      return peers.filter(({ state }) => state === "alive").reduce((sum, { shards }) => sum + shards, 0) === 4_096;
    });
    await page.goto(peer.url);
    await page.getByText("is dead: others fire its tasks").waitFor();
    const { self, peers } = await peer.call<{ self: string; peers: readonly { peer: string; name: string }[] }>(
      "GET",
      "/mesh",
    );
    const office = peers.find(({ name }) => name === "office")?.peer;
    const own = peers.find((each) => each.peer === self)?.name;
    // Of a task that fires often the list is read anew anyway.
    for (let n = 0; n < 12; n++) {
      await peer.call("PUT", `/tasks/quiet${n}`, { schedule: "R/2030-01-01T00:00:00Z/P1D", target: receiver.url });
    }
    await page.goto(`${peer.url}/ui/tasks?q=quiet`);
    const firedBy = (name: string | undefined) => page.getByText(`fired by ${name}`, { exact: true });
    await firedBy("office").first().waitFor();
    assert.equal(await firedBy("office").count() + await firedBy(own).count(), 12);
    await peer.call("POST", `/peers/${office}/drain`, { drain: true });
    await until("what office fired is seen to go over", async () => await firedBy(own).count() === 12);
    await peer.call("POST", `/peers/${office}/drain`, { drain: false });
    await firedBy("office").first().waitFor();
    await page.goto(`${peer.url}/ui/mesh`);
    await page.locator("[data-peer]", { hasText: "office" }).getByRole("button", { name: "office" }).click();
    await page.getByRole("button", { name: "Drain: hand over what it fires" }).click();
    await page.locator("[data-peer]", { hasText: "office" }).getByText("drained").waitFor();
    await page.getByRole("button", { name: "Let it take part again" }).click();
    await page.locator("[data-peer]", { hasText: "office" }).getByText("drained").waitFor({ state: "detached" });
    await page.locator("[data-peer]", { hasText: "cellar" }).getByRole("button", { name: "cellar" }).click();
    await page.getByRole("button", { name: "Remove it…" }).click();
    await assertReadable(page, "the question before a removal");
    await page.getByLabel("Type cellar to be sure").fill("cellar");
    await page.getByRole("button", { name: "Remove it", exact: true }).click();
    await page.getByText("cellar is no member any more").waitFor();
    assert.ok(receiver.received.length > 0);
  },
);

browserTest("a peer whose disk is full is seen to fall behind, and to catch up when there is room", async (world) => {
  const { enter, peer, receiver, more } = world;
  const disk = await mountDisk("size=64m");
  if (typeof disk === "string") return world.skip(disk);
  await using _ = disk;
  const { ticket } = await peer.call<{ ticket: string }>("POST", "/tickets", {});
  const cellar = await more("cellar", ticket, join(disk.path, "cellar"));
  for (let n = 0; n < 12; n++) {
    await peer.call("POST", "/tasks", { id: `t${n}`, schedule: eachSecond(), target: receiver.url });
  }
  const { page } = await enter({ at: "/ui/mesh" });
  const row = page.locator("[data-peer]", { hasText: "cellar" });
  await row.getByText("no run behind").waitFor();
  const ballast = join(disk.path, "ballast");
  fill(ballast);
  await row.getByText("disk takes no writes").waitFor();
  await row.getByText(/^[\d,]+ run records? behind$/).waitFor();
  await page.goto(peer.url);
  await page.locator(".troubles").getByText("has a disk that takes no writes: make room on it").waitFor();
  rmSync(ballast);
  await page.goto(`${peer.url}/ui/mesh`);
  await row.getByText("no run behind").waitFor();
  await row.getByText("disk takes no writes").waitFor({ state: "detached" });
  await cellar.stop();
});

/** Until nothing more fits on the disk. */
function fill(file: string): void {
  for (const bytes of [1024 * 1024, 4 * 1024]) {
    try {
      while (true) appendFileSync(file, Buffer.alloc(bytes));
    } catch (error) {
      assert.match(String(error), /ENOSPC|No space/i);
    }
  }
}
