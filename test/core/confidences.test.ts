import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerMessage } from "../../src/core/protocol/message.ts";
import { DigestTree } from "../../src/core/register/digest.ts";
import { RunVector, VersionVector } from "../../src/core/register/vector.ts";
import { confidantOf, Confidences } from "../../src/core/replication/confidences.ts";
import { Outbox } from "../../src/core/replication/outbox.ts";
import { Replication } from "../../src/core/replication/replication.ts";
import type { Carry, CarryPage } from "../../src/core/task/carry.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";

const START = 1_700_000_000_000;

const carryOf = (seq: number, guid = taskGuid("ada", `t${seq}`)): Carry => ({
  ...{ seq, guid, through: instant(START), failures: 0, runs: [] },
});
const pageOf = (author: string, after: number, to: number): CarryPage => ({
  ...{ author, after, to },
  carries: Array.from({ length: to - after }, (_, at) => carryOf(after + 1 + at)),
});

test("each peer has one other to confide in, and one that confides in it", () => {
  const peers = ["b", "e", "a", "d", "c"];
  const confidants = peers.map((self) => confidantOf(self, peers.filter((peer) => peer !== self)));
  assert.deepEqual(confidants, ["c", "a", "b", "e", "d"]);
  assert.equal(confidantOf("a", []), undefined);
});

/** What nobody else knows, in ms, while something is carried every so often in a mesh of that size. */
function unknownMs(peers: number, everyMs: number): { readonly worst: number; readonly messages: number } {
  const outbox = new Outbox("self", 0);
  const carriedAt = new Map<number, number>();
  let [seq, known, worst, messages] = [0, 0, 0, 0];
  for (let ms = 0; ms < 60_000; ms++) {
    const now = instant(START + ms);
    if (ms % everyMs === 0) {
      outbox.addCarry(carryOf(++seq));
      carriedAt.set(seq, ms);
    }
    const told: CarryPage[] = [];
    if ((outbox.wakeAt(now) ?? Infinity) <= now) {
      for (const broadcast of outbox.take(peers, now)) if (broadcast.kind === "carries") told.push(broadcast.page);
    }
    if ((outbox.confideAt(now) ?? Infinity) <= now) {
      const page = outbox.confide("other", now);
      if (page !== undefined) told.push(page);
      messages++;
    }
    for (const { after, to } of told) {
      assert.ok(after <= known, "it goes on from what is known");
      known = Math.max(known, to);
    }
    worst = Math.max(worst, ms - (carriedAt.get(known + 1) ?? ms));
  }
  return { worst, messages };
}

test("whatever the size of the mesh, what a peer did is known to another within 0.4 s, for five messages a second", () => {
  for (const peers of [2, 5, 20, 100]) {
    const { worst, messages } = unknownMs(peers, 30);
    assert.ok(worst < 400 && messages <= 5 * 60, `${peers} peers: ${worst} ms, ${messages} messages`);
  }
  assert.equal(unknownMs(5, 30).messages, 0, "in a small mesh all are told as soon");
});

test("another confidant is told all that the former one was", () => {
  const outbox = new Outbox("self", 0);
  const at = (ms: number) => instant(START + ms);
  outbox.addCarry(carryOf(1));
  // All that may go ahead of its window has gone.
  for (const ms of [0, 25, 50, 75]) {
    assert.equal(outbox.take(100, at(ms)).length, 1);
    outbox.addCarry(carryOf(2 + ms / 25));
  }
  const spans = [["b", 100], ["b", 300], ["c", 500], [undefined, 700], ["c", 900]] as const;
  const confided = spans.map(([confidant, ms], n) => {
    const page = outbox.confide(confidant, at(ms));
    outbox.addCarry(carryOf(6 + n));
    return page && [page.after, page.to];
  });
  assert.deepEqual(confided, [[4, 5], [5, 6], [4, 7], [4, 8], [4, 9]]);
});

test("what is confided is kept as far as it goes beyond what is known, goes on without a gap, and is bounded", () => {
  const confidences = new Confidences();
  const spans = (author: string, known: number) => confidences.of(author, known).map(({ after, to }) => [after, to]);
  confidences.take(pageOf("a", 5, 9), 5);
  confidences.take(pageOf("a", 9, 12), 5);
  assert.deepEqual(spans("a", 5), [[5, 9], [9, 12]]);
  assert.deepEqual(spans("a", 9), [[9, 12]]);
  assert.deepEqual([spans("a", 12), spans("b", 0)], [[], []]);
  confidences.take(pageOf("a", 5, 12), 5);
  assert.deepEqual(spans("a", 0), [[5, 12]], "another beginning");
  for (const author of ["b", "c", "d", "e"]) confidences.take(pageOf(author, 0, 1), 0);
  assert.deepEqual([spans("a", 0), spans("e", 0)], [[], [[0, 1]]]);
  for (let n = 0; n < 1_000; n++) confidences.take(pageOf("f", 10 * n, 10 * n + 10), 0);
  const kept = confidences.of("f", 0);
  assert.ok(JSON.stringify(kept).length < 400_000 && kept.length > 100, `${kept.length} pages`);
});

test("who takes up what a fallen peer fired takes in what that one had told it alone, and asks the others for theirs", () => {
  const sent: PeerMessage[] = [];
  const carried: number[] = [];
  const now = instant(START);
  const replication = new Replication({
    ...{ self: "self", chance: () => 0, now: () => now, wall: () => now, living: () => ["other"] },
    send: (_to, message) => void sent.push(message),
    publish: () => {},
    query: (_query, onAnswer) => onAnswer({ kind: "carries", pages: [], isMore: false, isTrimmed: false }),
    ...{ persist: () => {}, merge: () => {}, result: () => {}, observe: () => true, obey: () => {}, log: () => {} },
    carry: (_author, { seq }, done) => {
      carried.push(seq);
      done();
    },
  }, {
    vector: new VersionVector(),
    runVector: RunVector.parse([["fallen", 5]]) ?? new RunVector(),
    runFloors: new RunVector(),
    isNew: false,
    digest: new DigestTree("key"),
  });
  let ends = 0;
  replication.linked("other");
  replication.heard("fallen", { kind: "confided", page: pageOf("fallen", 5, 7) });
  replication.heard("other", { kind: "confided", page: pageOf("fallen", 7, 9) });
  assert.deepEqual(carried, [], "it is kept aside, and of its author alone");
  replication.gather(["other"], () => void ends++, "fallen");
  const [ask] = sent.splice(0);
  assert.ok(ask?.kind === "ask" && ask.ask.kind === "carries");
  assert.deepEqual(ask.ask, { kind: "carries", vector: [["fallen", 5]], isUntoldToo: true, fallen: "fallen" });
  const pages = [pageOf("fallen", 5, 6)];
  replication.heard("other", {
    ...{ kind: "answer", id: ask.id },
    answer: { kind: "carries", pages, isMore: false, isTrimmed: false },
  });
  assert.deepEqual([carried, ends, replication.runsOf("fallen")], [[6, 7], 1, 7]);

  replication.heard("fallen", { kind: "confided", page: pageOf("fallen", 7, 8) });
  const asked = { kind: "carries", vector: [["fallen", 3]] } as const;
  const pagesTold = (more: { readonly fallen?: string }) => {
    replication.heard("other", { kind: "ask", id: 1, ask: { ...asked, ...more } });
    return sent.splice(0).map((message) =>
      message.kind === "answer" && message.answer.kind === "carries"
        ? message.answer.pages.map(({ after, to }) => [after, to])
        : []
    );
  };
  assert.deepEqual(pagesTold({ fallen: "fallen" }), [[[7, 8]]]);
  assert.deepEqual(pagesTold({}), [[]]);
});
