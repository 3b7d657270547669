// `kill -9` at random moments under a load of creating and firing: what was acknowledged must be there, what was due
// must have come, and what came twice must have been in flight, with one id.

import { makeFolder, pause, report, startPeer, startSink } from "./world.js";

const KILLS = 50;
const LIFE_MIN_MS = 300;
const LIFE_SPAN_MS = 1_500;
const PERIODIC = 50;
const IN_FLIGHT_MAX = 64;

export async function kill(runtime) {
  const folder = makeFolder();
  const sink = await startSink();
  const acknowledged = new Map();
  const doubled = [];
  let created = 0;
  try {
    for (let life = 0; life <= KILLS; life++) {
      const node = await startPeer(folder.path, { runtime });
      if (life === 0) {
        const start = new Date(Math.ceil(Date.now() / 1000) * 1000).toISOString();
        await node.register(
          PERIODIC,
          (n) => ({
            id: `periodic-${n}`,
            schedule: `R/${start}/PT1S`,
            target: sink.url,
            policy: { tolerance: "PT1H" },
          }),
        );
      }
      const before = (await sink.seen()).doubles;
      if (life === KILLS) {
        await pause(5_000);
        doubled.push((await sink.seen()).doubles - before);
        const result = await judge(node, sink, acknowledged);
        await node.stop();
        return conclude(result, doubled, created);
      }
      let isAlive = true;
      const creating = (async () => {
        while (isAlive) {
          const id = `one-${created++}`;
          const due = Date.now() + Math.floor(Math.random() * 1_000);
          try {
            const response = await node.call("/api/v1/tasks", {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify({
                id,
                schedule: new Date(due).toISOString(),
                target: sink.url,
                policy: { tolerance: "PT1H" },
              }),
            });
            if (response.status === 201) {
              const { next } = await response.json();
              acknowledged.set(id, next);
            }
          } catch {
            // The peer was killed under the request: nothing was acknowledged.
          }
        }
      })();
      await pause(LIFE_MIN_MS + Math.random() * LIFE_SPAN_MS);
      isAlive = false;
      process.kill(node.pid, "SIGKILL");
      await node.exited;
      await creating;
      doubled.push((await sink.seen()).doubles - before);
    }
  } finally {
    await sink.stop();
    folder.remove();
  }
}

async function judge(node, sink, acknowledged) {
  const { ids, planned } = await sink.seenIds();
  const delivered = new Set(ids);
  let [lostTasks, lostOccurrences] = [0, 0];
  for (const [id, next] of acknowledged) {
    const response = await node.call(`/api/v1/tasks/${id}/runs`);
    if (response.status !== 200) {
      lostTasks++;
      continue;
    }
    const { items } = await response.json();
    if (next !== null && !items.some((run) => delivered.has(run.id))) lostOccurrences++;
  }
  const instants = [...new Set(planned)].sort((a, b) => a - b);
  for (let n = 0; n < PERIODIC; n++) {
    const runs = [];
    for (let cursor = ""; cursor !== null;) {
      const page =
        await (await node.call(`/api/v1/tasks/periodic-${n}/runs?limit=500${cursor === "" ? "" : `&cursor=${cursor}`}`))
          .json();
      runs.push(...page.items);
      cursor = page.cursor;
    }
    const seen = runs.filter((run) => delivered.has(run.id)).map((run) => Date.parse(run.instant)).sort((a, b) =>
      a - b
    );
    for (let at = seen[0]; at < seen.at(-1); at += 1_000) if (!seen.includes(at)) lostOccurrences++;
  }
  return {
    acknowledged: acknowledged.size,
    lostTasks,
    lostOccurrences,
    deliveries: ids.length,
    instants: instants.length,
  };
}

function conclude(result, doubled, created) {
  const most = Math.max(...doubled);
  const total = doubled.reduce((sum, n) => sum + n, 0);
  return [
    report(
      "acknowledged tasks lost",
      `${result.lostTasks} of ${result.acknowledged} (${created} tried, ${KILLS} kills)`,
      "0",
      result.lostTasks === 0,
    ),
    report(
      "due occurrences lost",
      `${result.lostOccurrences}, ${result.deliveries} deliveries`,
      "0",
      result.lostOccurrences === 0,
    ),
    report(
      "doubles, all with the id of the first",
      `${total} in all, at most ${most} at one kill`,
      `<= ${IN_FLIGHT_MAX} in flight`,
      most <= IN_FLIGHT_MAX,
    ),
  ].every(Boolean);
}
