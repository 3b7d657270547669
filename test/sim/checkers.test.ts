// The checkers are worth what they see: each is shown a world that was broken on purpose.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import type { Broadcast, PeerMessage } from "../../src/core/protocol/message.ts";
import type { Entity, Register } from "../../src/core/register/register.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { excessOf, excuseOf } from "../../src/sim/check-deliveries.ts";
import { VectorCheck } from "../../src/sim/check-vectors.ts";
import { check } from "../../src/sim/check.ts";
import { History, type Trouble } from "../../src/sim/history.ts";
import { planOf } from "../../src/sim/plan-draw.ts";
import { type Plan, START } from "../../src/sim/plan.ts";
import { simulate } from "../../src/sim/simulate.ts";
import type { Sent } from "../../src/sim/targets.ts";
import type { Violation } from "../../src/sim/violation.ts";
import { Wire } from "../../src/sim/wired.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

/** A calm world of three, whose targets always answer and whose users make each task once, and one of them late. */
const CALM: Plan = (() => {
  const plan = planOf({ seed: 1, peers: 3, minutes: 3, tasks: 20 });
  const makes = plan.users.flatMap((action) =>
    action.kind === "put" && action.at === 6_000 ? [{ ...action, policy: {} }] : []
  );
  const users = [...makes, ...makes.slice(0, 1).map((make) => ({ ...make, task: "late", at: 50_000 }))];
  return { ...plan, users, faults: [], kind: { ...plan.kind, failures: 0, hangs: 0 } };
})();

/** Until then all is well: a peer that never heard of the others fires nothing. */
const BROKEN_AT = START + 30_000;

async function found(
  sabotage: (message: PeerMessage | Broadcast) => boolean,
): Promise<ReadonlySet<Violation["promise"]>> {
  const { violations } = await simulate(CALM, {
    keyValue: memoryKeyValue,
    sabotage: (message, now) => now > BROKEN_AT && sabotage(message),
  });
  return new Set(violations.map(({ promise }) => promise));
}

test("in a calm world nothing is found", async () => {
  assert.deepEqual(await found(() => false), new Set());
});

test("peers that tell each other no entity do not agree, and it is seen", async () => {
  const promises = await found((message) =>
    message.kind === "entities" ||
    (message.kind === "answer" && (message.answer.kind === "entities" || message.answer.kind === "leaves"))
  );
  assert.ok(promises.has("convergence"));
  assert.ok(promises.has("G6"));
});

test("peers that tell each other no run do not agree on outcomes, and it is seen", async () => {
  const promises = await found((message) =>
    message.kind === "carries" ||
    (message.kind === "answer" && (message.answer.kind === "carries" || message.answer.kind === "results"))
  );
  assert.ok(promises.has("G5"));
});

/** What peers say of themselves and of each other. */
const SWIM: readonly string[] = ["probe", "ack", "probe-for-me", "probed", "rumors"];

test("peers that hear no probe take each other for dead and fire twice, and it is seen", async () => {
  const promises = await found((message) => SWIM.includes(message.kind));
  assert.ok(promises.has("G4"), [...promises].join());
});

test("a message that the other end does not understand is seen, and who said it", async () => {
  const { violations } = await simulate({ ...CALM, minutes: 1 }, {
    keyValue: memoryKeyValue,
    sabotage: (message, now) => {
      if (now > BROKEN_AT && message.kind === "ack") Object.assign(message, { incarnation: -1 });
      return false;
    },
  });
  const [first] = violations;
  assert.equal(first?.promise, "wire");
  assert.match(first.text, /^peer-\d says to peer-\d \{"kind":"ack",.*: the parser does not take it$/);
});

test("a message of which the other end loses a part is seen, and one that is no plain value", () => {
  const shards = new ShardSet([1]).text();
  const released: PeerMessage = { kind: "released", shards, version: 1, seq: 2 };
  assert.deepEqual(new Wire().pass(released), { kind: "heard", message: released });
  const [more, infinite] = [{ ...released, more: 1 }, { ...released, version: Infinity }];
  const whys = [more, infinite].map((message) => {
    const wired = new Wire().pass(message);
    return wired.kind === "garbled" ? wired.why : wired.message;
  });
  assert.deepEqual(whys, [
    `the parser makes of it ${JSON.stringify(released)}`,
    "a message holds the number Infinity",
  ]);
});

test("a vector that covers a write which its peer does not hold is seen, and what superseded that write is no gap", () => {
  const [old, next] = [makeStamp(1, 0, 1), makeStamp(2, 0, 2)];
  const guid = taskGuid("ada", "t");
  const entityOf = (register: Register): Entity => ({ kind: "task", key: guid, registers: { meta: register } });
  const meta = (name: string) => ({ id: "t", name });
  const told = (mine: Entity | undefined) => {
    const history = new History();
    const check = new VectorCheck(history);
    history.versions.set("a", new Map([[guid, [{ at: 1, entity: entityOf({ value: meta("one"), stamp: old }) }]]]));
    history.versions.set("b", new Map(mine === undefined ? [] : [[guid, [{ at: 2, entity: mine }]]]));
    check.durable(3, "b", { tasks: mine === undefined ? [] : [guid], vector: [old] });
    return check.violations.map(({ promise, text, task }) => `${promise} ${task}: ${text.split(":")[0]}`);
  };
  assert.deepEqual(told(undefined), ["convergence t: b has a vector that covers what it does not hold"]);
  assert.deepEqual(told(entityOf({ value: meta("one"), stamp: old })), []);
  assert.deepEqual(told(entityOf({ value: meta("two"), stamp: next, previous: old })), []);
});

test("a log of deliveries that was tampered with is seen", async () => {
  const { world, violations } = await simulate(CALM, { keyValue: memoryKeyValue });
  assert.deepEqual(violations, []);
  const { sent } = world.targets;
  const [first, second, third] = [sent[5], sent[8], sent[11]];
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const promisesWith = async (log: readonly Sent[]) => {
    const whole = sent.splice(0, sent.length, ...log);
    const promises = [...new Set((await check(world)).map(({ promise }) => promise))];
    sent.splice(0, sent.length, ...whole);
    return promises;
  };
  const altered = (change: Partial<Sent>) => sent.map((each) => each === first ? { ...each, ...change } : each);
  assert.deepEqual(await promisesWith(altered({ localAt: first.instant - 1 })), ["G1"]);
  assert.deepEqual(await promisesWith(sent.filter(({ id }) => id !== first.id)), ["G2"]);
  assert.ok((await promisesWith(altered({ id: second.id }))).includes("G3"));
  assert.deepEqual(await promisesWith([...sent, { ...third, at: third.at + 500, peer: "peer-9" }]), ["G4"]);
});

test("attempts are told from retries", () => {
  const sent = (peer: string, attempt: number, at: number, answer?: Sent["answer"]): Sent => ({
    ...{ at, localAt: at, peer, attempt, id: "0" as Sent["id"], task: "t", instant: 0 },
    ...(answer === undefined ? {} : { answer, answeredAt: at + 1 }),
  });
  assert.equal(excessOf([sent("a", 1, 0, "failed"), sent("a", 2, 10, "failed"), sent("b", 3, 20, "delivered")]), 0);
  assert.equal(excessOf([sent("a", 1, 0, "delivered"), sent("a", 2, 10, "delivered")]), 1);
  assert.equal(excessOf([sent("a", 1, 0), sent("b", 1, 5, "failed"), sent("b", 2, 9, "delivered")]), 1);
  const twoSides = [sent("a", 1, 0, "failed"), sent("b", 1, 1, "failed"), sent("a", 2, 5, "delivered")];
  assert.equal(excessOf([...twoSides, sent("c", 2, 9, "delivered")]), 1, "one side has handed its retry over");
  assert.equal(excessOf([...twoSides, sent("c", 2, 9, "delivered"), sent("b", 2, 10, "delivered")]), 2);
});

test("cuts of one time excuse a delivery for each side that they make, and no more", () => {
  const cut = (from: number, to: number, sides: readonly number[]): Trouble => {
    const fault = { kind: "partition", at: from, ms: to - from, sides } as const;
    return { fault, from, to, weight: new Set(sides).size - 1 };
  };
  const first = cut(0, 60_000, [0, 1, 1, 0, 1]);
  assert.equal(excuseOf([first], 1_000, 2_000), 1);
  assert.equal(excuseOf([first, cut(30_000, 40_000, [1, 0, 1, 0, 0])], 31_000, 33_000), 3, "each of the four sides");
  assert.equal(excuseOf([first, cut(30_000, 40_000, [1, 0, 0, 1, 0])], 31_000, 33_000), 2, "the same sides twice");
  assert.equal(excuseOf([first, cut(80_000, 90_000, [1, 0, 1, 0, 0])], 59_000, 81_000), 2, "one after the other");
});
