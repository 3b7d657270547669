// What users write is text: in no field of any page does it become markup, a script or a link that runs one.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { openapi } from "../../src/api/description/openapi.ts";
import { SCRIPT_TEXTS } from "./script-texts.ts";
import { browserTest, eachSecond, until, type World } from "./world.ts";

/** Pages that are looked at: METRONOME_PAGES says otherwise. */
const PAGES = Number(process.env.METRONOME_PAGES ?? 30);

/** So many in a field: with 67 tasks each field that is long enough has had them all. */
const AT_ONCE = 3;

/** Texts of an entity's body that are free, each filled with scripts here. */
const PLANTED = {
  tasks: [
    ...["id", "name", "payload", "labels.*", "state.note", "target.headers.*", "target.urn", "target.path"],
    ...["target.success.body.contains", "target.success.body.equals", "policy.fallback[].urn"],
    ...["policy.fallback[].headers.*", "policy.placement.match.*", "policy.placement.match.*[]"],
  ],
  targets: [
    ...["description", "urn", "headers.*", "success.body.contains", "success.body.equals", "auth.user"],
    ...["auth.clientId", "auth.scope", "auth.audience"],
  ],
  tokens: ["name"],
  users: ["name"],
};

/** Those that are not: of an alphabet of their own, read by a parser, or never shown again. */
const NOT_FREE = {
  tasks: [
    ...["schedule", "schedule.*", "target", "target.name", "target.kafka.key", "target.success.body.pointer"],
    ...["policy.fallback[]", "policy.fallback[].name", "policy.fallback[].path", "policy.fallback[].kafka.key"],
    "policy.placement.weights[].match.*",
  ],
  targets: [
    ...["name", "kafka.key", "success.body.pointer", "auth.tokenUrl", "tls.ca", "tls.certificate", "tls.serverName"],
    ...["credentials.password", "credentials.token", "credentials.clientSecret", "credentials.key"],
    ...["credentials.signingSecret", "credentials.headers.*"],
  ],
  tokens: [],
  users: ["password", "code", "invite"],
};

test("each text that the document lets a user store is filled with scripts, or can't hold one", () => {
  for (const collection of ["tasks", "targets", "tokens", "users"] as const) {
    const known = [...PLANTED[collection], ...NOT_FREE[collection]];
    assert.deepEqual(textsOf(`/api/v1/${collection}`).filter((each) => !known.includes(each)), [], collection);
  }
  assert.equal(new Set(SCRIPT_TEXTS).size, 200);
});

/** What a peer says of itself, with as much of a script as a name has room for. */
const PEER_NAME = "<img src=x onerror=alert(1)>'\"</script><svg onload=alert(2)>";

browserTest("nothing that is stored runs, on any page", async ({ enter, peer, receiver, more }) => {
  const hostile = await startHostile();
  try {
    const { ticket } = await peer.call<{ ticket: string }>("POST", "/tickets", {});
    await more(PEER_NAME, ticket);
    await until("the other peer has told its name", async () => {
      const { peers } = await peer.call<{ peers: readonly { name: string; state: string }[] }>("GET", "/mesh");
      return peers.some(({ name, state }) => name === PEER_NAME && state === "alive");
    });
    await plant(peer, receiver.url, hostile.url);
    await until("some ran, and some failed", () => receiver.received.length > 2 && hostile.seen() > 2);
    const { page } = await enter();
    const links = new Map<string, Set<string>>([["/", new Set(["/"])], ["/ui/mesh", new Set(["/ui/mesh"])]]);
    let seen = 0;
    // One of each kind of page in turn, so that no kind is left out for a long list of another.
    for (let path = nextOf(links, seen); path !== undefined && seen < PAGES; path = nextOf(links, seen)) {
      seen++;
      await page.goto(new URL(path, peer.url).href);
      await page.locator("main").waitFor();
      await page.waitForTimeout(250);
      if (path === "/ui/mesh") {
        await page.locator("[data-peer]", { hasText: PEER_NAME }).getByRole("button", { name: PEER_NAME }).click();
        await page.getByRole("heading", { name: PEER_NAME }).waitFor();
      }
      const found = await page.locator("a[href]").evaluateAll((all) => all.map((each) => each.getAttribute("href")));
      for (const href of found) {
        // What the API hands out as a file is no page.
        if (href === null || !/^\/(?!\/|api\/)/.test(href)) continue;
        const kind = href.split("?")[0]?.split("/").slice(0, 3).join("/") + `:${href.split("/").length}`;
        links.set(kind, (links.get(kind) ?? new Set()).add(href));
      }
      for (const paths of links.values()) paths.delete(path);
    }
    assert.ok(seen >= Math.min(PAGES, 20), `only ${seen} pages were found`);
  } finally {
    hostile.close();
  }
});

function nextOf(links: ReadonlyMap<string, ReadonlySet<string>>, turn: number): string | undefined {
  const open = [...links.values()].filter(({ size }) => size > 0);
  const [path] = open[turn % Math.max(1, open.length)] ?? [];
  return path;
}

/** Answers that are scripts in each of their parts. */
async function startHostile() {
  let seen = 0;
  const server = createServer((_request, response) => {
    const script = SCRIPT_TEXTS[seen++ % SCRIPT_TEXTS.length] ?? "";
    response.writeHead(500, "<img src=x onerror=alert(1)>", { "content-type": "text/html", "x-script": ascii(script) });
    response.end(SCRIPT_TEXTS.join("\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, seen: () => seen, close: () => void server.close() };
}

async function plant(peer: World["peer"], good: string, bad: string): Promise<void> {
  for (let at = 0, n = 0; at < SCRIPT_TEXTS.length; at += AT_ONCE, n++) {
    const [first = ""] = SCRIPT_TEXTS.slice(at);
    const label = first.slice(0, 60);
    const text = SCRIPT_TEXTS.slice(at, at + AT_ONCE).join(" ").slice(0, 256);
    const headers = { "x-a": ascii(text) };
    const success = { status: ["2xx"], body: n % 2 === 0 ? { contains: text } : { pointer: "/a", equals: text } };
    const target = {
      description: text,
      urn: `${good}${inPath(text)}`,
      ...{ headers, success },
      auth: n % 2 === 0 ? { kind: "basic", user: first.replaceAll(":", "") } : {
        ...{ kind: "oauth2", tokenUrl: bad, clientId: first, scope: inPath(first), audience: first },
      },
      credentials: n % 2 === 0 ? { password: "p" } : { clientSecret: "s" },
    };
    await peer.call("PUT", `/targets/t${n}`, target);
    await peer.call("PUT", `/tasks/${encodeURIComponent(inPath(first))}`, {
      id: inPath(first),
      name: text,
      schedule: n < 6 ? eachSecond() : "R/2030-01-01T00:00:00Z/PT1H",
      target: n % 3 === 2
        ? { name: `t${n}`, path: `/${inPath(text)}`, headers }
        : { urn: `${n % 3 === 0 ? good : bad}${inPath(text)}`, headers, ...(n > 5 ? { success } : {}) },
      payload: { [text]: [text] },
      labels: { a: label },
      policy: {
        retry: { limit: 0 },
        ...(n > 5 ? { fallback: [{ urn: `${good}${inPath(text)}`, headers }] } : {}),
        ...(n > 5 && n < 20 ? { placement: { match: { a: n % 2 === 0 ? label : [label, "b"] } } } : {}),
      },
      state: { paused: n >= 6, ...(n >= 6 ? { note: text } : {}) },
    });
    await peer.call("POST", "/tokens", { name: text });
    if (n < 4) await peer.call("POST", "/users", { name: first || "a", password: "correct horse" });
  }
}

/** Visible ASCII, as a header holds it. */
function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "").trim() || "a";
}

/** As much of it as a path, or an id, can hold as it is. */
function inPath(text: string): string {
  return text.replaceAll(/[\s#?\\/]|[^\x21-\x7e]|\{\{|%/g, "_");
}

type Schema = { readonly [name: string]: unknown };

/** The texts in the body of a POST there that no list, form or pattern bounds: `target.headers.*`. */
function textsOf(path: string): readonly string[] {
  const document = openapi("0") as {
    readonly paths: {
      readonly [path: string]: { readonly post: { readonly requestBody: { readonly content: Schema } } };
    };
    readonly components: { readonly schemas: { readonly [name: string]: Schema } };
  };
  const texts = new Set<string>();
  const walk = (schema: Schema, at: string, depth: number): void => {
    if (depth > 10) return;
    const { $ref, properties = {}, items, additionalProperties, type, enum: choice, format, pattern } = schema;
    if (typeof $ref === "string") {
      return walk(document.components.schemas[$ref.slice($ref.lastIndexOf("/") + 1)] ?? {}, at, depth + 1);
    }
    const ways = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((each) => (each ?? []) as readonly Schema[]);
    for (const way of ways) walk(way, at, depth + 1);
    if (items !== undefined) walk(items as Schema, `${at}[]`, depth + 1);
    if (typeof additionalProperties === "object") walk(additionalProperties as Schema, `${at}.*`, depth + 1);
    for (const [name, each] of Object.entries(properties as { readonly [name: string]: Schema })) {
      walk(each, at === "" ? name : `${at}.${name}`, depth + 1);
    }
    const isAny = type === undefined && ways.length === 0 && choice === undefined;
    const isText = [type].flat().includes("string") && [choice, format, pattern].every((each) => each === undefined);
    if ((isAny || isText) && at !== "") texts.add(at);
  };
  const { content } = document.paths[path]?.post.requestBody ?? { content: {} };
  for (const each of Object.values(content)) walk((each as { readonly schema: Schema }).schema, "", 0);
  return [...texts];
}
