// Sends events to targets of several kinds, so many to each at once, and prints what memory that took and how they ended.
// The first kind answers well and briefly: it is sent to before.
//
//   hostile-sender.ts EACH TOTAL_MS NAME=PORT …

import process from "node:process";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { instant } from "../../src/core/values/instant.ts";
import { httpTrigger } from "../../src/trigger/http.ts";

const [each = 0, totalMs = 0] = process.argv.slice(2, 4).map(Number);
const [well, ...kinds] = process.argv.slice(4).map((word) => word.split("="));
/** Rounds of ordinary answers: pools, code and heap are what they are in a peer that runs. */
const ROUNDS = 200;
const NEVER = new AbortController().signal;

const trigger = httpTrigger({ now: Date.now });
for (let round = 0; round < ROUNDS; round++) await sendAll(well?.[1]);
await pause(500);
const beforeMb = rssMb();
let mostMb = beforeMb;
const timer = setInterval(() => mostMb = Math.max(mostMb, rssMb()), 50);
const begun = performance.now();
const results = Object.fromEntries(
  await Promise.all(kinds.map(async ([name = "", port]) => [name, told(await sendAll(port))] as const)),
);
const slowestMs = performance.now() - begun;
await pause(1_000);
clearInterval(timer);
console.log(JSON.stringify({ beforeMb, afterMb: rssMb(), mostMb, slowestMs, results }));
await trigger.close();
process.exit(0);

function sendAll(port: string | undefined): Promise<readonly DeliveryResult[]> {
  return Promise.all(Array.from({ length: each }, (_, n) => {
    const id = n.toString(16).padStart(32, "0") as OccurrenceId;
    const delivery = { id, attempt: 1, task: `t-${n}`, instant: instant(0), toleranceMs: 0, payload: null };
    const target = { urn: `http://127.0.0.1:${port}/` };
    return trigger.send({ ...delivery, target, connectMs: 5_000, totalMs }, NEVER);
  }));
}

/** How many ended how. */
function told(all: readonly DeliveryResult[]): string {
  const counts = new Map<string, number>();
  for (const result of all) {
    const how = result.kind === "delivered" ? "delivered" : result.error.replace(/127\.0\.0\.1:\d+/, "it");
    counts.set(how, (counts.get(how) ?? 0) + 1);
  }
  return [...counts].map(([how, count]) => `${count} × ${how}`).join(", ");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function rssMb(): number {
  return process.memoryUsage().rss / 2 ** 20;
}
