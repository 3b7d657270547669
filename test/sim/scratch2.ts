import { planOf } from "../../src/sim/plan.ts";
import { World } from "../../src/sim/world.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
const plan = { ...planOf({ seed: 1, peers: 5, minutes: 2, tasks: 50 }), faults: [] };
const world = new World({ plan, keyValue: memoryKeyValue });
const step = world.timeline.step.bind(world.timeline); let n = 0;
world.timeline.step = (end) => { if (++n % 20000 === 0 || n < 5) console.log(n, world.timeline.now - Date.parse("2026-06-01T00:00:00Z"), world.network.messages); return step(end); };
const at = world.timeline.at.bind(world.timeline); if (process.env.TRACE) world.timeline.at = (t, run) => { if (n > 20000 && n < 20020) console.log(t, new Error().stack.split("\n").slice(2, 5).join("|")); at(t, run); };
world.run().then(() => console.log("done"), (e) => console.log("failed", e));
