// A named target: each of its rules chosen and obeyed, its credentials given and taken away, who sends to it, and the way
// to it that shuts.

import assert from "node:assert/strict";
import { browserTest, exported, until } from "./world.ts";

const SCHEDULE = "R/2030-01-01T00:00:00Z/PT1H";
/** More than the page of a target lists. */
const TASKS = 22;

browserTest(
  "each rule of a target is chosen and obeyed, and what it was given is taken away",
  async ({ enter, peer, receiver }) => {
    await peer.call("POST", "/targets", { name: "shop", urn: receiver.url });
    await Promise.all(Array.from({ length: TASKS }, (_, n) =>
      peer.call("PUT", `/tasks/t${n}`, {
        ...{ schedule: SCHEDULE, target: { name: "shop" }, policy: { retry: { limit: 0 } } },
      })));
    const { page } = await enter({ at: "/ui/target?name=shop" });
    await page.getByRole("link", { name: `All ${TASKS}` }).click();
    await page.getByText(`${TASKS} tasks`).waitFor();
    assert.equal(new URL(page.url()).search, "?target=shop");
    await page.goBack();
    const field = (path: string) => page.locator(`[id='target.${path}']`);
    await page.getByRole("button", { name: "Edit…" }).click();
    await page.getByLabel("Method").selectOption("PUT");
    await page.getByLabel("Signs in").selectOption("basic");
    await field("auth.user").fill("bob");
    await page.getByText("Headers, success and breaker").click();
    const typed = {
      "limits.rate.perSecond": "50",
      "limits.rate.burst": "5",
      headers: "X-Site: lyon",
      success: '{"status": [200, 202]}',
      "limits.breaker": '{"failures": 1, "openFor": "PT1M"}',
      "limits.concurrency": "many",
    };
    for (const [path, text] of Object.entries(typed)) await field(path).fill(text);
    await page.getByLabel("How an event is written").selectOption("structured");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("[id='target.limits.concurrency-problem'] p").first().waitFor();
    await field("limits.concurrency").fill("2");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("[id='target.credentials.password-problem'] p").first().waitFor();
    await field("credentials.password").fill("her-password");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("shop is changed, for all that send to it.").waitFor();
    const { held: _, createdAt: __, updatedAt: ___, user: ____, ...said } = await peer.call<Said>(
      "GET",
      "/targets/shop",
    );
    assert.deepEqual(said, {
      ...{ name: "shop", description: "", urn: receiver.url, method: "PUT", cloudEvents: "structured" },
      ...{ headers: { "X-Site": "lyon" }, success: { status: [200, 202] }, auth: { kind: "basic", user: "bob" } },
      limits: { concurrency: 2, rate: { perSecond: 50, burst: 5 }, breaker: { failures: 1, openFor: "PT1M" } },
    });

    const bring = async (which: string, value: string) => {
      await page.getByRole("button", { name: "Bring new ones…" }).click();
      await page.getByLabel("Which").selectOption(which);
      if (which === "headers") await page.locator("#secret-header").fill("X-Api-Key");
      await page.locator("#secret").fill(value);
      await page.getByRole("button", { name: "Use it" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
    };
    const sent = async () => {
      const before = receiver.received.length;
      await page.getByRole("button", { name: "Send a test event" }).click();
      await until("it arrives", () => receiver.received.length > before);
      const { authorization, "content-type": type, "x-site": site, "x-api-key": key } =
        receiver.received.at(-1)?.headers ??
          {};
      return { authorization, type, site, key };
    };
    const others = { type: "application/cloudevents+json", site: "lyon" };
    await bring("headers", "the-first-key");
    const authorization = `Basic ${btoa("bob:her-password")}`;
    assert.deepEqual(await sent(), { ...others, authorization, key: "the-first-key" });
    await bring("headers", "the-second-key");
    await page.getByText("the one before is good too").waitFor();
    await page.getByRole("button", { name: "The new ones are good: forget the old" }).click();
    await page.getByText("the one before is good too").waitFor({ state: "detached" });
    assert.deepEqual(await sent(), { ...others, authorization, key: "the-second-key" });
    const away = page.getByRole("listitem").filter({ hasText: "Header X-Api-Key" }).getByRole("button", {
      name: "Take away…",
    });
    await away.click();
    await page.getByText("Take away the header x-api-key?").waitFor();
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await away.click();
    await page.getByRole("button", { name: "Take it away" }).click();
    await away.waitFor({ state: "detached" });
    assert.deepEqual(await sent(), { ...others, authorization, key: undefined });

    receiver.answer(503);
    await peer.call("POST", "/tasks/t0/trigger", {});
    await page.goto(`${peer.url}/ui/targets`);
    const way = page.getByRole("region", { name: "Ways from this peer" });
    await way.getByText("shut after 1 failure, tried in").waitFor();
    assert.match(await exported(page, "CSV", way), /^target,breaker,failures,error,inFlight,waiting\r\n[^,]+,open,1,/);

    await page.getByRole("link", { name: "shop" }).click();
    await page.getByRole("button", { name: "Edit…" }).click();
    await page.getByLabel("Signs in").selectOption("oauth2");
    const auth = {
      ...{ tokenUrl: "https://example.org/token", clientId: "me", scope: "all", audience: "them", clientAuth: "body" },
    };
    for (const path of ["tokenUrl", "clientId", "scope", "audience"] as const) {
      await field(`auth.${path}`).fill(auth[path]);
    }
    await page.getByLabel("The secret goes").selectOption("body");
    await field("credentials.clientSecret").fill("the-secret");
    await page.getByRole("button", { name: "Save" }).click();
    await until("it is kept", async () => {
      const target = await peer.call<Said>("GET", "/targets/shop");
      return JSON.stringify(target.auth) === JSON.stringify({ kind: "oauth2", ...auth });
    });
  },
);

type Said = { readonly [name: string]: unknown };
