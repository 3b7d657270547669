// Every occurrence that was due has come to its target within its tolerance (G2): of a task that some peer had on its
// disk, as it is, all that while, and that peer ran.

import { type Entity, isAlive } from "../core/register/register.ts";
import { between } from "../core/schedule/schedule.ts";
import { occurrenceId } from "../core/task/occurrence.ts";
import { resolvePolicy } from "../core/task/policy.ts";
import { scheduleOf, taskOf } from "../core/task/task-entity.ts";
import { isFault } from "../core/values/fault.ts";
import type { PeerId, TaskGuid } from "../core/values/ids.ts";
import { instant } from "../core/values/instant.ts";
import { excuseOf } from "./check-deliveries.ts";
import { mayFire } from "./check-placement.ts";
import type { PeerEnd } from "./ending.ts";
import type { Version } from "./history.ts";
import type { SimPeer } from "./peer.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** Clocks differ by up to this, and a delivery at the last moment counts. */
const SLACK_MS = 3_000;

/** Who takes over needs up to a suspicion, a barrier and a hand-over: within less tolerance only calm is promised. */
const TAKE_OVER_MS = 30_000;

/** A clock further off than this from the others may have cost its peer its shards: SKEW_MAX_MS less the others' skew. */
const CLOCK_OFF_MS = 1_000;

/** A breaker is open for half a minute at most, and then lets through more and more. */
const BREAKER_MAX_MS = 45_000;

export function checkCoverage(world: World, ends: readonly PeerEnd[]): readonly Violation[] {
  const violations: Violation[] = [];
  const first = new Map<string, number>();
  for (const { id, at } of world.targets.sent) first.set(id, Math.min(at, first.get(id) ?? Infinity));
  const guids = new Set([...world.history.versions.values()].flatMap((tasks) => [...tasks.keys()]));
  for (const guid of guids) {
    for (const span of spansOf(world, guid)) {
      const task = taskOf(span.entity);
      const schedule = task === undefined ? undefined : scheduleOf(task);
      if (task === undefined || schedule === undefined || isFault(schedule) || task.state.paused) continue;
      const policy = resolvePolicy(task.definition.policy, schedule);
      const from = Math.max(task.since, Math.ceil(span.from));
      const to = Math.floor(Math.min(span.to, world.end) - policy.toleranceMs - SLACK_MS);
      if (to <= from) continue;
      for (const due of between(schedule, instant(from), instant(to), 10_000)) {
        const late = due + policy.toleranceMs + SLACK_MS;
        const id = occurrenceId(guid, due);
        const sentAt = first.get(id);
        if (sentAt !== undefined && sentAt <= late) continue;
        const isCalm = excuseOf(world.history.troubles, due, late) === 0;
        // What holds waits for a majority.
        if (!isCalm && (policy.toleranceMs < TAKE_OVER_MS || policy.partition === "hold")) continue;
        const placed = span.peers.filter(({ id }) => mayFire(world, id, task.definition.policy));
        if (!isSomebodyThere(world, placed, due, late)) continue;
        const record = ends.map(({ runs }) => runs.get(id)).find((run) => run !== undefined);
        if (isHeldBack(world, due, late, record?.settledBy)) continue;
        // Nobody else is asked for what holds, or is sent once at most, or is not tried again.
        const isOwnersAlone = policy.partition === "hold" || policy.delivery === "at-most-once" ||
          policy.retry.limit === 0;
        const ways = isOwnersAlone ? [] : placed;
        if (hasNoWay(world, ways, due, late)) continue;
        // What overlaps is skipped, and late because of that is no fault of the mesh.
        if (policy.overlap !== "allow") continue;
        violations.push({
          promise: "G2",
          text: `due ${new Date(due).toISOString().slice(11, 23)}, tolerance ${policy.toleranceMs} ms, ${
            sentAt === undefined ? "never sent" : `sent ${Math.round(sentAt - due)} ms late`
          }; record: ${
            record === undefined
              ? "none"
              : `${record.state} ${record.outcome ?? ""} ${record.reason ?? ""} by ${record.settledBy}`
          }`,
          task: task.definition.id,
          at: due,
          id,
        });
      }
    }
  }
  return violations;
}

/** A time in which all peers that ran and knew of the task held the same of it. */
type HeldSpan = {
  readonly from: number;
  readonly to: number;
  readonly entity: Entity;
  readonly peers: readonly SimPeer[];
};

function spansOf(world: World, guid: TaskGuid): readonly HeldSpan[] {
  const marks = new Set<number>();
  const holders = world.peers.flatMap((peer) => {
    const versions = world.history.versions.get(peer.id)?.get(guid);
    if (versions === undefined) return [];
    for (const { at } of versions) marks.add(at);
    for (const { from, to } of peer.spans) {
      marks.add(from);
      if (to !== undefined) marks.add(to);
    }
    return [{ peer, versions }];
  });
  const times = [...marks].sort((a, b) => a - b);
  const spans: HeldSpan[] = [];
  for (const [n, from] of times.entries()) {
    const to = times[n + 1] ?? world.end;
    const held = holders.flatMap(({ peer, versions }) => {
      const version = versionAt(versions, from);
      return version === undefined || !isRunning(peer, from, to) ? [] : [{ peer, entity: version.entity }];
    });
    const [one] = held;
    const last = spans[spans.length - 1];
    if (one === undefined || held.some(({ entity }) => stateOf(entity) !== stateOf(one.entity))) continue;
    if (!isAlive(one.entity)) continue;
    const peers = held.map(({ peer }) => peer);
    if (last?.to === from && stateOf(last.entity) === stateOf(one.entity)) {
      spans[spans.length - 1] = { ...last, to, peers: [...new Set([...last.peers, ...peers])] };
    } else spans.push({ from, to, entity: one.entity, peers });
  }
  return spans;
}

/** Which write each register is of: two that merged other writes may have the same newest stamp. */
function stateOf({ registers }: Entity): string {
  return Object.entries(registers).map(([name, { stamp }]) => `${name} ${stamp}`).sort().join(" ");
}

function versionAt(versions: readonly Version[], at: number): Version | undefined {
  return versions.findLast((version) => version.at <= at);
}

function isRunning(peer: SimPeer, from: number, to: number): boolean {
  return peer.spans.some((span) => span.from <= from && (span.to ?? Infinity) >= to);
}

/**
 * The breakers of targets that were down may be open: a peer's is until one of its attempts is answered, which takes its
 * time where targets fail of themselves too. Five trials in a row did, of a target that fails three in ten.
 */
function isHeldBack({ history, targets: { sent } }: World, from: number, to: number, by: PeerId | undefined): boolean {
  return history.troubles.some(({ fault, from: began, to: ended }) => {
    if (fault.kind !== "targets" || began > to) return false;
    const trials = sent.filter(({ peer, answeredAt = 0 }) => peer === by && answeredAt > ended);
    const success = trials.find(({ answer }) => answer === "delivered");
    const closedAt = trials.length === 0 ? ended : success?.answeredAt ?? Infinity;
    return closedAt + BREAKER_MAX_MS >= from;
  });
}

/** Somebody did not get to the targets, and of those that may be asked to none ran and did. */
function hasNoWay(world: World, peers: readonly SimPeer[], from: number, to: number): boolean {
  const cutOff = world.history.troubles.flatMap(({ fault, from: began, to: ended }) =>
    fault.kind === "no way" && began <= to && ended >= from ? [fault.peer] : []
  );
  if (cutOff.length === 0) return false;
  const ways = peers.filter((peer) => !cutOff.some((n) => world.peers[n] === peer));
  return excuseOf(world.history.troubles, from, to) > 0 || !isSomebodyThere(world, ways, from, to);
}

/** Whether one of these ran all that while, with a disk that takes writes and a clock that is right. */
function isSomebodyThere(world: World, peers: readonly SimPeer[], from: number, to: number): boolean {
  return peers.some((peer) =>
    isRunning(peer, from, to) && !world.history.troubles.some(({ fault, from: began, to: ended }) => {
      if (!("peer" in fault) || world.peers[fault.peer] !== peer) return false;
      if (began > to || ended + TAKE_OVER_MS < from) return false;
      return fault.kind === "full disk" || fault.kind === "slow disk" || fault.kind === "drain" ||
        (fault.kind === "clock" && Math.abs(fault.byMs) > CLOCK_OFF_MS);
    })
  );
}
