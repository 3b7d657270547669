import assert from "node:assert/strict";
import { test } from "node:test";
import { isFaults, parseDefinition } from "../../src/core/task/definition.ts";
import {
  fillPayload,
  fillTarget,
  payloadFault,
  PLACEHOLDERS_MAX,
  type TemplateEvent,
} from "../../src/core/task/template.ts";
import { instant } from "../../src/core/values/instant.ts";
import type { Json } from "../../src/core/values/json.ts";
import { BROKEN, DELIVERED, World } from "../world.ts";

const EVENT: TemplateEvent = {
  id: "0123456789abcdef0123456789abcdef",
  task: "a/é",
  name: "A task",
  attempt: 3,
  instant: instant(Date.parse("2026-11-30T23:30:05.250Z")),
  now: instant(Date.parse("2026-12-01T00:00:00Z")),
  previous: { instant: instant(Date.parse("2026-11-30T22:30:05Z")), outcome: "failed" },
};

test("each name and each form of a moment is filled in", () => {
  const cases: readonly (readonly [string, Json])[] = [
    ["{{id}}", EVENT.id],
    ["{{task}}", "a/é"],
    ["{{name}}", "A task"],
    ["{{attempt}}", 3],
    ["n{{attempt}}", "n3"],
    ["{{instant}}", "2026-11-30T23:30:05.250Z"],
    ["{{instant:iso}}", "2026-11-30T23:30:05.250Z"],
    ["{{instant@Europe/Paris}}", "2026-12-01T00:30:05.250+01:00"],
    ["{{instant:iso@America/New_York}}", "2026-11-30T18:30:05.250-05:00"],
    ["{{instant:iso@Asia/Kathmandu}}", "2026-12-01T05:15:05.250+05:45"],
    ["{{instant:date}}", "2026-11-30"],
    ["{{instant:date@Europe/Paris}}", "2026-12-01"],
    ["{{ instant : time @ Europe/Paris }}", "00:30:05"],
    ["{{instant:compact}}", "20261130T233005"],
    ["{{instant:year}}", 2026],
    ["{{instant:month@Europe/Paris}}", 12],
    ["{{instant:day}}", 30],
    ["{{instant:hour}}", 23],
    ["{{instant:minute}}", 30],
    ["{{instant:second}}", 5],
    ["{{instant:weekday}}", 1],
    ["{{instant:weekday@Europe/Paris}}", 2],
    ["{{instant:unix}}", 1_796_081_405],
    ["{{instant:ms}}", 1_796_081_405_250],
    ["{{now}}", "2026-12-01T00:00:00.000Z"],
    ["{{previous.outcome}}", "failed"],
    ["{{previous.instant:date}}", "2026-11-30"],
    ["a \\{{id}} b {{instant:date}}/{{attempt}}", "a {{id}} b 2026-11-30/3"],
    ["}} { } {", "}} { } {"],
  ];
  for (const [text, filled] of cases) {
    assert.equal(payloadFault(text), undefined, text);
    assert.deepEqual(fillPayload(text, EVENT), filled, text);
  }
  const { previous: _, ...first } = EVENT;
  assert.deepEqual(fillPayload(["{{previous.outcome}}", "x{{previous.instant}}"], first), [null, "x"]);
  assert.deepEqual(fillPayload({ a: [1, true, null, "{{attempt}}"] }, EVENT), { a: [1, true, null, 3] });
});

test("what can't be filled in is told with its field, its position and the way out", () => {
  const fault = (payload: Json) => {
    const { field, position, suggestion } = payloadFault(payload) ?? assert.fail(JSON.stringify(payload));
    return [field, position, suggestion];
  };
  assert.deepEqual(fault("ab {{instnat}}"), ["payload", 3, "instant"]);
  assert.deepEqual(fault({ a: ["", "x {{instant:dat}}"] }), ["payload.a.1", 2, "date"]);
  assert.deepEqual(fault("{{attempt:iso}}"), ["payload", 0, "{{attempt}}"]);
  assert.deepEqual(fault("{{instant:unix@Europe/Paris}}"), ["payload", 0, "{{instant:unix}}"]);
  assert.deepEqual(fault("{{instant:date@Europe/Pariss}}").slice(0, 2), ["payload", 15]);
  assert.deepEqual(fault("x {{id"), ["payload", 2, undefined]);
  assert.deepEqual(fault({ "{{id}}": 1 }), ["payload", 0, undefined]);
  for (
    const text of [
      "{{}}",
      "{{constructor}}",
      "{{__proto__}}",
      "{{id.length}}",
      "{{instant:toString}}",
      "{{1+1}}",
      "{{#if}}",
    ]
  ) {
    assert.ok(payloadFault(text) !== undefined, text);
  }
  const full = Array.from({ length: PLACEHOLDERS_MAX }, () => "{{id}}");
  assert.equal(payloadFault(full), undefined);
  assert.ok(payloadFault([...full, "{{id}}"]) !== undefined);
});

test("a URN is filled in behind its host alone, percent-encoded, and a header with what it can hold", () => {
  const target = { urn: "http://x.test/{{task}}?d={{instant:date}}", headers: { "x-task": "{{task}} {{attempt}}" } };
  assert.deepEqual(fillTarget(target, EVENT), {
    urn: "http://x.test/a%2F%C3%A9?d=2026-11-30",
    headers: { "x-task": "a/%C3%A9 3" },
  });
  const parse = (urn: string) =>
    parseDefinition({ id: "t", schedule: "R/2026-01-01T00:00:00Z/PT1H", target: urn, template: true });
  assert.ok(!isFaults(parse("http://x.test/{{task}}")));
  for (const urn of ["http://{{task}}.test/", "http://x.test:{{attempt}}/", "http://x.test/{{nothing}}"]) {
    assert.ok(isFaults(parse(urn)), urn);
  }
});

test("a task that is a template fills in each attempt, one that is not sends its braces", async () => {
  const world = await new World("2026-05-01T12:00:00.500Z").start();
  world.answer = ({ delivery }) => delivery.attempt === 1 ? BROKEN : DELIVERED;
  const payload = { n: "{{attempt}}", id: "{{id}}", before: "{{previous.outcome}}" };
  const schedule = "R1/2026-05-01T12:00:01Z/PT1M";
  await world.add({ id: "t", schedule, payload, template: true, target: { urn: "http://target.test/{{attempt}}" } });
  await world.until("2026-05-01T12:02:00Z");
  const id = world.sent.map(({ delivery }) => delivery.id);
  assert.deepEqual(world.sent.map(({ delivery }) => [delivery.payload, delivery.target.urn]), [
    [{ n: 1, id: id[0], before: null }, "http://target.test/1"],
    [{ n: 2, id: id[0], before: null }, "http://target.test/2"],
    [{ n: 1, id: id[2], before: "delivered" }, "http://target.test/1"],
    [{ n: 2, id: id[2], before: "delivered" }, "http://target.test/2"],
  ]);
  await world.add({ id: "plain", schedule: "2026-05-01T12:03:00Z", payload });
  await world.command("t", { kind: "trigger", payload: "{{id}}" });
  await world.until("2026-05-01T12:03:00Z");
  assert.deepEqual(world.sent.slice(4).map(({ delivery }) => delivery.payload).at(-1), payload);
  assert.equal(world.sent[4]?.delivery.payload, "{{id}}");
});
