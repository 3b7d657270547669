import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import { isUnreached, Route } from "../../src/core/delivery/route.ts";
import { Detours, type Loan } from "../../src/core/firing/detours.ts";
import type { Effect, Outcome } from "../../src/core/protocol/event.ts";
import { parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import type { Answer, Ask, PeerMessage } from "../../src/core/protocol/message.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import type { PeerId, TaskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";

const MINUTE = 60_000;
const GUID = "a".repeat(64) as TaskGuid;

function idOf(n: number): OccurrenceId {
  return n.toString(16).padStart(32, "0") as OccurrenceId;
}

function loanOf(n: number): Loan {
  const times = { connectMs: 5_000, totalMs: 30_000, toleranceMs: 60_000 };
  const delivery = { id: idOf(n), attempt: 2, task: "t", instant: instant(0), target: { name: "shop" }, payload: 1 };
  return { to: "b", guid: GUID, user: "ada", delivery: { ...delivery, ...times } };
}

type Asked = { readonly to: PeerId; readonly ask: Extract<Ask, { kind: "attempt" }>; readonly patienceMs: number };

function world({ hindrance }: { readonly hindrance?: string } = {}) {
  let now = instant(1_000);
  const asked: (Asked & { readonly answer: (answer: Answer | undefined) => void })[] = [];
  const effects: Effect[] = [];
  const sent: (readonly [PeerId, PeerMessage])[] = [];
  const attempted: (readonly [Outcome, PeerId])[] = [];
  const detours = new Detours({
    now: () => now,
    effect: (effect) => void effects.push(effect),
    send: (to, message) => void sent.push([to, message]),
    ask: (to, ask, answer, patienceMs) => void asked.push({ to, ask, answer, patienceMs }),
    resolve: (user, target) => ({ urn: `http://${"name" in target ? target.name : ""}.test/`, name: user }),
    hindrance: () => hindrance,
    attempted: (...what) => void attempted.push(what),
  });
  return { detours, asked, effects, sent, attempted, pass: (ms: number) => void (now = instant(now + ms)) };
}

test("what another peer was asked to send ends with what it says, or with its silence", () => {
  const { detours, asked, attempted } = world();
  const answers: readonly (Answer | undefined)[] = [
    { kind: "attempt", result: { kind: "delivered", status: 200 } },
    { kind: "unable", why: "it hands over its work" },
    undefined,
  ];
  for (const [n, answer] of answers.entries()) {
    detours.lend(loanOf(n));
    asked[n]?.answer(answer);
  }
  assert.deepEqual(asked.map(({ to, patienceMs, ask }) => [to, patienceMs, ask.until]), [
    ["b", 35_000, 36_000],
    ["b", 35_000, 36_000],
    ["b", 35_000, 36_000],
  ]);
  const can = "the peer b was asked to send it in place of this one, and";
  assert.deepEqual(attempted.map(([{ id, result }, by]) => [id, by, result]), [
    [idOf(0), "b", { kind: "delivered", status: 200 }],
    ...[`${can} can't: it hands over its work`, `${can} did not say what became of it`].map((error, n) => [
      ...[idOf(n + 1), "b"],
      { kind: "failed", error, retryable: true, cause: "ours" },
    ]),
  ]);
});

test("an attempt that another peer makes is ended there, and one that is over or this peer's own is not", () => {
  const { detours, asked, sent } = world();
  detours.lend(loanOf(1));
  assert.deepEqual([detours.abort(idOf(1)), detours.abort(idOf(2))], [true, false]);
  assert.deepEqual(sent, [["b", { kind: "abandon", id: idOf(1) }]]);
  asked[0]?.answer(undefined);
  assert.equal(detours.abort(idOf(1)), false);
});

test("a peer that is asked sends once, by its own book of targets, in time, and as much as it can", () => {
  const { detours, effects, pass } = world();
  const told: Answer[] = [];
  const ask = (n: number) => {
    const { guid, user, delivery } = loanOf(n);
    detours.obey({ kind: "attempt", guid, user, delivery, until: instant(36_000) }, (answer) => told.push(answer));
  };
  ask(1);
  ask(1);
  assert.deepEqual(told, [{ kind: "unable", why: "it is making an attempt of this occurrence already" }]);
  const [send] = effects;
  assert.ok(send?.kind === "send" && send.isGuest === true);
  assert.deepEqual(send.delivery.target, { urn: "http://shop.test/", name: "ada" });
  detours.abandoned(idOf(1));
  detours.abandoned(idOf(9));
  assert.deepEqual(effects.slice(1), [{ kind: "abort", id: idOf(1), isGuest: true }]);
  const result: DeliveryResult = { kind: "failed", error: "cancelled", retryable: true, cause: "ours" };
  detours.ended({ guid: GUID, id: idOf(1), result, isGuest: true });
  assert.deepEqual(told.at(-1), { kind: "attempt", result });
  for (let n = 2; n < 300; n++) ask(n);
  assert.deepEqual(told.at(-1), { kind: "unable", why: "it makes 256 attempts for others already" });
  pass(MINUTE);
  ask(1_000);
  assert.deepEqual(told.at(-1), { kind: "unable", why: "it was asked too late" });
  const draining = world({ hindrance: "it hands over its work" });
  draining.detours.obey({ ...loanOf(1), kind: "attempt", until: instant(36_000) }, (answer) => told.push(answer));
  assert.deepEqual([told.at(-1), draining.effects], [{ kind: "unable", why: "it hands over its work" }, []]);
});

test("a route goes by who reaches the target, tries few others, and looks again after a minute", () => {
  const route = new Route();
  const others = ["b", "c", "d", "e", "f"];
  const now = (ms: number) => instant(ms);
  assert.equal(route.choose(others, now(0)), undefined);
  route.note(undefined, true, now(0));
  assert.equal(route.choose([], now(0)), undefined);
  assert.equal(route.choose(others, now(1)), "b");
  route.note("b", true, now(2));
  assert.equal(route.choose(others, now(3)), "c");
  route.note("c", false, now(4));
  assert.deepEqual([route.choose(others, now(5)), route.choose(["b", "d"], now(5)), route.by], ["c", "d", "c"]);
  // One looks, and those beside it go on.
  assert.deepEqual([route.choose(others, now(MINUTE)), route.choose(others, now(MINUTE))], [undefined, "c"]);
  route.note(undefined, false, now(MINUTE + 2));
  assert.deepEqual([route.choose(others, now(MINUTE + 3)), route.isFresh], [undefined, true]);

  // Who is down for all is called by three others in a minute.
  route.note(undefined, true, now(2 * MINUTE));
  route.note("c", true, now(2 * MINUTE));
  route.note("b", true, now(2 * MINUTE));
  route.note("d", true, now(2 * MINUTE));
  assert.equal(route.choose(others, now(2 * MINUTE + 1)), undefined);
});

test("only where no connection came about, or another peer did not try, is a target not reached", () => {
  const failed = (more: object) => ({ kind: "failed", error: "", retryable: true, ...more }) as DeliveryResult;
  assert.deepEqual(
    [
      isUnreached({ kind: "delivered" }, undefined),
      isUnreached(failed({ cause: "unreached" }), undefined),
      isUnreached(failed({ cause: "unreached" }), "b"),
      isUnreached(failed({ cause: "ours" }), undefined),
      isUnreached(failed({ cause: "ours" }), "b"),
      isUnreached(failed({ status: 503 }), undefined),
    ],
    [false, true, true, undefined, true, false],
  );
});

test("what one peer asks of another, and what that says, keeps its shape on the wire, and nothing else does", () => {
  const { guid, user, delivery } = loanOf(1);
  const ask = { kind: "attempt", guid, user, delivery, until: 36_000 };
  const result = { kind: "failed", error: "no", retryable: true, status: 503, retryAfterMs: 1_000, cause: "unreached" };
  const messages = [
    { kind: "abandon", id: idOf(1) },
    { kind: "ask", id: 1, ask },
    { kind: "answer", id: 1, answer: { kind: "attempt", result } },
    { kind: "answer", id: 1, answer: { kind: "attempt", result: { kind: "delivered" } } },
  ];
  for (const message of messages) assert.deepEqual(parsePeerMessage(message), message);
  const wrong = [
    { kind: "abandon", id: "1" },
    { kind: "ask", id: 1, ask: { ...ask, until: 0.5 } },
    { kind: "ask", id: 1, ask: { ...ask, delivery: { ...delivery, target: { urn: "file:///etc/passwd" } } } },
    { kind: "ask", id: 1, ask: { ...ask, delivery: { ...delivery, totalMs: 1e12 } } },
    { kind: "ask", id: 1, ask: { ...ask, guid: "x" } },
    { kind: "answer", id: 1, answer: { kind: "attempt", result: { ...result, error: 1 } } },
    { kind: "answer", id: 1, answer: { kind: "attempt" } },
  ];
  for (const message of wrong) assert.equal(parsePeerMessage(message), undefined, JSON.stringify(message));
});
