// The voter's half: what it has given to whom outlives it, and what it had asked for itself ends with it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Voting } from "../../src/core/hold/voting.ts";
import type { Refusal, Vote } from "../../src/core/protocol/vote.ts";
import type { Write } from "../../src/core/protocol/write.ts";
import { occurrenceId } from "../../src/core/task/occurrence.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";

const AT = instant(Date.parse("2026-06-01T00:00:00Z"));
const guid = taskGuid("ada", "t");
const id = occurrenceId(guid, AT);

/** Voter v, and what of it survives a fall. */
class Voter {
  votes: readonly Vote[] = [];
  #voting = this.#start(1);

  fallAndStart(): void {
    this.#voting = this.#start(2);
  }

  poll(asker: string): readonly Refusal[] | undefined {
    let told: readonly Refusal[] | undefined;
    this.#voting.poll(asker, [{ guid, id, n: 1, round: 0, at: AT }], (refusals) => told = refusals);
    return told;
  }

  #start(life: number): Voting {
    const voting: Voting = new Voting({
      self: "v",
      life,
      query: (_query, onAnswer) => onAnswer({ kind: "votes", votes: [this.votes] }),
      recall: (_ids, tell) => tell(() => undefined),
      persist: (writes: readonly Write[]) => {
        for (const write of writes) {
          if (write.kind !== "votes") continue;
          this.votes = write.votes;
          voting.kept(write);
        }
      },
      // It makes what it has asked for.
      yields: () => false,
    });
    return voting;
  }
}

test("what a voter had asked for when it fell is another's once it has started again", () => {
  const voter = new Voter();
  assert.deepEqual(voter.poll("v"), []);
  assert.deepEqual(voter.poll("a"), [{ id, peer: "v", at: AT }]);
  voter.fallAndStart();
  assert.deepEqual(voter.poll("a"), []);
  assert.deepEqual(voter.poll("v"), [{ id, peer: "a", at: AT }], "nor does it make that itself any more");
});

test("what a voter has given to another stays that one's when it starts again, and so does what it asks for anew", () => {
  const voter = new Voter();
  assert.deepEqual(voter.poll("b"), []);
  voter.fallAndStart();
  assert.deepEqual(voter.poll("a"), [{ id, peer: "b", at: AT }]);
  const other = new Voter();
  other.poll("v");
  other.fallAndStart();
  assert.deepEqual(other.poll("v"), [], "its own again");
  assert.deepEqual(other.poll("a"), [{ id, peer: "v", at: AT }]);
});
