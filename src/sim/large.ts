// A large mesh for a while: a hundred peers, a hundred thousand tasks that are there already, and nothing that goes
// wrong. It says what each peer has sent and computed, and whether every occurrence that was due was sent once.

import type { Write } from "../core/protocol/write.ts";
import { parseSchedule } from "../core/schedule/schedule-source.ts";
import { between, nextAtOrAfter, type Schedule } from "../core/schedule/schedule.ts";
import { occurrenceId } from "../core/task/occurrence.ts";
import { writeTask } from "../core/task/task-entity.ts";
import { isFault } from "../core/values/fault.ts";
import { type TaskGuid, taskGuid } from "../core/values/ids.ts";
import { type Instant, instant } from "../core/values/instant.ts";
import { makeStamp, type Stamp } from "../core/values/stamp.ts";
import type { KeyValue } from "../store/key-value.ts";
import { recordStore } from "../store/records.ts";
import { Chance } from "./chance.ts";
import { planOf } from "./plan-draw.ts";
import { START } from "./plan.ts";
import { USER, World } from "./world.ts";

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
  readonly messagesPerPeerS: number;
  readonly broadcastsPerS: number;
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
  return { ...report(world, schedules, size), kinds };
}

function report(world: World, schedules: ReadonlyMap<TaskGuid, Schedule>, size: LargeSize): Omit<LargeReport, "kinds"> {
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
    broadcastsPerS: world.network.broadcasts / seconds,
  };
}

/** The tasks as a peer has them on its disk that has known them for long. */
async function fill(base: ForkableKeyValue, { tasks, periodS }: LargeSize): Promise<ReadonlyMap<TaskGuid, Schedule>> {
  const store = recordStore(base);
  const chance = new Chance(1, "tasks");
  const schedules = new Map<TaskGuid, Schedule>();
  const since = instant(START - 3_600_000);
  let last: Stamp | undefined;
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
    last = stamp;
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
  await store.commit([...writes, { kind: "vector", stamps: last === undefined ? [] : [last] }, {
    kind: "runVector",
    ends: [],
  }]);
  return schedules;
}
