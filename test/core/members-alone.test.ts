import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberOutput } from "../../src/core/membership/member-output.ts";
import { Members } from "../../src/core/membership/members.ts";
import { directProbe, hinted, verdictOfHint } from "../../src/core/membership/probe.ts";
import type { Rumor, SwimMessage } from "../../src/core/ownership/presence.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { LocalHealth } from "../../src/core/values/local-health.ts";
import { LoopTime } from "../../src/core/values/loop-time.ts";
import { PERIODS, suspicionMs } from "../../src/core/values/periods.ts";
import { chanceOf } from "../chance.ts";
import { newsOf } from "./members-world.ts";

function at(ms: number): Instant {
  return instant(1_700_000_000_000 + ms);
}

/** Peer `a` of incarnation 5, which knows nobody. */
function lonely(): Members {
  const news = newsOf("a", at(0));
  return new Members({ self: "a", incarnation: 5, news, chance: chanceOf(1), periods: PERIODS.normal });
}

/** Peer `a`, which has heard from all of the others, of incarnation 7, and waits for no answer. */
function meeting(...others: readonly string[]): Members {
  const members = lonely();
  for (const { to, message } of members.admit(others, at(0)).sends) {
    if (message.kind === "probe") members.heard(to, ackOf(to, message.seq), at(0));
  }
  return members;
}

function ackOf(name: string, seq: number, incarnation = 7): SwimMessage {
  return { kind: "ack", seq, incarnation, news: newsOf(name, at(0)), rumors: [] };
}

function asked({ sends }: MemberOutput, to: string, kind: "probe" | "probe-for-me"): number {
  for (const { to: receiver, message } of sends) {
    if (receiver === to && message.kind === kind) return message.seq;
  }
  throw new Error(`no ${kind} for ${to}`);
}

/** What it says to `to`, without what rides along. */
function said({ sends }: MemberOutput, to: string): string[] {
  return sends.filter((send) => send.to === to).map(({ message }) => message.kind);
}

test("a peer whose link is lost and whom a helper refuses is dead after 300 ms, whatever was still on its way", () => {
  const members = meeting("b", "c");
  const lost = members.unlinked("b", at(10));
  const seq = asked(lost, "c", "probe-for-me");
  members.heard("b", { kind: "rumors", rumors: [] }, at(12));
  members.heard("c", { kind: "probed", seq, target: "b", reached: false, incarnation: 7, rumors: [] }, at(160));
  assert.equal(members.peer("b")?.state, "alive");
  assert.deepEqual(members.wake(at(310)).changes, [{ peer: "b", from: "alive", to: "dead" }]);
});

test("a helper that reaches it, or that never answers, keeps it from being dead at once; others are no helpers", () => {
  for (
    const [by, reached, state] of [["c", true, "alive"], ["c", undefined, "suspect"], ["d", true, "suspect"]] as const
  ) {
    const members = meeting("b", "c");
    const seq = asked(members.unlinked("b", at(10)), "c", "probe-for-me");
    members.admit(["b", "c", "d"], at(20));
    const answer = { kind: "probed", seq, target: "b", incarnation: 7, rumors: [] } as const;
    if (reached !== undefined) members.heard(by, { ...answer, reached }, at(100));
    members.wake(at(310));
    assert.equal(members.peer("b")?.state, state, `${by} ${reached}`);
  }
});

test("a lost link means death only when all who could be asked refused, and at least one did or nobody is left", () => {
  const probe = hinted(directProbe(1, at(0), 0, PERIODS.normal), ["c", "d"], 0, PERIODS.normal);
  const verdict = (refused: readonly string[], reachable: string, living: number) =>
    verdictOfHint({ ...probe, refused }, { isReachable: (peer) => reachable.includes(peer), living });
  assert.deepEqual([
    verdict(["c", "d"], "cd", 2),
    verdict(["c"], "cd", 2),
    verdict(["c"], "c", 2),
    verdict([], "", 2),
    verdict([], "", 0),
  ], ["dead", "suspect", "dead", "suspect", "dead"]);
});

test("a probe for another is reported in time for the asker, sooner when the own link to the target is lost", () => {
  const ask: SwimMessage = { kind: "probe-for-me", seq: 9, target: "b", rumors: [] };
  const wakesFor = (isLost: boolean) => {
    const members = meeting("b", "c");
    members.heard("c", ask, at(10));
    if (isLost) members.unlinked("b", at(20));
    return [160, 410].map((ms) => said(members.wake(at(ms)), "c").includes("probed"));
  };
  assert.deepEqual([wakesFor(false), wakesFor(true)], [[false, true], [true, false]]);
  const members = meeting("b", "c");
  const seq = asked(members.heard("c", ask, at(10)), "b", "probe");
  assert.deepEqual(said(members.heard("c", ackOf("c", seq), at(15)), "c"), []);
  const [report] = members.heard("b", ackOf("b", seq), at(20)).sends;
  assert.ok(
    report?.to === "c" && report.message.kind === "probed" && report.message.reached && report.message.seq === 9,
  );
});

test("after a standstill a peer is not informed by what others said before, only by their answers or their death", () => {
  const members = meeting("b");
  assert.equal(members.wake(at(10_000)).fenced, true);
  let output = members.heard("b", { kind: "rumors", rumors: [] }, at(10_005));
  while (members.peer("b")?.state !== "dead") {
    assert.equal(members.isInformed, false);
    assert.ok(output.wakeAt !== undefined && output.wakeAt < at(20_000));
    output = members.wake(output.wakeAt);
  }
  assert.equal(members.isInformed, true);
});

test("who hears that it is suspected says at once that it lives", () => {
  const members = meeting("b");
  const rumors: readonly Rumor[] = [{ peer: "a", state: "suspect", incarnation: 5 }];
  const [answer] = members.heard("b", { kind: "rumors", rumors }, at(10)).sends;
  assert.ok(answer?.to === "b" && answer.message.kind === "rumors");
  assert.deepEqual(answer.message.rumors[0], { peer: "a", state: "alive", incarnation: 6 });
});

test("what a former life said of itself is not taken up", () => {
  const members = meeting("b");
  members.heard("b", { kind: "probe", seq: 1, incarnation: 6, news: newsOf("old", at(0)), rumors: [] }, at(10));
  assert.deepEqual([members.peer("b")?.news?.name, members.peer("b")?.incarnation], ["b", 7]);
});

test("an answer to a probe that was sent twice tells nothing of the clock", () => {
  const members = lonely();
  const seq = asked(members.admit(["b"], at(0)), "b", "probe");
  members.heard("b", { kind: "probe", seq: 1, incarnation: 7, news: newsOf("b", at(0)), rumors: [] }, at(0));
  assert.deepEqual(said(members.wake(at(500)), "b").includes("probe"), true);
  members.heard("b", ackOf("b", seq), at(501));
  assert.deepEqual([members.peer("b")?.rttMs, members.isInformed], [undefined, true]);
});

test("nothing goes round of who was forgotten", () => {
  const members = meeting("b", "c");
  members.admit(["b"], at(10));
  members.admit(["b", "c"], at(20));
  const probe: SwimMessage = { kind: "probe", seq: 1, incarnation: 7, news: newsOf("b", at(0)), rumors: [] };
  const sends = [30, 40].flatMap((ms) => members.heard("b", probe, at(ms)).sends);
  const named = sends.flatMap(({ message }) => message.rumors.map(({ peer }) => peer));
  assert.deepEqual([sends.length, named.includes("c")], [2, false]);
});

test("a late loop reads what came before it judges", () => {
  const time = new LoopTime(100);
  time.advance(at(0));
  time.wakeAt(500, at(0));
  assert.deepEqual(time.advance(at(900)), { lateMs: 400, backMs: 0 });
  assert.deepEqual([time.ms, time.isHeld, time.wakeAt(500, at(900))], [500, true, at(1_000)]);
  time.advance(at(1_000));
  assert.deepEqual([time.ms, time.isHeld], [600, false]);
});

test("doubt in itself grows by one a bad period up to four, shrinks by one a good one, and is one more when alone", () => {
  const health = new LocalHealth();
  const course: number[] = [];
  for (const isBad of [true, true, false, true, true, true, true, false, false, false, false, false]) {
    if (isBad) health.blame();
    health.endPeriod();
    course.push(health.multiplier(false));
  }
  assert.deepEqual([course, health.multiplier(true)], [[2, 3, 2, 3, 4, 5, 5, 4, 3, 2, 1, 1], 2]);
});

test("a suspicion lasts 1.5 s, and half a second for each doubling of a large mesh", () => {
  assert.deepEqual([1, 2, 8, 16, 64, 1_000].map((peers) => suspicionMs(PERIODS.normal, peers)), [
    1_500,
    1_500,
    1_500,
    2_000,
    3_000,
    4_983,
  ]);
  assert.deepEqual([PERIODS.fast.suspicionMs, PERIODS.satellite.suspicionMs], [600, 7_500]);
});

test("who is no member is not heard, and who is no longer one is forgotten", () => {
  const members = lonely();
  assert.deepEqual(members.admit(["a", "b"], at(0)).changes, [{ peer: "b", from: undefined, to: "dead" }]);
  const hello = { kind: "probe", seq: 1, incarnation: 7, news: newsOf("?", at(0)), rumors: [] } as const;
  const ofStranger = { kind: "rumors", rumors: [{ peer: "c", state: "alive", incarnation: 1 }] } as const;

  const strange = members.heard("c", hello, at(0));
  assert.deepEqual([strange.sends, strange.changes], [[], []]);
  assert.deepEqual(members.heard("b", ofStranger, at(0)).changes, []);
  assert.deepEqual(members.heard("b", hello, at(0)).changes, [{ peer: "b", from: "dead", to: "alive" }]);
  assert.deepEqual(members.alive(), ["b"]);

  const alone = members.admit(["a"], at(0));
  assert.deepEqual([alone, members.peers(), members.peer("b")], [
    { sends: [], changes: [], fenced: false, wakeAt: undefined },
    [],
    undefined,
  ]);
  assert.deepEqual(members.heard("b", hello, at(0)).sends, []);
});

test("after it has left it says nothing more", () => {
  const members = meeting("b");
  assert.deepEqual(members.leave(at(0)).sends, [
    { to: "b", message: { kind: "rumors", rumors: [{ peer: "a", state: "left", incarnation: 5 }] } },
  ]);
  const silence = { sends: [], changes: [], fenced: false, wakeAt: undefined };
  const probe = { kind: "probe", seq: 1, incarnation: 7, news: newsOf("b", at(0)), rumors: [] } as const;
  assert.deepEqual(members.heard("b", probe, at(0)), silence);
  assert.deepEqual(members.wake(at(60_000)), silence);
  assert.deepEqual(members.leave(at(60_000)), silence);
});

test("who is back by what others say has said nothing yet, is asked at once, and counts by its own word", () => {
  const members = meeting("b", "c");
  const rumors = (state: Rumor["state"], incarnation: number): SwimMessage => ({
    kind: "rumors",
    rumors: [{ peer: "b", state, incarnation }],
  });
  members.heard("c", rumors("left", 7), at(10));
  assert.deepEqual([members.peer("b")?.state, members.peer("b")?.news?.name], ["left", "b"]);
  const back = members.heard("c", rumors("alive", 8), at(20));
  assert.deepEqual([members.peer("b")?.state, members.peer("b")?.news], ["alive", undefined]);
  const seq = asked(back, "b", "probe");
  members.heard("b", ackOf("b", seq, 8), at(30));
  assert.equal(members.peer("b")?.news?.name, "b");
});
