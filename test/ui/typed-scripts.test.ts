// What is typed into a field, or stands in the address of a page, is text: on any page, before it is stored.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { PAGES } from "../../src/assets.ts";
import { browserTest } from "./world.ts";

const EVIL = `"'></title></textarea><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>{{7*7}}`;

/** All that any page reads of its address. */
const PARAMETERS = [
  ...[
    "copy",
    "error",
    "from",
    "id",
    "label",
    "name",
    "on",
    "outcome",
    "paused",
    "peer",
    "q",
    "seenBy",
    "sort",
    "state",
  ],
  ...["target", "task", "until", "urn", "user", "what"],
];

/** Where something is typed, what opens it, and whether it is seen outside. */
const FORMS: readonly { readonly at: string; readonly open?: string; readonly isOutside?: true }[] = [
  { at: "/" },
  { at: "/ui/tasks" },
  { at: "/ui/edit" },
  { at: "/ui/edit", open: "As JSON" },
  { at: "/ui/targets" },
  { at: "/ui/access" },
  { at: "/ui/access", open: "Limits of all…" },
  { at: "/ui/audit" },
  { at: "/ui/tasks", open: "Go to…" },
  { at: "/ui/tasks", isOutside: true },
  { at: "/ui/tasks", isOutside: true, open: "I have an invitation" },
];

const FORMS_OF_THINGS: typeof FORMS = [
  { at: "/ui/task?id=t", open: "Pause…" },
  { at: "/ui/target?name=shop", open: "Edit…" },
  { at: "/ui/target?name=shop", open: "Bring new ones…" },
];

browserTest("what stands in an address, or is typed into any field of any form, stays text", async (world) => {
  const { enter, open, peer } = world;
  const inside = (await enter({ at: "/" })).page;
  await inside.getByText("No tasks yet").waitFor();
  const query = new URLSearchParams(PARAMETERS.map((name) => [name, EVIL]));
  await inside.goto(`${peer.url}/?${query}`);
  for (const at of ["/", ...PAGES]) {
    // As a link within the page leads there: what is loaded is the same for each address.
    await inside.evaluate(`history.pushState(null, "", ${JSON.stringify(`${at}?${query}`)})`);
    await inside.evaluate(`dispatchEvent(new PopStateEvent("popstate"))`);
    await inside.locator("main :is(h1, .blank)").first().waitFor();
    assert.equal(new URL(inside.url()).pathname, at);
    await isText(inside, at);
  }
  const outside = (await open()).page;
  let typed = 0;
  const tryAll = async (forms: typeof FORMS) => {
    for (const { at, open: opens, isOutside } of forms) {
      const page = isOutside ? outside : inside;
      // A draft outlives its page.
      if (!isOutside) await page.evaluate("sessionStorage.clear()");
      await page.goto(peer.url + at);
      if (opens !== undefined) await page.getByRole("button", { name: opens }).click();
      const form = page.locator(opens?.endsWith("…") ? "dialog[open]" : "main");
      await form.locator(FIELD).first().waitFor();
      // What is rarely said is behind a word that opens it.
      await form.locator("details.more").evaluateAll((all) => all.forEach((each) => each.setAttribute("open", "")));
      for (const field of await form.locator(FIELD).all()) {
        await field.fill(EVIL);
        typed++;
      }
      await isText(page, `${at} ${opens ?? ""}`);
      for (const button of await form.locator("[type=submit]:visible").all()) await button.click();
      await isText(page, `${at} ${opens ?? ""}, sent`);
    }
  };
  await tryAll(FORMS);
  await peer.call("POST", "/targets", { name: "shop", urn: "http://127.0.0.1:1/" });
  await peer.call("POST", "/tasks", { id: "t", schedule: "R/2030-01-01T00:00:00Z/PT1H", target: { name: "shop" } });
  await tryAll(FORMS_OF_THINGS);
  assert.ok(typed >= FIELDS_LEAST, `only ${typed} fields were found`);
});

const FIELD = ":is(textarea, input[type=text], input[type=search], input[type=password]):visible";
/** More, when there are more forms. */
const FIELDS_LEAST = 55;

/** Nothing of it is an element; whether it ran is seen by the world. */
async function isText(page: Page, where: string): Promise<void> {
  assert.equal(await page.locator("img, iframe, object, script:not([src]), [onload], [onerror]").count(), 0, where);
}
