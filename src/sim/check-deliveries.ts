// What came to the targets: never early (G1), always under one id (G3), and not more often than the troubles of its
// time excuse (G4).

import { occurrenceId } from "../core/task/occurrence.ts";
import { type PeerId, taskGuid } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Trouble } from "./history.ts";
import { isHolding } from "./plan-users.ts";
import type { Sent } from "./targets.ts";
import type { Violation } from "./violation.ts";
import { USER, type World } from "./world.ts";

/** The effects of a trouble are over so long after it: a suspicion, a barrier, a hand-over. */
const AFTERMATH_MS = 10_000;

export function checkDeliveries(world: World): readonly Violation[] {
  const violations: Violation[] = [];
  const byId = new Map<string, Sent[]>();
  for (const sent of world.targets.sent) {
    const known = byId.get(sent.id);
    if (known === undefined) byId.set(sent.id, [sent]);
    else known.push(sent);
    const { task, instant, localAt, at, id } = sent;
    if (localAt < instant && !wasDue(world, sent)) {
      violations.push({ promise: "G1", text: `${sent.peer} sent ${instant - localAt} ms early`, task, at, id });
    }
  }
  const instants = new Map<string, string>();
  for (const [id, sents] of byId) {
    const [first] = sents;
    if (first === undefined) continue;
    const { task, instant } = first;
    // A manual fire has a name of its own, which no schedule foretells.
    const isManual = id !== occurrenceId(taskGuid(USER, task), instant as Instant);
    if (sents.some((sent) => sent.task !== task || sent.instant !== instant)) {
      violations.push({ promise: "G3", text: "one id stands for two occurrences", task, at: first.at, id });
    }
    const place = `${task} ${instant}`;
    const other = instants.get(place);
    if (!isManual && other !== undefined) {
      violations.push({ promise: "G3", text: `one occurrence has the ids ${other} and ${id}`, task, at: first.at, id });
    }
    if (!isManual) instants.set(place, id);
    const excess = excessOf(sents);
    if (excess === 0) continue;
    const last = Math.max(...sents.map(({ at }) => at));
    const excuse = isHolding(task)
      ? fallsOf(world, sents)
      : excuseOf(world.history.troubles, Math.min(instant, first.at), last, world.peers.length);
    if (excess > excuse) {
      const attempts = sents.map(({ peer, attempt, at, answer = "nothing" }) =>
        `${new Date(at).toISOString().slice(11, 23)} ${peer} #${attempt} → ${answer}`
      );
      violations.push({
        promise: "G4",
        text: `sent ${excess} times too often, where ${excuse} are excused: ${attempts.join(", ")}`,
        task,
        at: first.at,
        id,
      });
    }
  }
  return violations;
}

/**
 * It was due when it was taken up, and its peer's clock was set back before it was sent; or its owner asked the peer to
 * send it, by a clock that is ahead of the peer's.
 */
function wasDue({ history, peers, plan: { kind: { skewMaxMs, driftMax } } }: World, sent: Sent): boolean {
  const { peer, at, localAt, instant } = sent;
  const apartMs = 2 * skewMaxMs + 2 * driftMax * HOUR_MS;
  return history.troubles.some(({ fault, from, to }) => {
    if (fault.kind === "no way") {
      return peers[fault.peer]?.id !== peer && from <= at && at <= to + ASKED_MS && localAt + apartMs >= instant;
    }
    if (fault.kind !== "clock" || peers[fault.peer]?.id !== peer) return false;
    const [setAt, backMs] = fault.byMs < 0 ? [from, -fault.byMs] : [to, fault.byMs];
    return setAt <= at && at <= setAt + TAKEN_UP_MS && localAt + backMs >= instant;
  });
}

const HOUR_MS = 3_600_000;

/** An owner that gets to the targets again asks other peers for so long: until it looks, and has made the attempt. */
const ASKED_MS = 75_000;

/** A record of what is about to be sent takes so long to be kept by the slowest of disks. */
const TAKEN_UP_MS = 20_000;

/**
 * What excuses a task that holds: whoever sent it fell before what became of that was on its disk, and starts over. No
 * cut, no pause and no clock makes two of one.
 */
function fallsOf({ history: { troubles }, peers }: World, sents: readonly Sent[]): number {
  return troubles.filter(({ fault, from }) =>
    (fault.kind === "crash" || fault.kind === "loss") &&
    sents.some(({ peer, at, answeredAt = at + HANG_MS }) =>
      peers[fault.peer]?.id === peer && at <= from && from <= answeredAt + KEPT_MS
    )
  ).length;
}

/** An attempt that is not answered is given up after so long: the time-out of all tasks here. */
const HANG_MS = 10_000;

/** A record is kept by the slowest of disks after so long. */
const KEPT_MS = 20_000;

/** Series of attempts beside the first that no retry explains: one that starts over, or after a delivery. */
export function excessOf(sents: readonly Sent[]): number {
  let excess = 0;
  let number = 0;
  let deliveredAt = Infinity;
  const series = new Map<PeerId, Sent>();
  const isNextOf = (sent: Sent) => (before: Sent | undefined) =>
    before !== undefined && sent.attempt === before.attempt + 1 && before.answer !== "delivered";
  for (const sent of [...sents].sort((a, b) => a.at - b.at)) {
    // A retry that was handed over is the next owner's; the one of before has none any more.
    const isNext = isNextOf(sent);
    const before = isNext(series.get(sent.peer)) ? series.get(sent.peer) : [...series.values()].find(isNext);
    if (before !== undefined) series.delete(before.peer);
    else if (sent.attempt <= number || sent.at > deliveredAt) excess++;
    series.set(sent.peer, sent);
    number = Math.max(number, sent.attempt);
    if (sent.answer === "delivered") deliveredAt = Math.min(deliveredAt, sent.answeredAt ?? Infinity);
  }
  return excess;
}

/**
 * How many more deliveries the troubles between these two moments may have brought about. Cuts of one time cross each
 * other: two of two sides each make up to four, and each side fires once (REPLICATION §10).
 */
export function excuseOf(troubles: readonly Trouble[], from: number, to: number, peers = Infinity): number {
  let excuse = 0;
  const cuts: Cut[] = [];
  for (const { fault, from: began, to: ended, weight } of troubles) {
    const until = ended + AFTERMATH_MS;
    if (began > to || until < from) continue;
    excuse += weight;
    if (fault.kind === "partition") cuts.push({ from: began, to: until, weight, sides: fault.sides.slice(0, peers) });
  }
  return excuse + crossings(cuts);
}

type Cut = { readonly from: number; readonly to: number; readonly weight: number; readonly sides: readonly number[] };

/** How many sides there are beyond those that the cuts have each for itself. */
function crossings(cuts: readonly Cut[]): number {
  let more = 0;
  let open: Cut[] = [];
  const close = () => {
    const sides = new Set(open[0]?.sides.map((_, peer) => open.map((cut) => cut.sides[peer]).join(" ")));
    more += Math.max(0, sides.size - 1 - open.reduce((sum, { weight }) => sum + weight, 0));
  };
  for (const cut of cuts.toSorted((a, b) => a.from - b.from)) {
    if (open.every(({ to }) => to < cut.from)) {
      close();
      open = [];
    }
    open.push(cut);
  }
  close();
  return more;
}
