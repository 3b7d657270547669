// The door of the page.

import assert from "node:assert/strict";
import { browserTest, TOKEN, until } from "./world.ts";

browserTest("a token opens the page, a wrong one is told so, and signing out closes it", async ({ open, peer }) => {
  const { page } = await open();
  await page.goto(peer.url);
  await page.getByRole("button", { name: "I have an invitation" }).click();
  await page.getByRole("heading", { name: "Sign up" }).waitFor();
  await page.getByRole("button", { name: "Sign in instead" }).click();
  await page.getByLabel("Password or token").fill("mtr_wrong");
  await page.keyboard.press("Enter");
  await page.getByText("That token opens nothing here").waitFor();
  assert.equal(await page.getByLabel("Password or token").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Password or token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

browserTest("the link of the first start signs in, once, and leaves no code in the address", async ({ open, peer }) => {
  await until("the first start prints a link", () => /#code=/.test(peer.printed()));
  const link = /http:\/\/[^\s"]+#code=[^\s"]+/.exec(peer.printed())?.[0] ?? "";
  const { page } = await open();
  await page.goto(link);
  await page.getByRole("heading", { name: "Overview", exact: true }).waitFor();
  assert.equal(page.url(), `${peer.url}/`);
  const other = await open();
  await other.page.goto(link);
  await other.page.getByRole("alert").getByText("opens nothing here").waitFor();
  assert.equal(other.page.url(), `${peer.url}/`);
}, { hasToken: false });
