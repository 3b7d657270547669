// Asking for attempts that are to be made once: when one is this peer's, when it is not now, and when nobody can tell.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ballots, type Verdict } from "../../src/core/hold/ballots.ts";
import type { OnPolled } from "../../src/core/hold/voting.ts";
import { Electorate } from "../../src/core/membership/electorate.ts";
import type { Ballot, Refusal } from "../../src/core/protocol/vote.ts";
import { occurrenceId } from "../../src/core/task/occurrence.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";

const START = Date.parse("2026-06-01T00:00:00Z");
const guid = taskGuid("ada", "t");
const id = occurrenceId(guid, instant(START));
const KNOWN_MS = 15_000;

/** Peer a of three, whose questions are answered by hand. */
class Asker {
  readonly asked: { readonly voter: string; readonly ballot: Ballot; readonly answer: OnPolled }[] = [];
  readonly verdicts: Verdict[] = [];
  readonly synced: string[] = [];
  readonly ballots: Ballots;
  hasLease = true;
  #now = START;

  constructor() {
    const now = () => this.#now as Instant;
    const members = ["a", "b", "c"].map((peer) => ({ peer, admittedAt: instant(START - 600_000) }));
    this.ballots = new Ballots({
      self: "a",
      now,
      wall: now,
      electorate: new Electorate("a", members, undefined),
      isAlive: () => true,
      hasLease: () => this.hasLease,
      ask: (voter, [ballot], answer) => void (ballot && this.asked.push({ voter, ballot, answer })),
      sync: (peer) => void this.synced.push(peer),
      tell: (_ballot, verdict) => void this.verdicts.push(verdict),
    });
    this.ballots.add({ guid, id, n: 1, round: 0, at: now() }, now(), 7, KNOWN_MS);
    this.ballots.flush();
  }

  /** The voter answers the first question that is open; without a refusal it votes. */
  hear(voter: string, refusal?: Omit<Refusal, "id">): Ballot {
    const at = this.asked.findIndex((each) => each.voter === voter);
    const [asked] = this.asked.splice(at, 1);
    assert.ok(at >= 0 && asked !== undefined, `${voter} was not asked`);
    asked.answer(refusal === undefined ? [] : [{ id, ...refusal }]);
    return asked.ballot;
  }

  wait(ms: number): void {
    this.#now += ms;
    this.ballots.wake();
  }
}

test("an attempt is this peer's when a majority has voted for it, its own vote among them", () => {
  const asker = new Asker();
  assert.deepEqual(asker.asked.map(({ voter }) => voter), ["a", "b", "c"]);
  asker.hear("b");
  asker.hear("c");
  assert.deepEqual(asker.verdicts, []);
  asker.hear("a");
  assert.deepEqual(asker.verdicts, [{ kind: "elected" }]);
  assert.ok(!asker.ballots.yields({ guid, id, n: 1, round: 0, at: instant(START) }), "it makes the attempt");
});

test("without the lease it gives the attempt up, and others may have it", () => {
  const asker = new Asker();
  const ballot = asker.hear("a");
  assert.ok(!asker.ballots.yields(ballot));
  asker.hasLease = false;
  asker.wait(1_000);
  assert.deepEqual(asker.verdicts, [{ kind: "lapsed" }]);
  assert.ok(asker.ballots.yields(ballot));
  asker.hear("b");
  assert.equal(asker.verdicts.length, 1, "votes that come late count for nothing");
});

test("who votes for it has given up its own asking, and whoever had voted for that one is told so", () => {
  const asker = new Asker();
  asker.hear("c", { peer: "b", at: instant(START) });
  asker.hear("b");
  assert.deepEqual(asker.hear("c").over, ["b"]);
  asker.hear("a");
  assert.deepEqual(asker.verdicts, [{ kind: "elected" }]);
});

test("an attempt that another peer may have made is waited for until it must be over, and then nobody's", () => {
  const asker = new Asker();
  asker.hear("a");
  asker.hear("b", { peer: "x", at: instant(START) });
  asker.wait(KNOWN_MS - 1);
  assert.deepEqual(asker.verdicts, []);
  asker.hear("b", { peer: "x", at: instant(START) });
  asker.wait(1_000);
  assert.deepEqual(asker.verdicts, [{ kind: "unknown", peer: "x" }]);
});

test("who knows the run further is synced with", () => {
  const asker = new Asker();
  asker.hear("b", {});
  asker.wait(1_000);
  assert.deepEqual(asker.synced, ["b"]);
});
