import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, URN, withWorld } from "./world.ts";

test("a template is previewed as it would be sent, and what is wrong of it is told where it is written", () =>
  withWorld(async ({ call }) => {
    const preview = await call("POST templates/preview", {
      body: {
        payload: { day: "{{instant:date@Asia/Tokyo}}", n: "{{attempt}}", was: "{{previous.outcome}}" },
        target: { urn: "http://user:secret@x.test/{{instant:unix}}", headers: { "x-id": "{{task}}" } },
        instant: "2026-12-01T20:00:00Z",
        attempt: 2,
        id: "a",
        previous: "failed",
      },
    });
    assert.deepEqual([preview.status, preview.body], [200, {
      payload: { day: "2026-12-02", n: 2, was: "failed" },
      target: { urn: "http://user:***@x.test/1796155200", headers: { "x-id": "a" } },
    }]);
    for (
      const [body, field] of [
        [{ payload: "{{x}}" }, "payload"],
        [{ payload: { a: "{{instant:x}}" } }, "payload.a"],
        [{ target: "http://{{id}}/" }, "target.urn"],
        [{ attempt: 0 }, "attempt"],
        [{ instant: "x" }, "instant"],
        [{ previous: "x" }, "previous"],
        [{ paylod: 1 }, "paylod"],
      ] as const
    ) {
      const refused = await call("POST templates/preview", { body });
      assert.equal(refused.status, 422, JSON.stringify(body));
      if (field !== "target.urn") assert.equal(refused.body.field, field, JSON.stringify(body));
    }
    const task = { id: "a", schedule: HOURLY, target: URN, payload: { a: "x{{instnat}}" } };
    const { status, body } = await call("POST tasks", { body: { ...task, template: true } });
    assert.deepEqual([status, body.field, body.position, body.suggestion], [422, "payload.a", 1, "instant"]);
    assert.equal((await call("POST tasks", { body: task })).status, 201);
    const template = { ...task, payload: "{{id}}", template: true };
    assert.equal((await call("PUT tasks/a", { body: template })).body.template, true);
    assert.equal((await call("PATCH tasks/a", { body: { name: "b" } })).body.template, true);
    assert.equal((await call("PATCH tasks/a", { body: { template: null } })).body.template, undefined);
  }));
