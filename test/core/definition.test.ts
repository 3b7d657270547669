import assert from "node:assert/strict";
import { test } from "node:test";
import { definition as shape } from "../../src/api/description/shapes.ts";
import {
  DEPTH_MAX,
  isFaults,
  mergePatch,
  type ParsedDefinition,
  parseDefinition,
  parseInstant,
} from "../../src/core/task/definition.ts";
import { nearest } from "../../src/core/values/faults.ts";

const SCHEDULE = "R/2026-01-01T00:00:00Z/PT1H";
const URN = "http://localhost:3000/tick";
const LEAST = { id: "a", schedule: SCHEDULE, target: URN };

function parsed(value: unknown, more: { readonly id?: string } = {}): ParsedDefinition {
  const result = parseDefinition(value, more);
  assert.ok(!isFaults(result), JSON.stringify(result));
  return result;
}

/** The fields that are wrong, in order. */
function wrong(value: unknown): readonly string[] {
  const result = parseDefinition(value);
  return isFaults(result) ? result.map(({ field }) => field) : [];
}

test("fills in the name and the empty parts, and nothing else", () => {
  assert.deepEqual(parsed(LEAST), {
    definition: { id: "a", name: "a", schedule: SCHEDULE, target: { urn: URN }, payload: null, policy: {}, labels: {} },
  });
});

test("keeps all that is written, as it is written", () => {
  const whole = {
    id: "backup/daily",
    name: "The daily backup",
    schedule: SCHEDULE,
    target: { urn: URN, method: "PUT", headers: { "x-site": "lyon" } },
    payload: { deep: [1, "two", { three: null }], "__proto__x": true },
    policy: {
      tolerance: "PT2M",
      misfire: "all",
      misfireWindow: "PT3H",
      overlap: "queue-one",
      retry: { limit: 0, base: "PT0.5S", factor: 1.5, cap: "PT1M", maxAge: "PT0S" },
      timeout: { connect: "PT1S", total: "PT10S" },
      delivery: "at-most-once",
      pauseAfterFailures: 3,
      removeWhenDone: true,
    },
    labels: { site: "lyon", "a.b/c-d_e": "" },
  };
  const state = { paused: true, note: "moving house", until: "2026-12-24T18:00:00+01:00" };
  assert.deepEqual(parsed({ ...whole, state }), {
    definition: whole,
    state: { paused: true, note: "moving house", until: Date.UTC(2026, 11, 24, 17) },
  });
});

test("gives a definition without an id the one it is told, and only that one", () => {
  const { id: _, ...nameless } = LEAST;
  assert.equal(parsed(nameless, { id: "given" }).definition.id, "given");
  assert.equal(parsed(LEAST, { id: "given" }).definition.id, "a");
  assert.deepEqual(wrong(nameless), ["id"]);
  assert.deepEqual(wrong({ ...LEAST, id: null }), ["id"]);
});

test("names every fault at once, with the field and the way out", () => {
  const faults = parseDefinition({
    id: "two words",
    nmae: "x",
    schedule: 5,
    policy: { overlap: "queue", retry: { limit: 21, bas: "PT1S" }, tolerance: "P1M" },
    labels: { "no space": 1 },
    state: { paused: "yes" },
    next: null,
  });
  assert.ok(isFaults(faults));
  assert.deepEqual(faults.map(({ field }) => field), [
    "nmae",
    "next",
    "id",
    "schedule",
    "target",
    "policy.tolerance",
    "policy.overlap",
    "policy.retry.bas",
    "policy.retry.limit",
    "labels.no space",
    "labels.no space",
    "state.paused",
  ]);
  const suggestions = Object.fromEntries(faults.map(({ field, suggestion }) => [field, suggestion]));
  assert.equal(suggestions["nmae"], "name");
  assert.equal(suggestions["policy.retry.bas"], "base");
  assert.equal(suggestions["policy.overlap"], "queue-one");
  assert.equal(suggestions["id"], "two-words");
  for (const { message } of faults) assert.match(message, /[.…/-]$/, message);
});

test("names at most 32 faults, however many there are", () => {
  const labels = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`label ${i}`, 1]));
  assert.equal(wrong({ ...LEAST, labels }).length, 32);
});

/** What one and the other must take or refuse alike: [the part of the definition, whether it is taken]. */
const EDGES: readonly (readonly [unknown, boolean])[] = [
  [{}, true],
  [{ id: "x".repeat(256) }, true],
  [{ id: "x".repeat(257) }, false],
  [{ id: "" }, false],
  [{ id: 5 }, false],
  [{ id: null }, false],
  [{ id: "a b" }, false],
  [{ id: "a\u0000" }, false],
  [{ id: "a\u00a0b" }, false],
  [{ id: "." }, false],
  [{ id: ".." }, false],
  [{ id: "..." }, true],
  [{ id: "a/b%?#" }, true],
  [{ id: "Überprüfung-☃-𝒳" }, true],
  [{ id: "half\ud800" }, false],
  [{ name: "" }, false],
  [{ name: "x".repeat(256) }, true],
  [{ name: "x".repeat(257) }, false],
  [{ name: null }, false],
  [{ schedule: "R/2026-01-01T00:00:00Z" }, false],
  [{ schedule: null }, false],
  [{ schedule: ["R/2026-01-01T00:00:00Z/PT1H"] }, false],
  [{ target: "" }, false],
  [{ target: "gopher://x" }, false],
  [{ target: { urn: URN } }, true],
  [{ target: { urn: URN, method: "FETCH" } }, false],
  [{ target: { urn: URN, more: 1 } }, false],
  [{ target: { urn: `http://localhost/${"x".repeat(2_048)}` } }, false],
  [{ payload: undefined }, true],
  [{ payload: null }, true],
  [{ payload: nested(DEPTH_MAX) }, true],
  [{ payload: nested(DEPTH_MAX + 1) }, false],
  [{ payload: "x".repeat(256 * 1024 - 2) }, true],
  [{ payload: "x".repeat(256 * 1024 - 1) }, false],
  [{ payload: "\u0000".repeat(43_690) }, true],
  [{ payload: "\u0000".repeat(43_691) }, false],
  [{ payload: "é".repeat(131_071) }, true],
  [{ payload: "é".repeat(131_072) }, false],
  [{ policy: null }, false],
  [{ policy: [] }, false],
  [{ policy: { tolerance: "PT0S" } }, true],
  [{ policy: { tolerance: "P366D" } }, true],
  [{ policy: { tolerance: "P367D" } }, false],
  [{ policy: { tolerance: "P1M" } }, false],
  [{ policy: { tolerance: "P1Y" } }, false],
  [{ policy: { tolerance: "1m" } }, false],
  [{ policy: { tolerance: 60 } }, false],
  [{ policy: { misfire: "first" } }, false],
  [{ policy: { misfireWindow: "P1D" } }, true],
  [{ policy: { overlap: "cancel-previous" } }, true],
  [{ policy: { overlap: "" } }, false],
  [{ policy: { retry: {} } }, true],
  [{ policy: { retry: null } }, false],
  [{ policy: { retry: { limit: 20 } } }, true],
  [{ policy: { retry: { limit: 21 } } }, false],
  [{ policy: { retry: { limit: -1 } } }, false],
  [{ policy: { retry: { limit: 1.5 } } }, false],
  [{ policy: { retry: { limit: "5" } } }, false],
  [{ policy: { retry: { base: "PT0S" } } }, false],
  [{ policy: { retry: { factor: 1 } } }, true],
  [{ policy: { retry: { factor: 10 } } }, true],
  [{ policy: { retry: { factor: 10.1 } } }, false],
  [{ policy: { retry: { factor: 0.9 } } }, false],
  [{ policy: { timeout: { connect: "PT0S" } } }, false],
  [{ policy: { timeout: { total: "PT24H" } } }, true],
  [{ policy: { timeout: { total: "PT24H1S" } } }, false],
  [{ policy: { timeout: { totl: "PT1S" } } }, false],
  [{ policy: { delivery: "exactly-once" } }, false],
  [{ policy: { pauseAfterFailures: 1 } }, true],
  [{ policy: { pauseAfterFailures: 1_000 } }, true],
  [{ policy: { pauseAfterFailures: 0 } }, false],
  [{ policy: { pauseAfterFailures: 1_001 } }, false],
  [{ policy: { removeWhenDone: 1 } }, false],
  [{ labels: { a: "x".repeat(256) } }, true],
  [{ labels: { a: "x".repeat(257) } }, false],
  [{ labels: { a: 1 } }, false],
  [{ labels: { "": "x" } }, false],
  [{ labels: { ["x".repeat(63)]: "" } }, true],
  [{ labels: { ["x".repeat(64)]: "" } }, false],
  [{ labels: { "ä": "" } }, false],
  [{ labels: [] }, false],
  [{ labels: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`l${i}`, ""])) }, true],
  [{ labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, ""])) }, false],
  [{ state: { paused: false } }, true],
  [{ state: { paused: true } }, true],
  [{ state: { paused: true, note: "" } }, true],
  [{ state: { paused: true, note: "x".repeat(1_025) } }, false],
  [{ state: { paused: true, until: "2026-12-24T18:00:00Z" } }, true],
  [{ state: { paused: true, until: "2026-12-24" } }, false],
  [{ state: { paused: true, until: 0 } }, false],
  [{ state: { paused: false, note: "x" } }, false],
  [{ state: {} }, false],
  [{ state: null }, false],
  [{ colour: "red" }, false],
  [{ guid: "0" }, false],
];

test("takes and refuses at the edges, and the declared shape does the same", () => {
  for (const [part, isTaken] of EDGES) {
    const value = { ...LEAST, ...part as object };
    const shown = JSON.stringify(part)?.slice(0, 100);
    assert.equal(!isFaults(parseDefinition(value)), isTaken, `the parser: ${shown}`);
    assert.equal(shape.safeParse(value).success, isTaken, `the shape: ${shown}`);
  }
  for (const value of [null, 5, "x", [], [LEAST], {}, { id: "a" }, { ...LEAST, target: undefined }]) {
    assert.ok(isFaults(parseDefinition(value)));
    assert.equal(shape.safeParse(value).success, false);
  }
});

test("reads instants as RFC 3339 writes them", () => {
  const cases: readonly (readonly [unknown, number | undefined])[] = [
    ["2026-12-01T09:00:00Z", Date.UTC(2026, 11, 1, 9)],
    ["2026-12-01t09:00:00.5z", Date.UTC(2026, 11, 1, 9, 0, 0, 500)],
    ["2026-12-01T09:00:00.123456789+05:30", Date.UTC(2026, 11, 1, 3, 30, 0, 123)],
    ["2026-12-01T09:00:00-00:30", Date.UTC(2026, 11, 1, 9, 30)],
    ["0000-01-01T00:00:00Z", -62_167_219_200_000],
    ["0000-01-01T00:00:00+00:01", undefined],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
    ["9999-12-31T23:59:59.999-00:01", undefined],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2026-02-29T00:00:00Z", undefined],
    ["2026-13-01T00:00:00Z", undefined],
    ["2026-12-01T24:00:00Z", undefined],
    ["2026-12-01T23:59:60Z", undefined],
    ["2026-12-01T09:00:00", undefined],
    ["2026-12-01T09:00Z", undefined],
    ["2026-12-01 09:00:00Z", undefined],
    [" 2026-12-01T09:00:00Z", undefined],
    [1_764_579_600_000, undefined],
    [undefined, undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseInstant(text), expected, String(text));
});

test("merges a patch as RFC 7396, appendix A, has it", () => {
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [["a", "b"], ["c", "d"], ["c", "d"]],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, expected] of cases) assert.deepEqual(mergePatch(target, patch), expected);
});

test("a patch can't reach a prototype", () => {
  const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'));
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  assert.deepEqual(Object.keys(merged as object), ["__proto__"]);
});

test("finds the word that was meant, and none where none is near", () => {
  const known = ["schedule", "target", "payload"];
  assert.equal(nearest("schedul", known), "schedule");
  assert.equal(nearest("Target", known), "target");
  assert.equal(nearest("xyz", known), undefined);
  assert.equal(nearest("x".repeat(100_000), known), undefined);
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}
