// A mesh of five in which people edit: how soon an edit at one peer is seen at all, and how soon after 10,000 edits, made at
// all peers at once and of the same tasks, all hold the same.

import { startMesh } from "./group.js";
import { pause, quantile, report } from "./world.js";

const SIZE = 5;
const TASKS = 2_000;
/** Seen one by one: edits at each peer, one about every so often. */
const SEEN = 60;
const SEEN_EVERY_MS = 250;
const SEEN_PATIENCE_MS = 10_000;
const SEEN_WANTED_MS = 500;
const AGREED_WANTED_MS = 5_000;

export async function edits(runtime) {
  const cuts = [];
  const group = await startMesh(runtime, SIZE, {
    onLog: (n, line) => {
      if (/a link is cut/.test(line)) cuts.push(`p${n}: ${line}`);
    },
  });
  const { peers } = group;
  try {
    const task = (by) => (n) => ({
      id: `edit-${n}`,
      name: by,
      schedule: "R/2026-01-01T00:00:00Z/P1Y",
      target: group.sink.url,
    });
    await peers[0].register(TASKS, task("nobody"));
    await group.converged();
    const seen = await seeEdits(peers);
    cuts.length = 0;

    const startedAt = Date.now();
    const registered = await Promise.all(peers.map((peer, n) => peer.register(TASKS, task(`p${n}`))));
    const editedMs = Date.now() - startedAt;
    const refused = registered.reduce((sum, { refused }) => sum + refused, 0);
    const agreedMs = await group.agreed();
    const names = await Promise.all(
      peers.map(async (peer) => (await peer.tasks()).map(({ id, name }) => `${id} ${name}`)),
    );
    const different = names.filter((each) => each.length !== TASKS || each.join() !== names[0].join()).length;
    const winners = peers.map((_, n) => names[0].filter((name) => name.endsWith(` p${n}`)).length);
    return [
      report(
        "an edit is seen at all five",
        `p50 ${quantile(seen.times, 0.5).toFixed(0)} ms, p99 ${quantile(seen.times, 0.99).toFixed(0)} ms, ` +
          `max ${quantile(seen.times, 1).toFixed(0)} ms, of ${seen.times.length}; ${seen.lost} not seen`,
        `p99 <= ${SEEN_WANTED_MS} ms`,
        seen.lost === 0 && quantile(seen.times, 0.99) <= SEEN_WANTED_MS,
      ),
      report("edits refused", `${refused} of ${SIZE * TASKS} in ${editedMs} ms`, "0", refused === 0),
      report(
        "digests equal after the last edit",
        `${agreedMs} ms`,
        `<= ${AGREED_WANTED_MS} ms`,
        agreedMs <= AGREED_WANTED_MS,
      ),
      report(
        "peers that hold something else",
        `${different} (edits that stand, by peer: ${winners.join(", ")})`,
        "0",
        different === 0,
      ),
      report("links cut under it", cuts.length === 0 ? 0 : cuts.join("\n    "), "0", cuts.length === 0),
    ].every(Boolean);
  } finally {
    await group.stop();
  }
}

/** Edits at all peers, each watched until the streams of all have told it. */
async function seeEdits(peers) {
  const waiting = new Map();
  const streams = await Promise.all(peers.map((peer, at) =>
    openEvents(peer, ({ name }) => {
      const edit = waiting.get(name);
      if (edit === undefined || !edit.missing.delete(at) || edit.missing.size > 0) return;
      waiting.delete(name);
      edit.onSeen(performance.now() - edit.begunAt);
    })
  ));
  const times = [];
  let lost = 0;
  const editOne = async (peer, id, name) => {
    const isSeen = new Promise((onSeen) => {
      waiting.set(name, { begunAt: performance.now(), missing: new Set(peers.keys()), onSeen });
    });
    const answer = await peer.call(`/api/v1/tasks/${id}`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ name }),
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`an edit was answered with ${answer.status}`);
    const ms = await Promise.race([isSeen, pause(SEEN_PATIENCE_MS)]);
    if (ms === undefined) lost++;
    else times.push(ms);
  };
  try {
    await Promise.all(peers.map(async (peer, at) => {
      const edits = [];
      for (let n = 0; n < SEEN; n++) {
        await pause(SEEN_EVERY_MS * (0.5 + Math.random()));
        edits.push(editOne(peer, `edit-${at * SEEN + n}`, `seen ${at} ${n}`));
      }
      await Promise.all(edits);
    }));
  } finally {
    for (const stream of streams) stream.abort();
  }
  return { times, lost };
}

/** The stream of what happens at a peer, as far as it is about tasks. */
async function openEvents(peer, onTask) {
  const stream = new AbortController();
  const { body } = await peer.call("/api/v1/events", { signal: stream.signal });
  const read = async () => {
    let rest = "";
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + text).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        if (event.startsWith("event: task\n")) onTask(JSON.parse(event.slice(event.indexOf("data: ") + 6)));
      }
    }
  };
  read().catch((error) => {
    if (!stream.signal.aborted) throw error;
  });
  return stream;
}
