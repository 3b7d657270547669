// A mesh of five on a network of its own, cut into three and two for a minute and joined again: every occurrence comes at
// least once, at most once from each side, under one id; each side soon fires what the other did; tasks that hold never
// come twice; after the heal all hold the same, and what came twice is reported.

import { startMesh } from "./group.js";
import { makeNetwork } from "../network.js";
import { leftover, pause, quantile, report } from "./world.js";

const SIZE = 5;
/** The first three peers on one side, the other two on the other. */
const LEFT = 3;
const FIRING = 200;
const HOLDING = 100;
const TASKS = FIRING + HOLDING;
const PERIOD_MS = 5_000;
const CUT_MS = 60_000;
/** Until each side has noticed: the detection, and what is fired at once by both in the meantime. */
const SETTLE_MS = 15_000;
const TAKE_OVER_WANTED_MS = 5_000;
const HEAL_WANTED_MS = 5_000;
/** After the heal: until what was due under the cut has come, and until what came twice is told by all. */
const LATE_MS = 5_000;
const TOLD_MS = 30_000;
const ASKED_AT_ONCE = 16;
/** Of those that hold: the attempts that are being asked for in the very moment of the cut. */
const UNSENT_MAX = 3;

export async function partition(runtime) {
  const network = makeNetwork(SIZE, LEFT, leftover);
  let group;
  try {
    group = await startMesh(runtime, SIZE, { placeOf: network.placeOf, sinkHost: network.host });
    const { peers, sink } = group;
    await group.converged();
    const from = Math.ceil(Date.now() / 1_000 + 3) * 1_000;
    const { refused } = await peers[0].register(TASKS, (n) => ({
      id: n < FIRING ? `fire-${n}` : `hold-${n - FIRING}`,
      schedule: `R/${new Date(from + (n * PERIOD_MS) / TASKS).toISOString()}/PT${PERIOD_MS / 1_000}S`,
      target: sink.url,
      ...(n < FIRING ? {} : { policy: { partition: "hold" } }),
    }));
    if (refused > 0) throw new Error(`${refused} tasks were refused`);
    await group.converged();
    await pause(from + PERIOD_MS - Date.now());

    const since = Date.now();
    network.cut();
    await pause(CUT_MS);
    const until = Date.now();
    network.heal();
    const healMs = await group.agreed();
    await pause(LATE_MS);
    const arrivals = (await sink.log()).filter(({ planned }) => planned >= since && planned < until);
    const seen = occurrencesOf(arrivals, (address) => network.isLeft(address));
    return [
      ...judge(seen, { since, until, from }),
      report("digests equal after the heal", `${healMs} ms`, `<= ${HEAL_WANTED_MS} ms`, healMs <= HEAL_WANTED_MS),
      await reported(peers[0], seen.filter(({ left, right }) => left.length + right.length > 1)),
    ].every(Boolean);
  } finally {
    await group?.stop();
    network.remove();
  }
}

/** Each occurrence by its id: how late it came from each side. */
function occurrencesOf(arrivals, isLeft) {
  const seen = new Map();
  for (const { id, at, from, task, planned } of arrivals) {
    if (!seen.has(id)) seen.set(id, { id, planned, isHolding: /hold-/.test(task), left: [], right: [] });
    seen.get(id)[isLeft(from) ? "left" : "right"].push(at - planned);
  }
  return [...seen.values()];
}

function judge(seen, { since, until, from }) {
  const expected = { firing: 0, holding: 0 };
  for (let n = 0; n < TASKS; n++) {
    const offset = from + (n * PERIOD_MS) / TASKS;
    const count = Math.floor((until - 1 - offset) / PERIOD_MS) - Math.floor((since - 1 - offset) / PERIOD_MS);
    expected[n < FIRING ? "firing" : "holding"] += count;
  }
  const firing = seen.filter(({ isHolding }) => !isHolding);
  const holding = seen.filter(({ isHolding }) => isHolding);
  const lost = expected.firing - firing.length;
  // Whose such an attempt is nobody may be able to tell: then none makes it, and it is recorded as failed.
  const unsent = expected.holding - holding.length;
  const perSide = seen.filter(({ left, right }) => left.length > 1 || right.length > 1).length;
  const settled = firing.filter(({ planned }) => planned > since + SETTLE_MS && planned < until - PERIOD_MS);
  const both = settled.filter(({ left, right }) => left.length > 0 && right.length > 0).length;
  // Each task once: its first occurrence after the cut, at the side that did not fire it before, which is the later one.
  const first = firing.filter(({ planned }) => planned < since + PERIOD_MS);
  const later = first.filter(({ left, right }) => left.length > 0 && right.length > 0)
    .map(({ left, right }) => Math.max(left[0], right[0]));
  const takenMs = quantile(later, 0.99);
  const held = holding.filter(({ left, right }) => left.length + right.length > 1);
  const byFew = holding.filter(({ right }) => right.length > 0);
  const lastMs = Math.max(0, ...byFew.map(({ planned, right }) => planned + right[0] - since));
  return [
    report("occurrences that never came", `${lost} of ${expected.firing}`, "0", lost === 0),
    report(
      "of those that hold, never sent",
      `${unsent} of ${expected.holding}`,
      `<= ${UNSENT_MAX}`,
      unsent <= UNSENT_MAX,
    ),
    report("more than once from one side", perSide, "0", perSide === 0),
    report(
      "fired by each side, once it is alone, under one id",
      `${both} of ${settled.length}`,
      "all",
      both === settled.length,
    ),
    report(
      "what the other side fired is fired here too",
      `${later.length} of ${first.length}, late by p50 ${quantile(later, 0.5).toFixed(0)} ms, p99 ${
        takenMs.toFixed(0)
      } ms`,
      `p99 <= ${TAKE_OVER_WANTED_MS} ms`,
      takenMs <= TAKE_OVER_WANTED_MS,
    ),
    report(
      "of those that hold, more than once",
      `${held.length} of ${holding.length}; the side of two fired ${byFew.length}, the last ${
        lastMs.toFixed(0)
      } ms after the cut`,
      "0",
      held.length === 0,
    ),
  ];
}

/** Each occurrence that came twice says so in its run, soon after the heal. */
async function reported(peer, twice) {
  const startedAt = Date.now();
  let missing = twice.map(({ id }) => id);
  while (missing.length > 0 && Date.now() - startedAt < TOLD_MS) {
    const left = [...missing];
    missing = [];
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        const run = await (await peer.call(`/api/v1/runs/${id}`)).json();
        if (run.duplicate !== true) missing.push(id);
      }
    }));
    if (missing.length > 0) await pause(1_000);
  }
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  const text = `${missing.length} of ${twice.length}, after ${seconds} s of asking`;
  return report("came twice and is not reported as duplicate", text, "0", missing.length === 0);
}
