import assert from "node:assert/strict";
import { test } from "node:test";
import { openapi } from "../../src/api/description/openapi.ts";
import { isV0 } from "../../src/api/v0/v0-answer.ts";
import { chanceOf } from "../chance.ts";
import { type MadeRequest, requestsOf } from "../requests.ts";
import { withSeedRoutes } from "../seed-document.ts";
import { ADMIN_TOKEN, HOURLY, makeWorld, PORT, type World } from "./world.ts";

/** SAFETY 22 asks for 100,000: METRONOME_FUZZ says otherwise. `npm run bench -- fuzz` sends as many to a real peer. */
const REQUESTS = Number(globalThis.process?.env.METRONOME_FUZZ ?? 3_000);
const SEED = Number(globalThis.process?.env.METRONOME_SEED ?? 20_261_128);

const document = withSeedRoutes(openapi("0") as { readonly paths: { readonly [path: string]: object } });

/** Nobody gives out tickets in this world. */
const WITHOUT = ["POST /api/v1/tickets"];

test(`of ${REQUESTS} requests made of the document none breaks anything, and every refusal says why`, async () => {
  const world = await makeWorld();
  const chance = chanceOf(SEED);
  const ids = await planted(world);
  const next = requestsOf({ document, chance, ids, without: WITHOUT });
  const counts: Record<number, number> = {};
  const operations = new Map<string, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const made = next();
    const request = requestFrom(made);
    const told = `seed ${SEED}, request ${i}: ${made.method} ${made.target.slice(0, 200)} ${made.body?.slice(0, 500)}`;
    const response = await world.api.fetch(request, { remote: "10.0.0.1" });
    const type = response.headers.get("content-type");
    const isStream = type === "text/event-stream";
    const text = isStream ? await response.body?.cancel() ?? "" : await response.text();
    const { status } = response;
    counts[status] = (counts[status] ?? 0) + 1;
    if (status < 400) operations.set(made.operation, (operations.get(made.operation) ?? 0) + 1);
    assert.ok(status < 500, `${told}: ${status} ${text} ${world.logged.join("\n")}`);
    if (type === "application/x-ndjson") assert.doesNotMatch(text, /"status":5/, told);
    // The seed has words of its own for what it refuses.
    if (status >= 400 && !isV0(new URL(request.url).pathname)) {
      assert.equal(type, "application/problem+json", told);
      if (made.method !== "HEAD") checkProblem(JSON.parse(text), status, told);
    }
    // What was used up or taken away is there again for those to come.
    if (i % 100 === 99) await planted(world, ids);
    if (i % 1_000 === 999) await world.clock.pass(60_000);
  }
  assert.deepEqual(world.logged, []);
  assert.ok(Object.keys(counts).length > 8, JSON.stringify(counts));
  const good = Object.entries(counts).reduce((sum, [status, n]) => sum + (Number(status) < 400 ? n : 0), 0);
  assert.ok(good > REQUESTS / 5, `only ${good} were taken: ${JSON.stringify(counts)}`);
  const known = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  );
  console.log(
    `seed ${SEED}: ${JSON.stringify(counts)}; ${operations.size} of ${known.length} operations were carried out`,
  );
  await world.close();
});

function checkProblem(
  problem: { readonly status: number; readonly detail: string; readonly field?: string },
  status: number,
  told: string,
): void {
  assert.equal(problem.status, status, told);
  assert.ok(problem.detail.length > 10, told);
  // What is wrong with all of it has no field.
  const isWhole = /^(The body is a JSON object|A task is|A target is|Say which|Either)/.test(problem.detail);
  if (status === 422 && !isWhole) assert.equal(typeof problem.field, "string", `${told}: ${JSON.stringify(problem)}`);
}

/** One of each kind, by the ids that the requests know; made where it is not there. */
async function planted(
  { call }: World,
  known: { readonly [collection: string]: readonly string[] } = {},
): Promise<{ readonly [collection: string]: readonly string[] }> {
  const target = { name: "a", urn: "http://127.0.0.1:9/x", auth: { kind: "bearer" }, credentials: { token: "t" } };
  await call("PUT targets/a", { body: target });
  for (const id of ["a", "b"]) {
    await call(`PUT tasks/${id}`, { body: { schedule: HOURLY, target: { name: "a" }, labels: { site: "lyon" } } });
  }
  const runs = Object.keys(known).length > 0 ? [] : [(await call("POST tasks/a/trigger")).body.id];
  const users = known.users ??
    [(await call("POST users", { body: { name: "bo", password: "correct horse" } })).body.id];
  const { body: token } = await call("POST tokens", { body: {} });
  const { body: invite } = await call("POST invites", { body: {} });
  return {
    ...{ tasks: ["a", "b"], targets: ["a"], task: ["a"], peers: ["peer-1"] },
    users,
    runs: known.runs ?? runs,
    tokens: [token.id],
    invites: [invite.id],
    conflicts: ["YQ"],
  };
}

/** What no header can hold is not sent, and what is no URL is the root. */
function requestFrom({ method, target, headers, body }: MadeRequest): Request {
  const sent = new Headers({ authorization: `Bearer ${ADMIN_TOKEN}` });
  for (const [name, value] of Object.entries(headers)) {
    try {
      sent.set(name, value);
    } catch {
      sent.delete(name);
    }
  }
  const url = `http://localhost:${PORT}${target}`;
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  return new Request(
    URL.canParse(url) ? url : `http://localhost:${PORT}/`,
    { method, headers: sent, ...(hasBody ? { body } : {}) },
  );
}
