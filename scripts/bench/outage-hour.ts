// One peer under simulated time on a real store: a target that is well for five minutes, down for an hour, and well
// again, with 100 events due in each second. Prints what became of those of the hour, and what memory it took.
//
//   outage-hour.ts FOLDER [MINUTES]

import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers";
import process from "node:process";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { PERIODS } from "../../src/core/values/periods.ts";
import { startNode } from "../../src/node/node.ts";
import { levelKeyValue } from "../../src/store/level.ts";
import { recordStore } from "../../src/store/records.ts";

const TASKS = 500;
const PERIOD_S = 5;
const WELL_MS = 5 * 60_000;
const AFTER_MS = 10 * 60_000;
const USER = "ada";
const KEEP = { runs: 1_000_000, ageMs: 30 * 86_400_000 };

const [folder = "", minutes = "60"] = process.argv.slice(2);
const HOUR_MS = Number(minutes) * 60_000;
const start = Date.parse("2026-06-01T00:00:00Z");
const downAt = start + 60_000 + WELL_MS;
const upAt = downAt + HOUR_MS;

type Alarm = { readonly at: number; readonly ring: () => void };

let now = start;
let alarm: Alarm | undefined;
/** What the store wants to do later. */
let later: Alarm[] = [];
let pending = 0;
let onIdle: (() => void) | undefined;
let attempts = 0;

const wake = (ms: number, ring: () => void) => void later.push({ at: now + ms, ring });
const store = recordStore(watched(await levelKeyValue({ path: folder, log: () => {} })), {
  now: () => now,
  later: wake,
});
const node = await startNode({
  id: "peer-1",
  name: "outage",
  origin: 1,
  introduction: { name: "outage", weight: 1, labels: {}, version: "0.0.0", format: 1, tzdata: "2026a" },
  periods: PERIODS.normal,
  digestKey: "outage",
  isSigned: () => true,
  clock: {
    now: () => instant(now),
    alarm: (at, ring) => void (alarm = { at, ring }),
    soon: (deed) => void setImmediate(deed),
    later: wake,
    close: () => void (alarm = undefined),
  },
  store,
  trigger: { schemes: ["http"], send: () => Promise.resolve(answer()), close: () => Promise.resolve() },
  chance: Math.random,
  keep: KEEP,
  log: () => {},
});
await calm();

const guids = Array.from({ length: TASKS }, (_, n) => taskGuid(USER, `t-${n}`));
await Promise.all(guids.map((guid, n) => {
  const id = `t-${n}`;
  const from = new Date(start + 60_000 + (n % PERIOD_S) * 1_000).toISOString();
  const definition = {
    ...{ id, name: id, schedule: `R/${from}/PT${PERIOD_S}S`, target: { urn: "http://down.test/" }, payload: null },
    ...{ policy: {}, labels: {} },
  };
  return node.submit({ kind: "task", guid, command: { kind: "put", user: USER, definition, mode: "create" } });
}));

await passTo(downAt - 1);
const well = memory();
let most = well;
for (let at = downAt; at <= upAt; at += 60_000) {
  await passTo(at - 1);
  see();
}
const attemptsDown = attempts;
await passTo(upAt + AFTER_MS);
see();

const outcomes: Record<string, number> = {};
let [accounted, open] = [0, 0];
for (const guid of guids) {
  const seen = new Set<number>();
  for (let cursor: string | undefined, isMore = true; isMore;) {
    const page = await node.runs({ guid, limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    for (const { instant, outcome } of page.items) {
      if (instant < downAt || instant >= upAt || seen.has(instant)) continue;
      seen.add(instant);
      if (outcome === undefined) open++;
      else outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    cursor = page.cursor;
    isMore = cursor !== undefined;
  }
  accounted += seen.size;
}
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({
  due: TASKS * HOUR_MS / (PERIOD_S * 1_000),
  ...{ accounted, open, outcomes, attempts: attemptsDown, well, most, after: memory() },
  cpuS: (user + system) / 1e6,
}));
process.exit(0);

function answer(): DeliveryResult {
  if (now < downAt || now >= upAt) return { kind: "delivered", status: 204 };
  attempts++;
  return { kind: "failed", error: "connection refused by down.test:80", retryable: true, cause: "unreached" };
}

async function passTo(end: number): Promise<void> {
  await calm();
  for (let next = takeNext(end); next !== undefined; next = takeNext(end)) {
    now = Math.max(now, next.at);
    next.ring();
    await calm();
  }
  now = Math.max(now, end);
}

/** What comes first of what is to be done until then. */
function takeNext(end: number): Alarm | undefined {
  const all = alarm === undefined ? later : [...later, alarm];
  const next = all.reduce<Alarm | undefined>((a, b) => a !== undefined && a.at <= b.at ? a : b, undefined);
  if (next === undefined || next.at > end) return undefined;
  if (next === alarm) alarm = undefined;
  else later = later.filter((one) => one !== next);
  return next;
}

/**
 * Until the disk has done all that it was asked, and nothing has come of that. Who asks again and again meanwhile makes
 * more garbage than the peer, and what waits for the disk grows old by it: V8 keeps that for long.
 */
async function calm(): Promise<void> {
  for (let quiet = 0; quiet < 3;) {
    const isIdle = pending === 0;
    await (isIdle ? new Promise((resolve) => setImmediate(resolve)) : new Promise<void>((idle) => onIdle = idle));
    quiet = isIdle && pending === 0 ? quiet + 1 : 0;
  }
}

/** The same disk, or a walk on it, of which is known how much it is doing. */
function watched<Door extends object>(door: Door): Door {
  return new Proxy(door, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...words: readonly unknown[]) => {
        const done: unknown = Reflect.apply(value, target, words);
        if (done instanceof Promise) {
          pending++;
          void done.catch(() => {}).then(ended);
        }
        return done instanceof Promise || typeof done !== "object" || done === null ? done : watched(done);
      };
    },
  });
}

function ended(): void {
  if (--pending === 0) onIdle?.();
}

function see(): void {
  const now = memory();
  if (now.rssMb > most.rssMb) most = now;
}

/** Of what is resident, what is the process's own, and of the files that LevelDB maps: those may be read again. */
function memory() {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return {
    rssMb: rss / 2 ** 20,
    ownMb: kb("RssAnon") / 1_024,
    filesMb: kb("RssFile") / 1_024,
    heapMb: heapTotal / 2 ** 20,
    usedMb: heapUsed / 2 ** 20,
    externalMb: external / 2 ** 20,
  };
}
