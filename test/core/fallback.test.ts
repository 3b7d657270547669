import assert from "node:assert/strict";
import { test } from "node:test";
import { isFaults, parseDefinition } from "../../src/core/task/definition.ts";
import { BROKEN, DELIVERED, timeOf, World, WRONG } from "../world.ts";

const START = "2026-05-01T12:00:00.500Z";
const MAIN = { urn: "http://main.test/" };
const SECOND = { urn: "http://second.test/" };
const THIRD = { urn: "http://third.test/", method: "PUT" } as const;
const POLICY = { fallback: [SECOND, THIRD], retry: { limit: 1, base: "PT1S", factor: 1 } };

const hosts = (world: World) => world.sent.map(({ delivery }) => new URL(delivery.target.urn).hostname.split(".")[0]);

test("when a target is given up the next one is tried, in order, with all its tries, and the same id", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) => delivery.target.urn === THIRD.urn ? DELIVERED : BROKEN;
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z", target: MAIN, policy: POLICY });
  await world.until("2026-05-01T12:01:00Z");
  assert.deepEqual(hosts(world), ["main", "main", "second", "second", "third"]);
  assert.equal(new Set(world.sent.map(({ delivery }) => delivery.id)).size, 1);
  assert.equal(world.sent.at(-1)?.delivery.target.method, "PUT");
  const [run] = await world.runs("t");
  assert.deepEqual([run?.outcome, run?.attempts.length], ["delivered", 5]);
});

test("what can't get better at one target is tried at the next at once, and dies at the last", async () => {
  const world = await new World(START).start();
  world.answer = () => WRONG;
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z", target: MAIN, policy: POLICY });
  await world.until("2026-05-01T12:00:02Z");
  assert.deepEqual(world.sent.map(({ at, delivery }) => `${timeOf(at)} ${new URL(delivery.target.urn).hostname}`), [
    "12:00:01 main.test",
    "12:00:01 second.test",
    "12:00:01 third.test",
  ]);
  const [run] = await world.runs("t");
  assert.deepEqual([run?.outcome, run?.target], ["failed", "http://third.test:80"]);
});

test("while a target is left alone its events go to the next, and come back when it is well", async () => {
  const world = await new World(START).start();
  let isUp = false;
  world.answer = ({ delivery }) => delivery.target.urn === MAIN.urn && !isUp ? BROKEN : DELIVERED;
  await world.add({
    id: "t",
    schedule: "R/2026-05-01T12:00:00Z/PT1S",
    target: MAIN,
    policy: { fallback: [SECOND], retry: { limit: 0 } },
  });
  await world.until("2026-05-01T12:00:30Z");
  const runs = await world.runs("t");
  assert.ok(runs.every(({ outcome }) => outcome === "delivered"));
  const toMain = hosts(world).filter((host) => host === "main").length;
  assert.ok(toMain >= 10 && toMain < 16, `${toMain} went to a target that is down`);
  isUp = true;
  await world.until("2026-05-01T12:01:30Z");
  assert.deepEqual(hosts(world).slice(-10), Array.from({ length: 10 }, () => "main"));
});

test("a restart goes on at the target that the run has come to", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) =>
    delivery.target.urn === MAIN.urn
      ? WRONG
      : { kind: "failed", error: "HTTP 503", retryable: true, retryAfterMs: 30_000 };
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z", target: MAIN, policy: POLICY });
  await world.until("2026-05-01T12:00:05Z");
  world.crash();
  await world.start();
  world.answer = () => DELIVERED;
  await world.until("2026-05-01T12:01:00Z");
  assert.deepEqual(hosts(world), ["main", "second", "second"]);
});

test("targets that stand in for another are objects without secrets, one to four", () => {
  const parse = (fallback: unknown) =>
    parseDefinition({ id: "t", schedule: "R/2026-01-01T00:00:00Z/PT1H", target: MAIN.urn, policy: { fallback } });
  for (const good of [[SECOND], [{ name: "standby" }], [SECOND, THIRD, SECOND, THIRD]]) {
    assert.ok(!isFaults(parse(good)), JSON.stringify(good));
  }
  for (
    const bad of [[], "x", [SECOND.urn], [{ urn: "x" }], [{ urn: "http://u:p@x.test/" }], [
      { urn: "http://x.test/", headers: { authorization: "Bearer x" } },
    ], Array(5).fill(SECOND)]
  ) assert.ok(isFaults(parse(bad)), JSON.stringify(bad));
});
