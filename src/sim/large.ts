// A large mesh for a while: a hundred peers, a hundred thousand tasks that are there already, and nothing that goes
// wrong. It says what each peer has sent and computed, whether every occurrence that was due was sent once, and whether all
// hold the same in the end.

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
import { planOf } from "./plan-draw.ts";
import { START } from "./plan.ts";
import { foundingStamp, runEndsOf, USER, World } from "./world.ts";

export type LargeSize = {
  readonly peers: number;
  readonly tasks: number;
  readonly minutes: number;
  /** Seconds between two occurrences of each task. */
  readonly periodS: number;
};

/** A store of which others start that share what none of them has changed. */
type ForkableKeyValue = KeyValue & { fork(): KeyValue };

export type LargeReport = {
  readonly due: number;
  /** Of what was due: not sent, sent more than once, and the lateness of the others in ms. */
  readonly missed: number;
  readonly double: number;
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Messages to one peer: of all in the mean, and of who sent the most. */
  readonly messagesPerPeerS: number;
  readonly messagesMostS: number;
  readonly broadcastsPerS: number;
  /** What is not as it should be in the end, one line each. */
  readonly faults: readonly string[];
  /** By what they say: how many in all, and about how long one is. */
  readonly kinds: ReadonlyMap<string, { readonly count: number; readonly bytes: number }>;
};

export type LargeParts = {
  readonly keyValue: () => ForkableKeyValue;
  /** A line of progress. */
  readonly tell: (text: string) => void;
  /** The peers are up: what is spent from now on is the cost of a calm mesh. */
  readonly onCalm: () => void;
};

/** Of the first minute nothing is said: the peers come up in it. */
export const WARM_UP_MS = 60_000;

/** What is due so shortly before the end may still be on its way. */
const LATE_MS = 10_000;

/** The origin of all that was there before. */
const BEFORE = 1;

const COMMITTED_AT_ONCE = 1_000;

/** One message in so many is measured. */
const MEASURED = 16;

export async function simulateLarge(
  size: LargeSize,
  parts: LargeParts,
): Promise<LargeReport> {
  const base = parts.keyValue();
  const schedules = await fill(base, size);
  parts.tell(`${size.tasks} tasks are there`);
  const plan = planOf({ seed: 1, peers: size.peers, minutes: size.minutes, tasks: 0 });
  const kinds = new Map<string, { count: number; bytes: number }>();
  const world = new World({
    plan: {
      ...plan,
      users: [],
      faults: [],
      kind: {
        ...plan.kind,
        delayMs: [0.5, 5],
        readMaxMs: 0,
        isWired: false,
        failures: 0,
        hangs: 0,
        skewMaxMs: 50,
        broadcastLoss: 0,
      },
    },
    keyValue: () => base.fork(),
    sabotage: (message) => {
      const said = message.kind === "ask"
        ? `ask ${message.ask.kind}`
        : message.kind === "answer"
        ? `answer ${message.answer.kind}`
        : message.kind;
      const known = kinds.get(said) ?? { count: 0, bytes: 0 };
      if (known.count % MEASURED === 0) known.bytes += JSON.stringify(message).length * MEASURED;
      known.count++;
      kinds.set(said, known);
      return false;
    },
  });
  for (let minute = 0; minute < size.minutes; minute++) {
    world.timeline.at(
      START + minute * 60_000,
      () => parts.tell(`minute ${minute}: ${world.targets.sent.length} deliveries, ${world.network.messages} messages`),
    );
  }
  world.timeline.at(START + WARM_UP_MS, parts.onCalm);
  await world.run();
  return { ...report(world, schedules, size), kinds, faults: await faultsOf(world, size) };
}

/** All see all, hold the same tasks, and have of each run log what anybody had ten seconds before; each shard is fired once. */
async function faultsOf(world: World, { peers }: LargeSize): Promise<readonly string[]> {
  const faults: string[] = [];
  const digests = new Set<string>();
  for (const peer of world.survivors()) {
    const mesh = peer.node?.mesh();
    const say = (text: string) => faults.push(`${peer.id} ${text}`);
    if (mesh === undefined) {
      say("is not up");
      continue;
    }
    digests.add(mesh.digest);
    const alive = mesh.peers.filter(({ state }) => state === "alive").length;
    if (alive !== peers) say(`sees ${alive} alive`);
    const shards = mesh.peers.reduce((sum, each) => sum + each.shards, 0);
    if (shards !== SHARDS) say(`counts ${shards} shards that are fired`);
    if (mesh.digest === "" || !mesh.converged) say("does not hold what the others do, or does not know it");
    if (mesh.fenced) say("is fenced");
    const ends = await runEndsOf(peer);
    const behind = [...world.lateEnds.values()].some((late) =>
      [...late].some(([author, seq]) => (ends.get(author) ?? 0) < seq)
    );
    if (behind) say("lacks something of a run log that another had ten seconds before");
  }
  if (digests.size > 1) faults.push(`there are ${digests.size} digests`);
  return faults;
}

function report(
  world: World,
  schedules: ReadonlyMap<TaskGuid, Schedule>,
  size: LargeSize,
): Omit<LargeReport, "kinds" | "faults"> {
  const sent = new Map<string, { count: number; latenessMs: number }>();
  for (const { id, at, instant } of world.targets.sent) {
    const known = sent.get(id);
    if (known === undefined) sent.set(id, { count: 1, latenessMs: at - instant });
    else known.count++;
  }
  let [due, missed, double] = [0, 0, 0];
  const lateness: number[] = [];
  for (const [guid, schedule] of schedules) {
    for (const at of between(schedule, instant(START + WARM_UP_MS), instant(world.end - LATE_MS), 10_000)) {
      due++;
      const found = sent.get(occurrenceId(guid, at));
      if (found === undefined) missed++;
      else {
        if (found.count > 1) double++;
        lateness.push(found.latenessMs);
      }
    }
  }
  lateness.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(lateness[Math.min(lateness.length - 1, Math.floor(lateness.length * share))] ?? 0);
  const seconds = size.minutes * 60;
  return {
    due,
    missed,
    double,
    latenessMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    messagesPerPeerS: world.network.messages / size.peers / seconds,
    messagesMostS: Math.max(0, ...world.network.sent.values()) / seconds,
    broadcastsPerS: world.network.broadcasts / seconds,
  };
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
