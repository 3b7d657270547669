import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, PeerMessage } from "../../src/core/protocol/message.ts";
import type { Write } from "../../src/core/protocol/write.ts";
import { DigestTree } from "../../src/core/register/digest.ts";
import { RunVector, VersionVector } from "../../src/core/register/vector.ts";
import { Replication } from "../../src/core/replication/replication.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";

/** The replication of a peer that knows `other` to live, from what a third said; time goes when the test says so. */
function world() {
  const sent: PeerMessage[] = [];
  const written: Write[] = [];
  const clock = { now: instant(1_000_000) };
  const host = {
    self: "self",
    chance: () => 0,
    now: () => clock.now,
    wall: () => clock.now,
    living: () => ["other"],
    send: (_to: string, message: PeerMessage) => void sent.push(message),
    publish: () => {},
    query: () => {},
    persist: (writes: readonly Write[]) => void written.push(...writes),
    merge: () => {},
    carry: () => {},
    result: () => {},
    observe: () => true,
    obey: () => {},
    log: () => {},
  };
  const replication = new Replication(host, {
    vector: new VersionVector(),
    runVector: new RunVector(),
    runFloors: new RunVector(),
    isNew: false,
    digest: new DigestTree("key"),
  });
  return {
    replication,
    sent,
    written,
    asked: () => sent.splice(0).map((message) => message.kind === "ask" ? message.ask.kind : message.kind),
    pass(ms: number) {
      clock.now = clock.now + ms as Instant;
      replication.wake();
    },
  };
}

test("who is gathered from and is not linked yet is asked when it is, once", () => {
  const { replication, asked, pass } = world();
  let ends = 0;
  replication.gather(["other"], () => void ends++);
  pass(2_000);
  assert.deepEqual(asked(), []);
  replication.linked("other");
  assert.deepEqual(asked(), ["carries"]);
  replication.linked("other");
  assert.deepEqual([asked(), ends], [[], 0]);
  replication.heard("other", {
    kind: "answer",
    id: 1,
    answer: { kind: "carries", pages: [], isMore: false, isTrimmed: false },
  });
  assert.equal(ends, 1);
});

test("who is gathered from and never linked is not waited for for more than five seconds", () => {
  const { replication, asked, pass } = world();
  let ends = 0;
  replication.gather(["other"], () => void ends++);
  pass(4_999);
  assert.equal(ends, 0);
  pass(1);
  assert.equal(ends, 1);
  replication.linked("other");
  assert.deepEqual(asked(), []);
});

test("what was asked over a link that breaks ends with it, and is not asked again", () => {
  const { replication, asked } = world();
  let ends = 0;
  replication.linked("other");
  replication.gather(["other"], () => void ends++);
  assert.deepEqual(asked(), ["carries"]);
  replication.unlinked("other");
  replication.linked("other");
  assert.deepEqual([asked(), ends], [[], 1]);
});

test("a sync with a peer that is not linked yet begins with its link", () => {
  const { replication, asked, pass } = world();
  const ends: boolean[] = [];
  replication.sync("other", (isWhole) => void ends.push(isWhole));
  pass(2_000);
  assert.deepEqual(asked(), []);
  replication.linked("other");
  pass(0);
  assert.deepEqual([asked(), ends], [["carries"], []]);
});

test("a sync with a peer that is never linked comes to an end, so that another can be tried", () => {
  const { replication, asked, pass } = world();
  const ends: boolean[] = [];
  replication.sync("other", (isWhole) => void ends.push(isWhole));
  for (let second = 0; second < 10; second++) pass(1_000);
  assert.deepEqual([asked(), ends], [[], [false]]);
});

test("a sync that waits for another one begins when the vector of that stands on the disk, and asks for no more than is above it", () => {
  const { replication, sent, written, pass } = world();
  const ends: boolean[] = [];
  const vector = [makeStamp(1_000, 0, 1)];
  const answer = (...answers: readonly Answer[]) => {
    for (const answer of answers) replication.heard("other", { kind: "answer", id: ++answered, answer });
  };
  let answered = 0;
  const carries: Answer = { kind: "carries", pages: [], isMore: false, isTrimmed: false };
  replication.linked("other");
  replication.sync("other", (isWhole) => void ends.push(isWhole));
  pass(0);
  replication.news("other", { vector: "another", runs: "", digest: "" });
  pass(2_000);
  answer(carries, { kind: "entities", entities: [], vector, living: 0 });
  pass(2_000);
  // To tell of its end now, or to begin the next one, would be to say that this peer knows what its disk may yet refuse.
  assert.deepEqual([sent.length, ends], [2, []]);
  for (const write of written) replication.kept(write);
  assert.deepEqual(ends, [true]);
  pass(2_000);
  answer(carries);
  const asks = sent.map((message) => message.kind === "ask" ? message.ask : undefined);
  assert.deepEqual(asks.map((ask) => ask?.kind), ["carries", "entities", "carries", "entities"]);
  assert.deepEqual(asks.flatMap((ask) => ask?.kind === "entities" ? [ask.vector] : []), [[], vector]);
});
