// A large mesh for a while: a hundred peers, a hundred thousand tasks that are there already, and what befalls a mesh on most
// days: a peer is killed and comes back, and another one joins with an empty disk. It says what each peer has sent and
// computed meanwhile, whether every occurrence that was due was sent once, and whether all hold the same in the end.

import type { Write } from "../core/protocol/write.ts";
import { SHARDS } from "../core/ownership/shard.ts";
import { parseSchedule } from "../core/schedule/schedule-source.ts";
import { between, nextAtOrAfter, type Schedule } from "../core/schedule/schedule.ts";
import { occurrenceId } from "../core/task/occurrence.ts";
import { writeTask } from "../core/task/task-entity.ts";
import { isFault } from "../core/values/fault.ts";
import { type TaskGuid, taskGuid } from "../core/values/ids.ts";
import { type Instant, instant } from "../core/values/instant.ts";
import { makeStamp } from "../core/values/stamp.ts";
import type { KeyValue } from "../store/key-value.ts";
import { recordStore } from "../store/records.ts";
import { Chance } from "./chance.ts";
import { Meter, type Phase } from "./meter.ts";
import { planOf } from "./plan-draw.ts";
import { START } from "./plan.ts";
import type { Sent } from "./targets.ts";
import { foundingStamp, nameOf, runEndsOf, USER, World } from "./world.ts";

export type LargeSize = {
  readonly peers: number;
  readonly tasks: number;
  /** At least 3: it comes up in the first, is calm until the last, and in the last a peer is killed and one joins. */
  readonly minutes: number;
  /** Seconds between two occurrences of each task. */
  readonly periodS: number;
};

/** A store of which others start that share what none of them has changed. */
type ForkableKeyValue = KeyValue & { fork(): KeyValue };

export type LargeReport = {
  readonly due: number;
  /** Of what was due: not sent, sent more than once, and so by a peer that was killed before it had told of it. */
  readonly missed: number;
  readonly double: number;
  readonly untold: number;
  /** Of the others, in ms of the sender's clock. */
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** `start`, `calm`, `kill` and `join`. */
  readonly phases: readonly Phase[];
  /** From its start until the newcomer held all tasks and fired its share; absent when it did not come so far. */
  readonly joinedMs?: number;
  /** What is not as it should be in the end, one line each. */
  readonly faults: readonly string[];
};

export type LargeParts = {
  readonly keyValue: () => ForkableKeyValue;
  /** Seconds of a processor that this process has taken so far. */
  readonly cpuS: () => number;
  /** A line of progress. */
  readonly tell: (text: string) => void;
};

/** Of the first minute nothing is said but its cost: the peers come up in it. */
const WARM_UP_MS = 60_000;

/** From the last minute on: when a peer is killed, how long it is down, and when another joins. */
const KILLED = 1;
const DOWN_MS = 15_000;
const JOIN_MS = 25_000;

/** What a peer has sent so shortly before it is killed others may not have heard of: a window of a mesh of a hundred. */
const UNTOLD_MS = 6_000;

/** What is due so shortly before the end may still be on its way. */
const LATE_MS = 10_000;

/** How often it is looked whether the newcomer has joined. */
const LOOK_MS = 100;

/** The origin of all that was there before. */
const BEFORE = 1;

const COMMITTED_AT_ONCE = 1_000;

export async function simulateLarge(size: LargeSize, { keyValue, cpuS, tell }: LargeParts): Promise<LargeReport> {
  if (size.minutes < 3) {
    throw new RangeError("a large mesh takes 3 minutes: to come up, to be calm, and for what befalls it");
  }
  const base = keyValue();
  const schedules = await fill(base, size);
  tell(`${size.tasks} tasks are there`);
  const plan = planOf({ seed: 1, peers: size.peers, minutes: size.minutes, tasks: 0 });
  const lastMs = (size.minutes - 1) * 60_000;
  const meter = new Meter(cpuS);
  let made = 0;
  const world = new World({
    plan: {
      ...plan,
      users: [],
      faults: [
        { kind: "crash", at: lastMs, ms: DOWN_MS, peer: KILLED, isPower: false },
        { kind: "join", at: lastMs + JOIN_MS, ms: 0, peer: size.peers },
      ],
      kind: {
        ...plan.kind,
        delayMs: [0.5, 5],
        syncMs: [0.5, 7],
        readMaxMs: 0,
        isWired: false,
        failures: 0,
        hangs: 0,
        skewMaxMs: 50,
        broadcastLoss: 0,
      },
    },
    // Who joins has nothing.
    keyValue: () => made++ < size.peers ? base.fork() : keyValue(),
    said: (message, from, to) => meter.said(message, from, to),
  });
  const { timeline } = world;
  const begin = (name: string, atMs: number) =>
    timeline.at(START + atMs, () => {
      meter.begin(name, timeline.now);
      tell(`${name}: ${world.targets.sent.length} deliveries, ${world.network.messages} messages so far`);
    });
  begin("start", 0);
  begin("calm", WARM_UP_MS);
  begin("kill", lastMs);
  begin("join", lastMs + JOIN_MS);
  let joinedMs: number | undefined;
  const look = () => {
    const shards = world.peers[size.peers]?.node?.mesh().peers[0]?.shards ?? 0;
    if (shards > 0) joinedMs = timeline.now - START - lastMs - JOIN_MS;
    else timeline.in(LOOK_MS, look);
  };
  timeline.at(START + lastMs + JOIN_MS, look);
  await world.run();
  meter.end(timeline.now);
  const faults = await faultsOf(world, size);
  const report = { ...historyOf(world, schedules, lastMs), phases: meter.phases, faults };
  return joinedMs === undefined ? report : { ...report, joinedMs };
}

/**
 * All see all, hold the same tasks by the same vector, and have of each run log what anybody had ten seconds before; each
 * shard is fired once.
 */
async function faultsOf(world: World, { peers }: LargeSize): Promise<readonly string[]> {
  const faults: string[] = [];
  const [digests, vectors] = [new Set<string>(), new Set<string>()];
  let shards = 0;
  for (const peer of world.survivors()) {
    const { node } = peer;
    const say = (text: string) => faults.push(`${peer.id} ${text}`);
    if (node === undefined) {
      say("is not up");
      continue;
    }
    const mesh = node.mesh();
    digests.add(mesh.digest);
    vectors.add(node.vector().join(" "));
    shards += mesh.peers[0]?.shards ?? 0;
    const alive = mesh.peers.filter(({ state }) => state === "alive").length;
    if (alive !== peers + 1) say(`sees ${alive} alive`);
    if (mesh.digest === "") say("does not know yet what it holds");
    if (mesh.fenced) say("is fenced");
    const ends = await runEndsOf(peer);
    const behind = [...world.lateEnds.values()].some((late) =>
      [...late].some(([author, seq]) => (ends.get(author) ?? 0) < seq)
    );
    if (behind) say("lacks something of a run log that another had ten seconds before");
  }
  if (digests.size > 1) faults.push(`there are ${digests.size} digests`);
  if (vectors.size > 1) faults.push(`there are ${vectors.size} vectors`);
  if (shards !== SHARDS) faults.push(`${shards} shards are fired`);
  return faults;
}

function historyOf(
  world: World,
  schedules: ReadonlyMap<TaskGuid, Schedule>,
  lastMs: number,
): Omit<LargeReport, "phases" | "faults"> {
  const killedAt = START + lastMs;
  const isUntold = ({ peer, at }: Sent) => peer === nameOf(KILLED) && at > killedAt - UNTOLD_MS && at <= killedAt;
  const sent = new Map<string, Sent[]>();
  for (const each of world.targets.sent) {
    const known = sent.get(each.id);
    if (known === undefined) sent.set(each.id, [each]);
    else known.push(each);
  }
  let [due, missed, double, untold] = [0, 0, 0, 0];
  const lateness: number[] = [];
  for (const [guid, schedule] of schedules) {
    for (const at of between(schedule, instant(START + WARM_UP_MS), instant(world.end - LATE_MS), 10_000)) {
      due++;
      const [first, ...more] = sent.get(occurrenceId(guid, at)) ?? [];
      if (first === undefined) {
        missed++;
        continue;
      }
      lateness.push(first.localAt - first.instant);
      if (more.length === 0) continue;
      if (more.length === 1 && isUntold(first)) untold++;
      else double++;
    }
  }
  lateness.sort((a, b) => a - b);
  const at = (share: number) => lateness[Math.min(lateness.length - 1, Math.floor(lateness.length * share))] ?? 0;
  return { due, missed, double, untold, latenessMs: { p50: at(0.5), p99: at(0.99), max: at(1) } };
}

/** The tasks as a peer has them on its disk that has known them for long. */
async function fill(
  base: ForkableKeyValue,
  { peers, tasks, periodS }: LargeSize,
): Promise<ReadonlyMap<TaskGuid, Schedule>> {
  const store = recordStore(base);
  const chance = new Chance(1, "tasks");
  const schedules = new Map<TaskGuid, Schedule>();
  const since = instant(START - 3_600_000);
  let writes: Write[] = [];
  for (let n = 0; n < tasks; n++) {
    const id = `task-${n}`;
    const guid = taskGuid(USER, id);
    const start = new Date(since + chance.whole(0, periodS * 1_000 - 1)).toISOString();
    const source = `R/${start}/PT${periodS}S`;
    const schedule = parseSchedule(source);
    if (isFault(schedule)) throw new Error(schedule.message);
    schedules.set(guid, schedule);
    const stamp = makeStamp(since + Math.floor(n / 1_000), n % 1_000, BEFORE);
    const definition = {
      ...{ id, name: id, schedule: source, payload: n, policy: {}, labels: {} },
      target: { urn: `http://target.test/${id}` },
    };
    const entity = writeTask(undefined, { guid, user: USER, definition, state: { paused: false } }, stamp, since);
    const next: Instant | undefined = nextAtOrAfter(schedule, instant(START));
    writes.push({ kind: "entity", entity, dropped: [], added: [stamp], isOwn: false });
    if (next !== undefined) {
      writes.push({ kind: "due", guid, to: { at: next } });
      writes.push({
        kind: "progress",
        guid,
        progress: { through: instant(START - 1), open: 0, failures: 0, wake: next },
      });
    }
    if (writes.length < COMMITTED_AT_ONCE) continue;
    await store.commit(writes);
    writes = [];
  }
  // It comes after all of these, and has their origin.
  const stamps = [foundingStamp({ peers, start: START })];
  await store.commit([...writes, { kind: "vector", stamps }, { kind: "runVector", ends: [] }]);
  return schedules;
}
