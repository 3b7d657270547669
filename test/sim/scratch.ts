import { planOf } from "../../src/sim/plan.ts";
import { World } from "../../src/sim/world.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
const seed = Number(process.argv[2] ?? 1), minutes = Number(process.argv[3] ?? 10);
const plan = { ...planOf({ seed, peers: 5, minutes, tasks: 50 }) };
if (process.argv[4] === "calm") plan.faults = [];
console.log(plan.kind, plan.faults.map((f) => JSON.stringify(f)).join("\n"));
const world = new World({ plan, keyValue: memoryKeyValue });
const t = performance.now();
await world.run();
console.log((performance.now() - t).toFixed(0), "ms", "messages", world.network.messages, "broadcasts", world.network.broadcasts, "sent", world.targets.sent.length, "acks", world.history.acks.length, "refused", world.history.acks.filter((a) => a.result === "refused").map((a) => a.why).join(","));
for (const l of world.history.logged.slice(0, 10)) console.log(new Date(l.at).toISOString(), l.peer, l.text.slice(0, 300));
for (const p of world.peers) {
  const m = p?.node?.mesh();
  console.log(p?.id, p?.isUp, m?.digest, m?.converged, m?.fenced, "q", m?.quarantined, "rep", m?.repaired, m?.peers.map((x) => `${x.state}:${x.shards}`).join(" "));
}
