import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "@hono/zod-openapi";
import { needOf } from "../../src/api/access/rules.ts";
import * as access from "../../src/api/description/access-shapes.ts";
import { drainBody } from "../../src/api/description/mesh-shapes.ts";
import * as shapes from "../../src/api/description/shapes.ts";
import { HOURLY, makeWorld, type Reply, URN, withWorld } from "./world.ts";

type Operation = {
  readonly responses: Record<string, { content?: Record<string, unknown> }>;
  readonly summary: string;
};
type Document = {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: object };
};

test("describes itself, to anybody, in OpenAPI 3.1", () =>
  withWorld(async ({ call }) => {
    const { status, body, headers } = await call("GET openapi.json", { token: null });
    const document = body as Document;
    assert.deepEqual([status, headers.get("content-type"), document.openapi], [200, "application/json", "3.1.0"]);
    assert.deepEqual(Object.keys(document.components.schemas).sort(), [
      "Auth",
      "Backfill",
      "Breaker",
      "Conflict",
      "Credentials",
      "Definition",
      "Dismiss",
      "Each",
      "Exchange",
      "Labels",
      "LineAnswer",
      "Mesh",
      "NamedTarget",
      "Patch",
      "Peer",
      "Placement",
      "Policy",
      "Preview",
      "Problem",
      "Redrive",
      "Run",
      "Schedule",
      "State",
      "SuccessRule",
      "Target",
      "TargetDefinition",
      "TargetLimits",
      "Task",
      "Template",
      "User",
      "Version",
    ]);
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) =>
      name ?? ""
    );
    for (const name of references) assert.ok(name in document.components.schemas, name);
    for (const methods of Object.values(document.paths)) {
      for (const { responses, summary } of Object.values(methods)) assert.ok(summary !== "" && "421" in responses);
    }
  }));

test("every operation that is described is there, and every one that is there is described", () =>
  withWorld(async ({ call }) => {
    const { paths } = (await call("GET openapi.json")).body as Document;
    for (const [path, methods] of Object.entries(paths)) {
      const described = Object.keys(methods).map((method) => method.toUpperCase());
      const reply = await call(`PURGE ${path.replace("{id}", "a")}`);
      assert.equal(reply.status, 405, path);
      const known = (reply.headers.get("allow") ?? "").split(", ").filter((method) => method !== "HEAD");
      assert.deepEqual(known.sort(), described.sort(), path);
    }
    for (const path of ["/api/v1/nothing", "/nothing"]) {
      assert.equal((await call(`GET ${path}`)).status, 404);
    }
  }));

test("every operation has its line in the table of what is needed", () =>
  withWorld(async ({ call }) => {
    const { paths } = (await call("GET openapi.json")).body as Document;
    const lines = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) =>
        `${method.toUpperCase()} ${path.replaceAll("{path}", "*").replaceAll(/\{(\w+)\}/g, ":$1")}`
      )
    );
    assert.deepEqual(lines.filter((line) => needOf(line) === undefined), [], "see src/api/access/rules.ts");
  }));

test("answers are of the shapes that are described", async () => {
  const world = await makeWorld();
  const { call, clock, answer } = world;
  const task = {
    id: "a",
    schedule: HOURLY,
    target: { urn: URN, method: "PUT" },
    labels: { a: "b" },
    policy: { retry: { limit: 1 } },
  };
  await check(shapes.task, call("POST tasks", { body: task }), 201);
  await check(shapes.task, call("PUT tasks/b", { body: { ...task, id: "b" } }), 201);
  await check(
    shapes.task,
    call("PATCH tasks/b", { body: { state: { paused: true, note: "n", until: "2027-01-01T00:00:00Z" } } }),
    200,
  );
  await check(shapes.task, call("POST tasks/b/resume"), 200);
  await check(shapes.run, call("POST tasks/a/trigger"), 202);
  answer({ kind: "failed", status: 503, error: "HTTP 503", retryable: true });
  await clock.pass(1_800_000);
  await check(shapes.taskPage, call("GET tasks"), 200);
  await check(shapes.runPage, call("GET runs"), 200);
  await check(shapes.runPage, call("GET tasks/a/runs?outcome=delivered"), 200);
  await check(shapes.preview, call("GET tasks/a/next"), 200);
  await check(shapes.preview, call("POST schedules/preview", { body: { schedule: HOURLY } }), 200);
  await check(shapes.cancelled, call("POST tasks/a/cancel"), 200);
  await check(access.newToken, call("POST tokens", { body: {} }), 201);
  await check(access.tokenPage, call("GET tokens"), 200);
  await check(access.session, call("GET auth/session"), 200);
  await check(shapes.health, call("GET /readyz"), 200);
  for (
    const refused of [
      call("GET tasks/none"),
      call("POST tasks", { body: {} }),
      call("POST tasks", { body: "{" }),
      call("GET tasks", { token: null }),
      call("GET tasks", { headers: { host: "evil.example" } }),
      call("GET tasks?limit=0&cursor=-&x=y"),
    ]
  ) await check(shapes.problem, refused);
  const batch = await call("POST tasks:batch", {
    type: "application/x-ndjson",
    body: `${JSON.stringify({ ...task, id: "c" })}\n{}\n{`,
  });
  for (const line of batch.body.trim().split("\n")) shapes.lineAnswer.parse(JSON.parse(line));
  const exported = await call("GET tasks:export");
  for (const line of exported.body.trim().split("\n")) shapes.definition.parse(JSON.parse(line));
  await world.close();

  async function check(shape: z.ZodType, reply: Promise<Reply>, status?: number): Promise<void> {
    const { body, status: given } = await reply;
    const result = shape.safeParse(body);
    assert.ok(result.success, `${JSON.stringify(body)} ${JSON.stringify(result.error?.issues)}`);
    if (status !== undefined) assert.equal(given, status);
  }
});

test("bodies are taken and refused as they are described", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    const cases: readonly (readonly [string, z.ZodType, readonly unknown[]])[] = [
      ["POST peers/peer-1/drain", drainBody, [{}, { drain: true }, { drain: false }, { drain: 1 }, { x: 1 }]],
      ["POST tasks/a/trigger", shapes.trigger, [{}, { payload: null }, { payload: [1] }, { x: 1 }, {
        payload: "x".repeat(262_143),
      }]],
      ["POST tasks/a/pause", shapes.pauseBody, [
        {},
        { note: "" },
        { note: 5 },
        { note: "x".repeat(1_025) },
        { until: "2027-01-01T00:00:00Z" },
        { until: "soon" },
        { until: null },
        { why: "" },
      ]],
      ["POST tasks/a/resume", shapes.nothing, [{}, { note: "" }]],
      ["POST tasks/a/cancel", shapes.nothing, [{}, { note: "" }]],
      ["POST schedules/preview", shapes.previewBody, [
        { schedule: HOURLY },
        {},
        { schedule: 5 },
        { schedule: HOURLY, count: 0 },
        { schedule: HOURLY, count: 1.5 },
        { schedule: HOURLY, count: "1" },
        { schedule: HOURLY, count: 1_000 },
        { schedule: HOURLY, from: "2026-01-01T00:00:00Z" },
        { schedule: HOURLY, from: 0 },
        { schedule: HOURLY, zone: "" },
        { schedule: HOURLY, zone: "UTC" },
        { schedule: HOURLY, zoen: "UTC" },
      ]],
      ["POST tokens", access.tokenBody, [
        {},
        { name: "" },
        { name: "x".repeat(257) },
        { name: null },
        { ttlSeconds: 1 },
        { ttlSeconds: 0 },
        {
          ttlSeconds: 315_360_001,
        },
        { ttlSeconds: "1" },
        { scope: "read" },
      ]],
    ];
    for (const [line, shape, bodies] of cases) {
      for (const body of bodies) {
        const { status } = await call(line, { body });
        assert.equal(
          status < 300,
          shape.safeParse(body).success,
          `${line} ${JSON.stringify(body).slice(0, 80)}: ${status}`,
        );
      }
    }
  }));
