// A mesh of real processes on loopback at 200 occurrences a second, and what becomes of them when a peer is killed, stands
// still, hands over, joins, or all are restarted one after the other: from the receiver's log, each occurrence by its id.

import { startMesh } from "./group.js";
import { pause, quantile, report } from "./world.js";

const TASKS = 1_000;
const PERIOD_MS = 5_000;
const CALM_MS = 8_000;
const WATCH_MS = 15_000;
const FREEZE_MS = 12_000;
/** How long a planned change is watched. */
const PLANNED_MS = 8_000;
const KILL_WANTED_MS = 2_000;
const FREEZE_WANTED_MS = 5_000;
/** Between a receiver's answer and the record of it at the peer, at the most: what was in flight at a kill. */
const IN_FLIGHT_MS = 1_000;

export async function mesh(runtime, size) {
  const group = await startMesh(runtime, size);
  const { peers, sink } = group;
  try {
    const from = Math.ceil(Date.now() / 1_000 + 4) * 1_000;
    const { refused } = await peers[0].register(TASKS, (n) => ({
      id: `mesh-${n}`,
      schedule: `R/${new Date(from + (n * PERIOD_MS) / TASKS).toISOString()}/PT${PERIOD_MS / 1_000}S`,
      target: sink.url,
    }));
    if (refused > 0) throw new Error(`${refused} tasks were refused`);
    await group.converged();
    const judge = async (title, since, until, wanted) => {
      await pause(until + 3_000 - Date.now());
      return judgeSpan(title, await sink.log(), { from, since, until, ...wanted });
    };
    const ok = [];
    await pause(from + CALM_MS - Date.now());
    ok.push(await judge("calm", from, from + CALM_MS, { limitMs: 1_000 }));

    for (
      const { title, signal, n, limitMs } of [
        { title: "kill -9 of one", signal: "SIGKILL", n: size - 1, limitMs: KILL_WANTED_MS },
        {
          title: `SIGSTOP of one for ${FREEZE_MS / 1_000} s`,
          signal: "SIGSTOP",
          n: size - 2,
          limitMs: FREEZE_WANTED_MS,
        },
      ]
    ) {
      const of = (await peers[0].tasks()).filter(({ owner }) => owner === peers[n].id).map(({ id }) => id);
      const at = Date.now();
      peers[n].signal(signal);
      if (signal === "SIGSTOP") setTimeout(() => peers[n].signal("SIGCONT"), FREEZE_MS);
      ok.push(await judge(title, at, at + WATCH_MS, { limitMs, mayDouble: true, of: new Set(of) }));
      if (signal === "SIGKILL") await group.start(n);
      await group.converged();
    }

    let at = Date.now();
    await group.join();
    await group.converged();
    ok.push(await judge("join of one more", at, Math.max(at + PLANNED_MS, Date.now()), { limitMs: 1_500 }));
    for (const [title, drain] of [["drain", true], ["back from the drain", false]]) {
      at = Date.now();
      await peers[0].post(`/api/v1/peers/${peers[0].id}/drain`, { drain });
      ok.push(await judge(title, at, at + PLANNED_MS, { limitMs: 1_500 }));
    }

    at = Date.now();
    for (let n = 0; n < peers.length; n++) {
      await peers[n].stop();
      await group.start(n);
      await group.converged();
    }
    ok.push(await judge("rolling restart of all", at, Date.now(), { limitMs: 3_000 }));
    return ok.every(Boolean);
  } finally {
    await group.stop();
  }
}

/**
 * Of the occurrences planned in a span: which never came, which came twice, and how late the first came. With `of`, these
 * tasks, which were fired by who is gone: how late the first of each came.
 */
function judgeSpan(title, arrivals, { from, since, until, limitMs, mayDouble = false, of }) {
  let expected = 0;
  for (let n = 0; n < TASKS; n++) {
    const offset = from + (n * PERIOD_MS) / TASKS;
    expected += Math.ceil((until - offset) / PERIOD_MS) - Math.max(0, Math.ceil((since - offset) / PERIOD_MS));
  }
  const seen = new Map();
  for (const { id, at, planned: due, task } of arrivals) {
    if (due < since || due >= until) continue;
    const known = seen.get(id);
    if (known === undefined) seen.set(id, { due, lateMs: at - due, task: task.split("/").at(-1), times: 1 });
    else known.times++;
  }
  const all = [...seen.values()];
  const late = all.map(({ lateMs }) => lateMs);
  const doubled = all.filter(({ times }) => times > 1);
  const outside = doubled.filter(({ due }) => !mayDouble || due > since + IN_FLIGHT_MS + limitMs);
  const lost = expected - all.length;
  const early = late.filter((ms) => ms < 0).length;
  const taken = all.filter(({ due, task }) => of?.has(task) && due < since + PERIOD_MS).map(({ lateMs }) => lateMs);
  const judged = of === undefined ? late : taken;
  const p99 = quantile(judged, 0.99);
  const text = `${expected} planned, ${lost} lost, ${doubled.length} double, ${early} early, ` +
    (of === undefined
      ? "lateness"
      : `lateness p99 ${quantile(late, 0.99).toFixed(0)} ms, of its ${taken.length} tasks`) +
    ` p50 ${quantile(judged, 0.5).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, max ${quantile(judged, 1).toFixed(0)} ms`;
  return report(
    title,
    text,
    `0 lost, ${mayDouble ? "doubles in flight only" : "0 double"}, p99 <= ${limitMs} ms`,
    lost === 0 && early === 0 && outside.length === 0 && p99 <= limitMs,
  );
}
