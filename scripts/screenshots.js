// Takes the README's pictures from a real mesh into ui/pictures: small, and without anything that is made up.
//
//   node scripts/screenshots.js
//
// Needs Debian's Chromium, which scripts/services installs.

import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { edit, fill, startPeer, startReceiver, TOKEN } from "./screenshots/world.js";

const CHROMIUM = "/usr/bin/chromium";
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "..", "ui", "pictures");
const SIZE_MAX_BYTES = 150 * 1024;
/** So long the mesh runs before it is looked at: there is something to see then. */
const RUN_MS = 75_000;

if (!existsSync(CHROMIUM)) {
  console.error(`there is no ${CHROMIUM}`);
  process.exit(1);
}
mkdirSync(FOLDER, { recursive: true });
const receiver = await startReceiver();
const kitchen = await startPeer("kitchen");
const peers = [kitchen];
try {
  for (const name of ["cellar", "office"]) {
    const { ticket } = await kitchen.call("POST", "/tickets", {});
    peers.push(await startPeer(name, ["--join", ticket]));
  }
  await fill(kitchen, receiver);
  await edit(peers);
  await sleep(RUN_MS);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    await take(browser, "overview", "/", ".tiles", "light");
    await take(browser, "tasks", "/ui/tasks", "[data-task] .strip", "light", 640);
    await take(browser, "task", "/ui/task?id=till-sync", "[data-run]", "dark");
    await take(browser, "editor", "/ui/edit?id=nightly-backup", ".preview .says", "light");
    await take(browser, "mesh", "/ui/mesh", "[data-peer]", "dark");
    const { items } = await kitchen.call("GET", "/runs?outcome=failed&limit=1");
    await take(browser, "run", `/ui/run?id=${items[0]?.id}`, ".exchange", "light", 660);
    await take(browser, "audit", "/ui/audit?what=task", "[data-deed]", "dark");
  } finally {
    await browser.close();
  }
} finally {
  await Promise.all(peers.map((peer) => peer.stop()));
  await receiver.close();
}

async function take(browser, name, at, ready, colorScheme, height = 800) {
  const viewport = { width: 1280, height };
  const context = await browser.newContext({
    viewport,
    colorScheme,
    timezoneId: "Europe/Paris",
    reducedMotion: "reduce",
  });
  const answer = await fetch(`${kitchen.url}/api/v1/auth/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: TOKEN }),
  });
  const [, cookie, value] = /^([^=]+)=([^;]*)/.exec(answer.headers.get("set-cookie") ?? "") ?? [];
  await context.addCookies([{ name: cookie, value, url: kitchen.url }]);
  const page = await context.newPage();
  await page.goto(kitchen.url + at);
  await page.locator(ready).first().waitFor();
  await sleep(1_500);
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path });
  await context.close();
  const { size } = statSync(path);
  if (size > SIZE_MAX_BYTES) throw new Error(`${path} has ${size} bytes, and may have ${SIZE_MAX_BYTES}`);
  console.log(`${path}: ${Math.ceil(size / 1024)} KiB`);
}
