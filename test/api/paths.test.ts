import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublic } from "../../src/api/access/access.ts";
import { openapi } from "../../src/api/description/openapi.ts";
import { chanceOf } from "../chance.ts";
import { HOURLY, PORT, URN, withWorld } from "./world.ts";

const PATHS = Number(globalThis.process?.env.METRONOME_PATHS ?? 20_000);
const SEED = Number(globalThis.process?.env.METRONOME_SEED ?? 20_261_128);

/** Stands in all that there is to see: what an answer holds of it is a leak. */
const CANARY = "canary-7c1f";

type Document = { readonly paths: { readonly [path: string]: { readonly [method: string]: unknown } } };

const LINES: readonly (readonly [method: string, path: string])[] = [
  ...Object.entries((openapi("0") as Document).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [
      method.toUpperCase(),
      path.replace("{path}", "tasks").replaceAll(/\{\w+\}/g, CANARY),
    ])
  ),
  ["GET", "/tasks"],
  ["GET", "/user/"],
  ["POST", "/task"],
  ["DELETE", `/task/${CANARY}`],
  ["GET", "/ws"],
  ["GET", "/metrics"],
  ["GET", `/api/v1/peers/peer-1/api/v1/tasks/${CANARY}`],
];

/** What has led past a check somewhere. */
const TRICKS: readonly string[] = [
  ...[
    "/",
    "//",
    "///",
    "/./",
    "/../",
    "\\",
    "/..;/",
    ";",
    ";a=b",
    ";/",
    "%2F",
    "%2f",
    "%5C",
    "%252F",
    "%00",
    "%0a",
    "%09",
  ],
  ...[
    "%20",
    " ",
    ".",
    "..",
    "..%2f",
    "%2e",
    "%2e%2e/",
    "?",
    "#",
    "&",
    "*",
    "~",
    "@",
    "//evil.example/",
    "%c0%af",
    "%e3%80%82",
  ],
  ...[
    "healthz",
    "/healthz",
    "openapi.json",
    "/api/v1/auth",
    ".json",
    ".html",
    ".css",
    "%3F",
    "%23",
    "|",
    "^",
    "`",
    "\u2215",
  ],
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "get", "post"];

const HEADERS: readonly (readonly [string, string])[] = [
  ["x-http-method-override", "GET"],
  ["x-http-method", "GET"],
  ["x-method-override", "GET"],
  ["x-original-url", "/healthz"],
  ["x-rewrite-url", "/healthz"],
  ["x-forwarded-for", "127.0.0.1"],
  ["x-forwarded-prefix", "/healthz"],
  ["x-real-ip", "127.0.0.1"],
  ["forwarded", "for=127.0.0.1;host=localhost"],
  ["metronome-on-behalf-of", encodeURIComponent('{"user":"admin","role":"admin","scopes":["read","admin"]}')],
  ["authorization", ""],
  ["authorization", "Bearer "],
  ["authorization", "Bearer undefined"],
  ["cookie", `metronome-${PORT}=`],
  ["referer", `http://localhost:${PORT}/`],
];

test(`of ${PATHS} crooked paths none opens anything to who has shown nothing, or shows what is another's`, () =>
  withWorld(async ({ call, api, clock }) => {
    const password = "correct horse";
    const { body: user } = await call("POST users", { body: { name: CANARY, password, role: "editor" } });
    for (const whose of ["", `?user=${user.id}`]) {
      const task = { name: CANARY, schedule: HOURLY, target: `${URN}/${CANARY}`, payload: CANARY };
      assert.equal((await call(`PUT tasks/${CANARY}${whose}`, { body: task })).status, 201);
    }
    await clock.pass(1_800_000);
    await call("POST users", { body: { name: "eve", password, role: "viewer" } });
    const { body: weak } = await call("POST auth/token", { body: { name: "eve", password }, token: null });
    const random = randomOf(SEED);
    const counts: Record<string, number> = {};
    for (let i = 0; i < PATHS; i++) {
      const isWeak = i % 2 === 1;
      const request = crooked(random, isWeak ? weak.token : undefined);
      if (request === undefined) continue;
      const { pathname } = new URL(request.url);
      const told = `seed ${SEED}, ${i}: ${request.method} ${request.url}`;
      const response = await api.fetch(request, { remote: "10.0.0.1" });
      const { status } = response;
      counts[status] = (counts[status] ?? 0) + 1;
      const isStream = response.headers.get("content-type") === "text/event-stream";
      const text = isStream ? await response.body?.cancel() ?? "" : await response.text();
      const said = text.replaceAll(decodeURI(request.url.replaceAll("%", "")), "");
      if (isPublic(request.method, pathname, new Map())) continue;
      if (isWeak) {
        // A refusal may repeat what was asked for; what is found may not be another's. Its own session and tokens are a
        // viewer's to end and to make.
        if (status >= 400) continue;
        assert.ok(!said.includes(CANARY), told);
        if (!["GET", "HEAD"].includes(request.method)) assert.match(pathname, /tokens|preview|session|logout/, told);
      } else {
        assert.ok([401, 403, 421].includes(status), `${told}: ${status}`);
        assert.ok(!said.includes(CANARY), told);
      }
    }
    assert.equal((await call(`GET tasks/${CANARY}`)).status, 200, "it is all still there");
    assert.equal((await call("GET users")).body.items.length, 2);
    console.log(`seed ${SEED}: ${JSON.stringify(counts)}`);
  }));

type Random = (below: number) => number;

/** Absent: no URL can be made of it. */
function crooked(random: Random, token: string | undefined): Request | undefined {
  let [method, path] = LINES[random(LINES.length)] ?? ["GET", "/"];
  for (let n = 1 + random(3); n > 0; n--) path = bent(path, random);
  if (random(3) === 0) method = METHODS[random(METHODS.length)] ?? method;
  const url = `http://localhost:${PORT}${path.startsWith("/") ? "" : "/"}${path}`;
  if (!URL.canParse(url)) return undefined;
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  for (let n = random(3); n > 0; n--) {
    const [name, value] = HEADERS[random(HEADERS.length)] ?? ["", ""];
    if (name !== "authorization" || token === undefined) headers.set(name, value);
  }
  const hasBody = !/^(get|head)$/i.test(method) && random(2) === 0;
  if (hasBody) headers.set("content-type", "application/json");
  try {
    return new Request(url, { method, headers, ...(hasBody ? { body: "{}" } : {}) });
  } catch {
    return undefined;
  }
}

function bent(path: string, random: Random): string {
  const at = random(path.length + 1);
  const trick = TRICKS[random(TRICKS.length)] ?? "";
  switch (random(7)) {
    case 0:
      return path + trick;
    case 1:
      return trick + path;
    case 2:
      return path.slice(0, at) + trick + path.slice(at);
    case 3:
      // One letter in the other case.
      return path.slice(0, at) + (path[at] ?? "").toUpperCase() + path.slice(at + 1);
    case 4:
      return path.slice(0, at) + [...path.slice(at, at + 1)].map(encoded).join("") + path.slice(at + 1);
    case 5:
      return path.replaceAll("/", trick === "" ? "/" : trick);
    default:
      return `${path.split("/").slice(0, 2 + random(3)).join("/")}/${trick}${path}`;
  }
}

function encoded(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).padStart(2, "0").slice(0, 2)}`;
}

function randomOf(seed: number): Random {
  const chance = chanceOf(seed);
  return (below) => Math.floor(chance() * below);
}
