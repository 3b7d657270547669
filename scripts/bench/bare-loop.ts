// The reference for the rate of deliveries: an undici pool and nothing else, posting as many events of the same size to
// the same sink with the same number of connections.
//
//   bare-loop.ts PORT COUNT CONNECTIONS

import process from "node:process";
import { Pool } from "undici";

const [port, count, connections] = process.argv.slice(2).map(Number);
if (port === undefined || count === undefined || connections === undefined) throw new Error("PORT COUNT CONNECTIONS");

const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });
const headers = {
  "content-type": "application/json",
  "user-agent": "Metronome/0.1.0",
  "ce-specversion": "1.0",
  "ce-type": "metronome.occurrence",
  "ce-source": "/tasks/bench-10000",
  "ce-taskid": "bench-10000",
  "ce-attempt": "1",
};
let next = 0;

async function lane(): Promise<void> {
  while (next < (count ?? 0)) {
    const id = (next++).toString(16).padStart(32, "0");
    const now = new Date().toISOString();
    const answer = await pool.request({
      method: "POST",
      path: `/?time=${Math.floor(Date.now() / 1000)}&epsilon=60&at=${Math.floor(Date.now() / 1000)}`,
      headers: {
        ...headers,
        "idempotency-key": id,
        "ce-id": id,
        "ce-time": now,
        "traceparent": `00-${id}-${id.slice(16)}-01`,
      },
      body: "null",
    });
    await answer.body.dump();
    if (answer.statusCode !== 204) throw new Error(`the sink answered ${answer.statusCode}`);
  }
}

const cpu = process.cpuUsage();
const startedAt = performance.now();
await Promise.all(Array.from({ length: connections }, lane));
const elapsedMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ perSecond: count / (elapsedMs / 1000), cpuMicrosEach: (user + system) / count }));
process.exit(0);
