import assert from "node:assert/strict";
import { test } from "node:test";
import { INCARNATION_MAX, parseSwimMessage, SEQ_MAX } from "../../src/core/membership/swim-message.ts";
import type { SwimMessage } from "../../src/core/ownership/presence.ts";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import { instant } from "../../src/core/values/instant.ts";
import { chanceOf } from "../chance.ts";
import { newsOf } from "./members-world.ts";

/** Some of what is anybody's, and of one group. */
const SHARDS_TEXT = `${new ShardSet([0, 8]).text()}\n${"A".repeat(42)}E= {"match":{"site":"lyon"}}`;

const news = {
  ...newsOf("kitchen", instant(1_700_000_000_000)),
  labels: { site: "paris", "__proto__x": "" },
  shards: SHARDS_TEXT,
};
const rumors = [{ peer: "p1", state: "suspect", incarnation: 12 }] as const;
const probe = { kind: "probe", seq: 1, incarnation: 7, news, rumors } as const;

const MESSAGES: readonly SwimMessage[] = [
  probe,
  { ...probe, news: { ...news, digest: "" } },
  { kind: "ack", seq: SEQ_MAX, incarnation: INCARNATION_MAX, news, rumors: [] },
  { kind: "probe-for-me", seq: 0, target: "p".repeat(128), rumors },
  { kind: "probed", seq: 3, target: "p2", reached: false, incarnation: 0, rumors },
  { kind: "probed", seq: 3, target: "p2", reached: true, incarnation: 7, news, rumors },
  { kind: "rumors", rumors: Array.from({ length: 64 }, (_, n) => ({ peer: `p${n}`, state: "alive", incarnation: 1 })) },
];

test("every message comes through as it was, without what nobody knows", () => {
  for (const message of MESSAGES) {
    assert.deepEqual(parseSwimMessage(JSON.parse(JSON.stringify(message))), message);
    assert.deepEqual(
      parseSwimMessage({ ...message, more: 1, rumors: message.rumors.map((r) => ({ ...r, more: 1 })) }),
      message,
    );
  }
  assert.deepEqual(parseSwimMessage({ ...probe, news: { ...news, more: 1 } }), probe);
});

test("what is too long, out of range or of another type is no message", () => {
  const inNews = (change: { readonly [name: string]: unknown }) => ({ ...probe, news: { ...news, ...change } });
  const inRumor = (change: { readonly [name: string]: unknown }) => ({
    ...probe,
    rumors: [{ ...rumors[0], ...change }],
  });
  const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`l${n}`, ""]));
  assert.notEqual(
    parseSwimMessage(inNews({ labels: labels(64), name: "n".repeat(256) })),
    undefined,
  );
  const wrong: readonly unknown[] = [
    ...[undefined, null, 1, "probe", [], {}, { kind: "probe" }, { kind: "rumors" }, { ...probe, kind: "ping" }],
    ...[-1, 0.5, NaN, Infinity, SEQ_MAX + 1, "1", undefined].map((seq) => ({ ...probe, seq })),
    ...[0, -1, 1.5, INCARNATION_MAX + 1, NaN, "7", null].map((incarnation) => ({ ...probe, incarnation })),
    ...[undefined, null, {}, new Array(65).fill(rumors[0]), [null], [[]], ["p1"]].map((rumors) => ({
      ...probe,
      rumors,
    })),
    ...["", "p".repeat(129), "\ud800", 1, undefined].map((peer) => inRumor({ peer })),
    ...["gone", "", undefined, 1, "toString"].map((state) => inRumor({ state })),
    ...[0, INCARNATION_MAX + 1, "1"].map((incarnation) => inRumor({ incarnation })),
    { ...probe, news: undefined },
    ...["n".repeat(257), 1, "\udc00"].map((name) => inNews({ name })),
    ...[0.5, NaN, Infinity, 253_402_300_800_000, "0"].map((wall) => inNews({ wall })),
    ...[-1, NaN, Infinity, 1_000_001, "1"].map((weight) => inNews({ weight })),
    ...[null, [], labels(65), { a: 1 }, { a: "v".repeat(257) }, { ["n".repeat(64)]: "" }].map((labels) =>
      inNews({ labels })
    ),
    ...["v".repeat(65), 1].flatMap((text) =>
      ["version", "tzdata", "vector", "runs"].map((name) => inNews({ [name]: text }))
    ),
    ...["0".repeat(15), "0".repeat(17), "G".repeat(16)].map((digest) => inNews({ digest })),
    ...["A".repeat(684), "AAE=", "====", 1, `${SHARDS_TEXT}\n`, `${SHARDS_TEXT}\nAA {}`, `${SHARDS_TEXT}\n\ud800`].map((
      shards,
    ) => inNews({ shards })),
    ...[`${SHARDS_TEXT.split("\n")[0]}\n${"x".repeat(300_000)}`].map((shards) => inNews({ shards })),
    ...[-1, 0.5, 2 ** 53].map((shardsVersion) => inNews({ shardsVersion })),
    ...[-1, 2 ** 31, 0.5].map((format) => inNews({ format })),
    ...["draining", "fenced", "writable"].map((name) => inNews({ [name]: 1 })),
    { kind: "probe-for-me", seq: 0, target: "", rumors },
    { kind: "probed", seq: 3, target: "p2", reached: 1, incarnation: 0, rumors },
    { kind: "probed", seq: 3, target: "p2", reached: true, incarnation: -1, rumors },
  ];
  for (const value of wrong) assert.equal(parseSwimMessage(value), undefined, JSON.stringify(value)?.slice(0, 300));
});

test("no name of a label reaches what an object inherits", () => {
  const parsed = parseSwimMessage(JSON.parse(JSON.stringify(probe).replace('"site"', '"__proto__"')));
  assert.ok(parsed?.kind === "probe");
  assert.equal(Object.getPrototypeOf(parsed.news.labels), Object.prototype);
  assert.equal(Object.hasOwn(parsed.news.labels, "__proto__"), true);
});

test("twenty thousand damaged messages are messages or nothing, and none throws", () => {
  const odd: readonly unknown[] = [
    undefined,
    null,
    -1,
    1e308,
    NaN,
    "",
    "\ud800",
    [],
    {},
    [[]],
    true,
    "x".repeat(1_000),
  ];
  const chance = chanceOf(1);
  const pick = <T>(items: readonly T[]) => items[Math.floor(chance() * items.length)];
  const damage = (value: unknown): unknown => {
    if (chance() < 0.05) return pick(odd);
    if (Array.isArray(value)) return value.map(damage);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, damage(inner)]));
  };
  let kept = 0;
  for (let n = 0; n < 20_000; n++) {
    const parsed = parseSwimMessage(damage(pick(MESSAGES)));
    if (parsed === undefined) continue;
    kept++;
    assert.deepEqual(parseSwimMessage(parsed), parsed);
  }
  assert.ok(kept > 1_000);
});
