// A large simulated mesh, and what it costs: run by scripts/simulate.js --large.

import process from "node:process";
import { simulateLarge } from "../../src/sim/large.ts";
import type { Phase, Said } from "../../src/sim/meter.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const [peers = 100, tasks = 100_000, minutes = 3, periodS = 3_600] = process.argv.slice(2).map(Number);

/** Gossip hands each broadcast on to so many others (`D`), and not back to whom it came from. */
const COPIES = 3;

const began = performance.now();
const before = process.cpuUsage();
const cpuS = () => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};
const seconds = (s: number) => `${s.toFixed(0).padStart(5)} s`;

const report = await simulateLarge({ peers, tasks, minutes, periodS }, {
  keyValue: memoryKeyValue,
  cpuS,
  tell: (text) => console.log(`${seconds((performance.now() - began) / 1_000)}, CPU ${seconds(cpuS())}: ${text}`),
});
const { due, missed, double, untold, latenessMs, phases, joinedMs, faults } = report;

console.log(
  `\n${peers} peers, ${tasks} tasks of one occurrence in ${periodS} s that all have at the start, ${minutes} simulated minutes`,
);
const WHAT: { readonly [name: string]: string } = {
  start: "all start",
  calm: "calm",
  kill: "one is killed",
  join: "one joins",
};
const title = (name: string) => (WHAT[name] ?? name).padStart(COLUMN);
const COLUMN = 16;
console.log(`\n${"of each peer, in a second".padEnd(28)}${phases.map(({ name }) => title(name)).join("")}`);
const row = (name: string, figure: (phase: Phase) => number) =>
  console.log(`  ${name.padEnd(26)}${phases.map((phase) => figure(phase).toFixed(2).padStart(COLUMN)).join("")}`);
const perPeerS = (amount: number, { from, to }: Phase) => amount / peers / ((to - from) / 1_000);
const sum = (phase: Phase, of: keyof Said) => [...phase.messages.values()].reduce((total, said) => total + said[of], 0);
row("messages out, and in", (phase) => perPeerS(sum(phase, "count"), phase));
row("out, of who sends most", (phase) => perPeerS(Math.max(0, ...phase.bySender.values()) * peers, phase));
row("KiB of them", (phase) => perPeerS(sum(phase, "bytes") / 1_024, phase));
row("broadcasts handed on", (phase) => perPeerS(phase.broadcasts.count * peers * COPIES, phase));
row("KiB of them", (phase) => perPeerS(phase.broadcasts.bytes * peers * COPIES / 1_024, phase));
row("ms of CPU", (phase) => perPeerS((phase.cpuEndS - phase.cpuS) * 1_000, phase));

const calm = phases.find(({ name }) => name === "calm");
console.log("\nwhat is said in the calm");
for (const [kind, { count, bytes }] of [...calm?.messages ?? []].sort(([, a], [, b]) => b.count - a.count)) {
  console.log(`  ${kind.padEnd(18)}${String(count).padStart(9)} of ${(bytes / count).toFixed(0)} bytes`);
}
if (calm !== undefined && calm.broadcasts.count > 0) {
  const { count, bytes } = calm.broadcasts;
  console.log(`  ${"broadcast".padEnd(18)}${String(count).padStart(9)} of ${(bytes / count).toFixed(0)} bytes`);
}

console.log(
  `\ndue ${due}: ${missed} lost, ${double} double, ${untold} double that the killed peer had not told of; late p50 ${latenessMs.p50} ms, p99 ${latenessMs.p99} ms, at most ${latenessMs.max} ms`,
);
console.log(
  joinedMs === undefined
    ? "the newcomer has not joined"
    : `the newcomer, whose disk was empty, held all and fired its share after ${(joinedMs / 1_000).toFixed(1)} s`,
);
console.log(
  `CPU ${cpuS().toFixed(0)} s in all, the simulated disks and network among it; memory ${
    (process.memoryUsage.rss() / 2 ** 20).toFixed(0)
  } MiB for all`,
);
console.log(
  faults.length === 0
    ? "all see all and hold the same; each shard is fired by one"
    : `${faults.length} faults:\n${faults.slice(0, 20).join("\n")}`,
);
if (due === 0 || missed + double + faults.length > 0 || joinedMs === undefined) process.exitCode = 1;
