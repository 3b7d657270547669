import { planOf } from "../../src/sim/plan.ts";
import { World } from "../../src/sim/world.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
const plan = { ...planOf({ seed: 1, peers: 5, minutes: 2, tasks: 50 }), faults: [] };
const world = new World({ plan, keyValue: memoryKeyValue });
setTimeout(() => {}, 3000);
setInterval(()=>console.log(world.timeline.now - Date.parse("2026-06-01T00:00:00Z"), world.network.messages), 500).unref?.();
world.run().then(() => console.log("done"), (e) => console.log("failed", e));
