// An attempt of what holds in a partition is given to one peer: the rule of a voter, and who makes a majority.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Electorate } from "../../src/core/membership/electorate.ts";
import { type Ballot, refusalOf, type Vote } from "../../src/core/protocol/vote.ts";
import { occurrenceId } from "../../src/core/task/occurrence.ts";
import type { Run } from "../../src/core/task/run.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";

const guid = taskGuid("ada", "t1");
const at = instant(Date.parse("2026-06-01T00:00:00Z"));
const id = occurrenceId(guid, at);
const ballot: Ballot = { guid, id, n: 1, round: 0, at };

function asked(changes: Partial<Ballot>, known?: Run, vote?: Vote, yields = false) {
  const voter = { asker: "a", self: "v", known, vote, yields: () => yields };
  return refusalOf({ ...ballot, ...changes }, voter);
}

const run: Run = { id, guid, task: "t1", user: "ada" as Run["user"], instant: at, state: "due", attempts: [] };
const tried: Run = { ...run, state: "retrying", retryAt: at, attempts: [{ n: 1, startedAt: at, peer: "b" }] };
const ended: Run = { ...tried, state: "settled", outcome: "failed" };

test("a voter gives an attempt to the first who asks, and again to the same", () => {
  const vote = (peer: string, n = 1): Vote => ({ id, n, peer, at });
  assert.equal(asked({}), undefined);
  assert.equal(asked({}, run), undefined);
  assert.equal(asked({}, run, vote("a")), undefined);
  assert.deepEqual(asked({}, run, vote("b")), { id, peer: "b", at });
  assert.equal(asked({ over: ["b"] }, run, vote("b")), undefined, "b votes for a");
  assert.equal(asked({ n: 2 }, tried, vote("b")), undefined, "the next attempt is another one");
  assert.deepEqual(asked({}, run, vote("a", 2)), { id }, "late news of one that is over");
});

test("a voter gives no attempt of a run that it knows to be further", () => {
  assert.deepEqual(asked({}, tried), { id });
  assert.equal(asked({ n: 2 }, tried), undefined);
  assert.deepEqual(asked({ n: 2 }, ended), { id });
  assert.equal(asked({ n: 2, round: 1 }, ended), undefined, "it is driven again");
  assert.deepEqual(asked({ n: 2 }, { ...tried, redriven: { times: 1, at, after: 1 } }), { id });
});

test("a voter that has asked itself gives the attempt away only when it does not make it", () => {
  const own: Vote = { id, n: 1, peer: "v", at };
  assert.deepEqual(asked({}, run, own), { id, peer: "v", at });
  assert.equal(asked({}, run, own, true), undefined);
});

const member = (peer: string, admittedAt: number) => ({ peer, admittedAt: instant(admittedAt) });
const FIVE = ["a", "b", "c", "d", "e"].map((peer) => member(peer, at - 600_000));

test("two that a smaller side admits do not make it the majority", () => {
  const newcomers = [member("f", at + 1_000), member("g", at + 2_000)];
  const seven = [...FIVE, ...newcomers];
  const small = new Set(["a", "b", "f", "g"]);
  const later = instant(at + 60_000);
  const a = new Electorate("a", FIVE, undefined);
  assert.ok(a.isWon(new Set(["a", "b", "c"]), later));
  a.take("a", seven);
  assert.ok(!a.isWon(small, later), "by the list of before the cut");
  for (const voter of small) a.known(voter, instant(at + 30_000));
  assert.ok(!a.isWon(small, later), "the majority of before has not voted by the new list");
  const again = new Electorate("a", seven, a.takeUnkept());
  assert.equal(a.takeUnkept(), undefined, "it is kept");
  assert.ok(!again.isWon(small, later), "nor when this peer has started again inside the cut");
  assert.ok(again.isWon(new Set(["a", "b", "c", "f"]), later));
  assert.ok(!new Electorate("g", seven, undefined).isWon(small, later), "nor by a newcomer's");
  a.known("c", instant(at + 30_000));
  assert.ok(a.isWon(small, later));
  assert.ok(!a.isWon(small, at), "what was due before is given by those of before too");
});

test("who leaves a mesh, or is alone in one, has no vote in it", () => {
  const e = new Electorate("a", FIVE, undefined);
  e.take("a", FIVE.slice(0, 3));
  assert.deepEqual(e.members, ["a", "b", "c"]);
  assert.ok(e.isWon(new Set(["a", "b"]), at));
  assert.ok(new Electorate("a", [], undefined).isWon(new Set(["a"]), at));
  assert.notEqual(new Electorate("a", FIVE, undefined).name, e.name);
});
