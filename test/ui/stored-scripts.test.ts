// What users write is text: in no field of any page does it become markup, a script or a link that runs one.

import { browserTest, eachSecond, until } from "./world.ts";

const SCRIPTS: readonly string[] = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "'><iframe srcdoc='<script>parent.alert(1)</script>'>",
  "javascript:alert(1)",
  "</title><script>alert(1)</script>",
  "</textarea><script>alert(1)</script>",
  "{{constructor.constructor('alert(1)')()}}",
  "${alert(1)}",
  '<a href="javascript:alert(1)" autofocus onfocus=alert(1)>x</a>',
  "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  "<details open ontoggle=alert(1)>",
  "\u202e<b>txet</b>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "<object data=javascript:alert(1)>",
  "<base href=//evil.example/>",
  "<meta http-equiv=refresh content='0;url=//evil.example'>",
  "<style>@import '//evil.example'</style>",
  "]]><script>alert(1)</script>",
  "\\u003cscript\\u003ealert(1)",
];

browserTest("nothing that is stored runs, on any page", async ({ enter, peer, receiver }) => {
  for (const [i, script] of SCRIPTS.entries()) {
    const id = script.replaceAll(/[\s\p{Cc}]/gu, "_");
    const task = {
      id: `${id}`,
      name: script,
      schedule: i < 3 ? eachSecond() : "R/2030-01-01T00:00:00Z/PT1H",
      target: receiver.url,
      payload: { [script]: script },
      labels: { a: script },
      state: { paused: i >= 3, ...(i >= 3 ? { note: script } : {}) },
    };
    await peer.call("PUT", `/tasks/${encodeURIComponent(id)}`, task);
    await peer.call("POST", "/tokens", { name: script });
    if (i < 4) await peer.call("POST", "/users", { name: script.replaceAll("\u202e", ""), password: "correct horse" });
  }
  await until("some ran", () => receiver.received.length > 2);
  const { page } = await enter();
  const links = new Set(["/"]);
  for (let seen = 0; seen < links.size && seen < 40; seen++) {
    const path = [...links][seen] ?? "/";
    await page.goto(new URL(path, peer.url).href);
    await page.locator("main").waitFor();
    await page.waitForTimeout(300);
    for (
      const href of await page.locator("a[href]").evaluateAll((all) => all.map((each) => each.getAttribute("href")))
    ) {
      if (href?.startsWith("/") && !href.startsWith("//")) links.add(href);
    }
  }
});
