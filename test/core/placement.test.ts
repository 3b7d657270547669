import assert from "node:assert/strict";
import { test } from "node:test";
import { isFaults, parseDefinition } from "../../src/core/task/definition.ts";
import { groupOf, parseGroup, weightInGroup } from "../../src/core/task/peer-group.ts";
import { type Placed, type Placement, placementWords } from "../../src/core/task/placement.ts";
import type { Policy } from "../../src/core/task/task.ts";

const LYON: Placed = { peer: "peer-l", name: "till-3", labels: { site: "lyon", arch: "arm64" } };
const NICE: Placed = { peer: "peer-n", name: "office", labels: { site: "nice", arch: "x64" } };

/** By how much the weights of the two are multiplied. */
function weights(placement: Placement, partition: Policy["partition"] = "fire"): readonly number[] {
  const group = groupOf({ placement, partition });
  assert.ok(group);
  return [LYON, NICE].map((peer) => weightInGroup(group, peer));
}

test("a peer matches when each label says what is wanted, or one of what is", () => {
  const cases: readonly (readonly [Placement, readonly number[]])[] = [
    [{ match: { site: "lyon" } }, [1, 0]],
    [{ match: { site: ["nice", "lyon"] } }, [1, 1]],
    [{ match: { site: "lyon", arch: "x64" } }, [0, 0]],
    [{ match: { floor: "3" } }, [0, 0]],
    [{ match: { name: "office" } }, [0, 1]],
    [{ match: { peer: "peer-l" } }, [1, 0]],
  ];
  for (const [placement, expected] of cases) assert.deepEqual(weights(placement), expected, JSON.stringify(placement));
});

test("a peer's own label goes before its name and its id", () => {
  const named: Placed = { ...LYON, labels: { name: "x", peer: "y" } };
  const group = groupOf({ placement: { match: { name: "x", peer: "y" } } });
  assert.ok(group);
  assert.equal(weightInGroup(group, named), 1);
});

test("the first weight that a peer matches counts, 0 takes it out, and only at home does the rest", () => {
  const lyon = { match: { site: "lyon" }, weight: 3 };
  assert.deepEqual(weights({ weights: [lyon] }), [3, 1]);
  assert.deepEqual(weights({ weights: [lyon] }, "home"), [3, 0]);
  assert.deepEqual(weights({ weights: [lyon, { match: { site: ["lyon", "nice"] }, weight: 0 }] }), [3, 0]);
  assert.deepEqual(weights({ match: { arch: "x64" }, weights: [lyon] }), [0, 1]);
  assert.deepEqual(weights({ match: { arch: "x64" }, weights: [lyon] }, "home"), [0, 1]);
});

test("two placements that say the same are one group, and its text says it to others", () => {
  const one = groupOf({ placement: { match: { b: ["y", "x", "y"], a: "1" } } });
  const other = groupOf({ placement: { match: { a: ["1"], b: ["x", "y"] } }, partition: "home" });
  assert.ok(one && other);
  assert.equal(one.id, other.id);
  assert.deepEqual(parseGroup(one.text), one);
  assert.notEqual(groupOf({ placement: { match: { a: "1" } } })?.id, one.id);
  const weighted = { weights: [{ match: { a: "1" }, weight: 2 }] };
  assert.notEqual(groupOf({ placement: weighted })?.id, groupOf({ placement: weighted, partition: "home" })?.id);
});

test("a text that is no group's is none, and a placement that can't be read is nobody's", () => {
  const wrong = ["", "{", "5", "{}", '{"match":5}', '{"match":{}}', '{"weights":5}', '{"match":{"a":"1"}, "x":1}'];
  for (const text of wrong) assert.equal(parseGroup(text)?.placement.weights, undefined, text);
  assert.deepEqual(wrong.map((text) => parseGroup(text)), wrong.map(() => undefined));
  const unread = { match: { site: { from: "a newer version" } } } as unknown as Placement;
  assert.deepEqual(weights(unread), [0, 0]);
});

test("a placement in words", () => {
  const placement = {
    match: { site: "lyon", arch: ["arm64", "x64"] },
    weights: [{ match: { disk: "ssd" }, weight: 3 }],
  };
  assert.equal(placementWords(placement), "site=lyon, arch=arm64 or x64; weights 3 for disk=ssd");
});

test("what is wrong with a placement is told with its field and the way out", () => {
  const lyon = { site: "lyon" };
  const cases: readonly (readonly [unknown, string, RegExp])[] = [
    ["lyon", "policy.placement", /is an object with "match" or "weights", not a string/],
    [{}, "policy.placement", /has "match" or "weights"/],
    [{ match: {} }, "policy.placement.match", /names 1 to 16 labels; these are 0/],
    [{ match: { "a b": "x" } }, "policy.placement.match", /name of a label/],
    [{ match: { site: 5 } }, "policy.placement.match.site", /matched by a text/],
    [{ match: { site: [] } }, "policy.placement.match.site", /1 to 32 of them/],
    [{ mtach: lyon }, "policy.placement.mtach", /known are match, weights/],
    [{ weights: [] }, "policy.placement.weights", /a list of 1 to 16 weights/],
    [
      { weights: [{ match: lyon, weight: -1 }] },
      "policy.placement.weights.0.weight",
      /from 0 \(never\) to 1000, not -1/,
    ],
    [{ weights: [{ weight: 1 }] }, "policy.placement.weights.0.match", /an object of labels/],
    [{ match: { site: Array(32).fill("x".repeat(200)) } }, "policy.placement", /at most 1024 characters of JSON/],
  ];
  for (const [placement, field, message] of cases) {
    const [first] = faultsOf({ placement });
    assert.equal(first?.field, field, JSON.stringify(placement));
    assert.match(first?.message ?? "", message);
  }
});

test("home needs a placement", () => {
  assert.deepEqual(faultsOf({ partition: "home" }).map(({ field, suggestion }) => [field, suggestion]), [
    ["policy.placement", '{"match":{"site":"lyon"}}'],
  ]);
  assert.deepEqual(faultsOf({ partition: "home", placement: { match: { site: "lyon" } } }), []);
});

function faultsOf(policy: unknown) {
  const parsed = parseDefinition({ id: "t", schedule: "0 9 * * *", target: "http://a.test/", policy });
  return isFaults(parsed) ? parsed : [];
}
