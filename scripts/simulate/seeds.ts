// Simulates one seed after the other until there are enough or the time is over, and says what was found: a mesh of each
// seed, and some histories of the model of pulls, which are short. Run by scripts/simulate.js, which knows the words of
// the command line.

import process from "node:process";
import { planOf } from "../../src/sim/plan-draw.ts";
import { holdPlanOf } from "../../src/sim/plan-hold.ts";
import { converges } from "../../src/sim/pull-model.ts";
import { simulateSeed } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const [from = 1, count = Infinity, step = 1, minutes = 10, peers = 5, tasks = 50, limitMs = Infinity] = process.argv
  .slice(2, 9).map(Number);
/** Which worlds are made of the seeds. */
const planFor = process.argv[9] === "hold" ? holdPlanOf : planOf;

/** Half a millisecond each: in a thousand seeds as many as the figures of the rule were found with. */
const HISTORIES = 28;

let seed = from;
// A defect that throws where nobody waits would end the process without a word of its seed.
process.on("unhandledRejection", (error) => {
  console.log(JSON.stringify({ seed, violation: `seed ${seed}: ${error instanceof Error ? error.stack : error}` }));
  process.exit(1);
});

const began = performance.now();
for (let n = 0; n < count && performance.now() - began < limitMs; n++, seed += step) {
  for (let history = seed * HISTORIES; history < (seed + 1) * HISTORIES; history++) {
    if (converges(history, "whole")) continue;
    const violation = `seed ${seed}: history ${history} of the model of pulls diverges`;
    console.log(JSON.stringify({ seed, violation }));
  }
  try {
    const plan = planFor({ seed, peers, minutes, tasks });
    const { targets: { sent }, network: { messages } } = await simulateSeed(plan, { keyValue: memoryKeyValue });
    console.log(JSON.stringify({ seed, sent: sent.length, messages }));
  } catch (error) {
    console.log(
      JSON.stringify({
        seed,
        violation: error instanceof Error
          ? error.message.startsWith("seed") ? error.message : `seed ${seed}: ${error.stack}`
          : String(error),
      }),
    );
  }
}
