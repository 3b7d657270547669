import assert from "node:assert/strict";
import { test } from "node:test";
import { Lane } from "../../src/core/delivery/lane.ts";
import { TargetBook, TARGETS_MAX } from "../../src/core/delivery/target-book.ts";
import { removedValues, targetKey, targetOf, targetValues } from "../../src/core/delivery/target-entity.ts";
import type { Entity } from "../../src/core/register/register.ts";
import { isTargetFaults, parseTargetDefinition } from "../../src/core/targets/target-definition.ts";
import { DEFAULT_LIMITS, type ResolvedLimits, resolveLimits } from "../../src/core/targets/target-limits.ts";
import { laneOf, parseTarget } from "../../src/core/targets/target.ts";
import { fillTarget } from "../../src/core/task/template.ts";
import { instant } from "../../src/core/values/instant.ts";
import type { Json } from "../../src/core/values/json.ts";
import type { Stamp } from "../../src/core/values/stamp.ts";

const USER = "admin";
const NOW = instant(1_700_000_000_000);

test("what the name of a target stands for is what that target is now, for all who refer to it", () => {
  const book = new TargetBook();
  assert.match(book.resolve(USER, { name: "billing" }).unsendable ?? "", /no target named "billing"/);
  const first = entityOf({ name: "billing", urn: "https://a.example/v1", limits: { concurrency: 3 } });
  book.take(first);
  assert.deepEqual(book.resolve(USER, { name: "billing" }), { name: "billing", urn: "https://a.example/v1" });
  assert.equal(book.limitsOf(laneOf(USER, { name: "billing" })).concurrency, 3);
  // Another user's name is another name.
  assert.match(book.resolve("eve", { name: "billing" }).unsendable ?? "", /no target/);
  book.take(written(first, { name: "billing", urn: "https://b.example/", headers: { "x-a": "1" } }));
  assert.deepEqual(book.resolve(USER, { name: "billing" }), {
    name: "billing",
    urn: "https://b.example/",
    headers: { "x-a": "1" },
  });
  assert.deepEqual(book.limitsOf(laneOf(USER, { name: "billing" })), DEFAULT_LIMITS);
  const target = targetOf(first);
  assert.ok(target !== undefined);
  book.take(withValues(first, removedValues(first, target)));
  assert.match(book.resolve(USER, { name: "billing" }).unsendable ?? "", /no target/);
  assert.equal(book.size, 0);
});

test("what a task says beside the name goes before what the target says", () => {
  const book = new TargetBook([
    entityOf({ name: "api", urn: "https://a.example/v1/?k=1", method: "PUT", headers: { "X-A": "1", "x-b": "2" } }),
  ]);
  const cases: readonly (readonly [way: Record<string, unknown>, resolved: Record<string, unknown>])[] = [
    [{ path: "/x" }, { urn: "https://a.example/v1/x?k=1" }],
    [{ path: "/x/y?z=2" }, { urn: "https://a.example/v1/x/y?k=1&z=2" }],
    [{ method: "DELETE" }, { method: "DELETE" }],
    [{ headers: { "x-a": "3" } }, { headers: { "x-b": "2", "x-a": "3" } }],
  ];
  for (const [way, expected] of cases) {
    const target = parseTarget({ name: "api", ...way });
    assert.ok("name" in target, JSON.stringify(target));
    const resolved = book.resolve(USER, target);
    assert.deepEqual(resolved, {
      ...{ name: "api", urn: "https://a.example/v1/?k=1", method: "PUT", headers: { "X-A": "1", "x-b": "2" } },
      ...expected,
    });
    // The same object, so that what is made of it once is found again.
    assert.equal(book.resolve(USER, target), resolved);
  }
});

test("a path never leads out of its target", () => {
  for (
    const path of ["x", "/..", "/a/../b", "/%2e%2E/b", "/.%2e", "/a\\b", "/a#b", "/a b", "/é", `/${"x".repeat(1_024)}`]
  ) {
    const found = parseTarget({ name: "api", path });
    assert.ok("kind" in found && found.field === "target.path", path);
  }
  for (const path of ["/", "/..a", "/a/b?c=../d", "/%2f"]) {
    assert.deepEqual(parseTarget({ name: "api", path }), { name: "api", path });
  }
  // What a template fills in is known when it is sent alone.
  const book = new TargetBook([entityOf({ name: "api", urn: "https://a.example/v1" })]);
  const target = parseTarget({ name: "api", path: "/{{id}}/admin" });
  assert.ok("name" in target);
  const event = { task: "t", name: "t", attempt: 1, instant: NOW, now: NOW };
  const sentTo = (id: string) => book.resolve(USER, fillTarget(target, { ...event, id }));
  assert.equal(sentTo("../x").urn, "https://a.example/v1/..%2Fx/admin");
  assert.match(sentTo("..").unsendable ?? "", /no \. and \.\. among its steps/);
});

test("no more targets are held than there may be", () => {
  const book = new TargetBook();
  for (let n = 0; n < TARGETS_MAX + 2; n++) book.take(entityOf({ name: `t${n}`, urn: "http://a.example/" }));
  assert.equal(book.size, TARGETS_MAX);
});

test("a target that a newer peer wrote is kept, and not sent to", () => {
  const entity = entityOf({ name: "api", urn: "http://a.example/" });
  const book = new TargetBook([withValues(entity, { target: { urn: "http://a.example/", wings: 2 } })]);
  assert.match(book.resolve(USER, { name: "api" }).unsendable ?? "", /newer peer/);
});

function entityOf(definition: Record<string, unknown>): Entity {
  const key = targetKey(USER, String(definition.name));
  return written({ kind: "target", key, registers: {} }, definition);
}

function written(entity: Entity, definition: Record<string, unknown>): Entity {
  const parsed = parseTargetDefinition(definition);
  assert.ok(!isTargetFaults(parsed), JSON.stringify(parsed));
  const values = { user: USER, definition: parsed.definition, credentials: undefined, now: NOW };
  return withValues(entity, targetValues(entity, values));
}

function withValues(entity: Entity, values: { readonly [register: string]: Json }): Entity {
  const stamp = "0".repeat(22) as Stamp;
  const registers = Object.entries(values).map(([name, value]) => [name, { value, stamp }]);
  return { ...entity, registers: { ...entity.registers, ...Object.fromEntries(registers) } };
}

test("a broker that is down is tried every five seconds, unless its target says otherwise", () => {
  const book = new TargetBook();
  const openMs = (lane: string) => book.limitsOf(lane).breaker?.openMs;
  assert.deepEqual(
    [openMs("http://host:80"), openMs("amqp://host:5672"), openMs("kafka://a:1,b:2"), openMs("@u/none")],
    [
      30_000,
      5_000,
      5_000,
      30_000,
    ],
  );
  assert.equal(resolveLimits({}, "mqtts://host/topic").breaker?.openMs, 5_000);
  assert.equal(resolveLimits({ breaker: { openFor: "PT1M" } }, "amqp://host/v//q").breaker?.openMs, 60_000);
});

test("a lane to a broker takes more at once than one to who speaks HTTP, unless the target says how many", () => {
  const most = (limits: ResolvedLimits, peers = 1) => new Lane("lane", limits, { peers, now: instant(0) }).most;
  const book = new TargetBook();
  assert.deepEqual(["https://host:443", "amqp://host:5672", "kafka://a:1"].map((lane) => most(book.limitsOf(lane))), [
    64,
    256,
    256,
  ]);
  assert.equal(most(resolveLimits({}, "mqtt://host/topic"), 4), 256);
  assert.equal(most(resolveLimits({ concurrency: 8 }, "mqtt://host/topic"), 4), 2);
});
