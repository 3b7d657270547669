import assert from "node:assert/strict";
import { test } from "node:test";
import { targetKey, targetValues } from "../../src/core/delivery/target-entity.ts";
import { isTargetFaults, parseTargetDefinition } from "../../src/core/targets/target-definition.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { World } from "../world.ts";

const START = "2026-05-01T12:00:00Z";

test("an attempt for a name that stands for nothing yet is made again, and delivered when it does", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) => {
    const error = delivery.target.unsendable;
    return error === undefined
      ? { kind: "delivered", status: 200 }
      : { kind: "failed", error, retryable: true, cause: "ours" };
  };
  const retry = { base: "PT10S", factor: 1 };
  await world.add({ id: "a", schedule: "2026-05-01T12:00:01Z", target: { name: "late" }, policy: { retry } });
  await world.until("2026-05-01T12:00:02Z");
  const guid = taskGuid("ada", "a");
  const [waiting] = (await world.node.dossier(guid)).open;
  assert.equal(waiting?.attempts[0]?.error, 'there is no target named "late"');
  const parsed = parseTargetDefinition({ name: "late", urn: "http://late.example/" });
  assert.ok(!isTargetFaults(parsed));
  const written = { user: "ada", definition: parsed.definition, credentials: undefined, now: world.node.now() };
  const values = targetValues(undefined, written);
  const entity = { kind: "target", key: targetKey("ada", "late"), registers: {} } as const;
  assert.equal((await world.node.submit({ kind: "entity", entity, values, match: "absent" })).kind, "written");
  await world.until("2026-05-01T12:01:00Z");
  assert.equal(world.sent.at(-1)?.delivery.target.urn, "http://late.example/");
  assert.equal((await world.node.dossier(guid)).progress.last?.outcome, "delivered");
});
