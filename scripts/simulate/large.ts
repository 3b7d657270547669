// A large simulated mesh, and what it costs: run by scripts/simulate.js --large.

import process from "node:process";
import { simulateLarge, WARM_UP_MS } from "../../src/sim/large.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const [peers = 100, tasks = 100_000, minutes = 5, periodS = 3_600] = process.argv.slice(2).map(Number);

const began = performance.now();
const before = process.cpuUsage();
const cpuS = () => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};
const seconds = (s: number) => `${s.toFixed(0).padStart(5)} s`;
let calmS = 0;
const report = await simulateLarge({ peers, tasks, minutes, periodS }, {
  keyValue: memoryKeyValue,
  onCalm: () => calmS = cpuS(),
  tell: (text) => console.log(`${seconds((performance.now() - began) / 1_000)}, CPU ${seconds(cpuS())}: ${text}`),
});
const totalS = cpuS();
const calmMs = (totalS - calmS) * 1_000 / peers / (minutes * 60 - WARM_UP_MS / 1_000);
console.log(`\n${peers} peers, ${tasks} tasks of one occurrence in ${periodS} s, ${minutes} simulated minutes`);
console.log(
  `due ${report.due}, missed ${report.missed}, double ${report.double}, late p50 ${report.latenessMs.p50} ms, p99 ${report.latenessMs.p99} ms, at most ${report.latenessMs.max} ms`,
);
console.log(
  `messages: ${report.messagesPerPeerS.toFixed(2)} a second and peer sent, at most ${
    report.messagesMostS.toFixed(2)
  }, ${report.broadcastsPerS.toFixed(2)} broadcasts a second in all`,
);
for (const [kind, { count, bytes }] of [...report.kinds].sort(([, a], [, b]) => b.count - a.count)) {
  console.log(
    `  ${kind.padEnd(16)} ${String(count).padStart(9)}  ${(bytes / count / 1_024).toFixed(2).padStart(8)} KiB each`,
  );
}
console.log(
  `CPU: ${calmMs.toFixed(2)} ms for each peer and second once all are up (${
    (calmMs / 10).toFixed(1)
  } % of a core; the simulated disks and network among it), ${totalS.toFixed(1)} s in all`,
);
console.log(`memory: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB for all`);
const { faults } = report;
console.log(faults.length === 0 ? "all hold the same" : `${faults.length} faults:\n${faults.slice(0, 20).join("\n")}`);
if (report.due === 0 || report.missed + report.double + faults.length > 0) process.exitCode = 1;
