import assert from "node:assert/strict";
import { test } from "node:test";
import { taskGuid } from "../../src/core/values/ids.ts";
import { World } from "../world.ts";

const START = "2026-05-01T12:00:00Z";

test("a task whose target says that it is no more is paused, with a note that says so", async () => {
  const world = await new World(START).start();
  const error = "api.example answered 410 Gone";
  world.answer = () => ({ kind: "failed", error, status: 410, retryable: false, gone: true });
  await world.add({ id: "a", schedule: "R/2026-05-01T12:00:01Z/PT1S" });
  await world.until("2026-05-01T12:01:00Z");
  assert.equal(world.sent.length, 1);
  const { entity } = await world.node.dossier(taskGuid("ada", "a"));
  assert.deepEqual(entity?.registers.state?.value, {
    paused: true,
    note: `paused by itself: ${error}`,
    turn: 1,
    since: Date.parse(START),
  });
});

test("a fallback that is no more pauses no task whose own target may come back", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery: { target } }) =>
    target.urn.includes("other")
      ? { kind: "failed", error: "it answered 410 Gone", status: 410, retryable: false, gone: true }
      : { kind: "failed", error: "it answered 503", status: 503, retryable: true };
  const policy = { retry: { limit: 0 }, fallback: [{ urn: "http://other.test/" }] };
  await world.add({ id: "a", schedule: "R/2026-05-01T12:00:01Z/PT1M", policy });
  await world.until("2026-05-01T12:01:30Z");
  assert.equal(world.sent.length, 4);
  const { entity } = await world.node.dossier(taskGuid("ada", "a"));
  assert.deepEqual(entity?.registers.state?.value, { paused: false, turn: 0, since: Date.parse(START) });
});
