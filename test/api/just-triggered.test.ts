// A run that a peer has answered with is known there from then on, whoever owns it.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { OwnerWord } from "../../src/core/ownership/owner-word.ts";
import { NO_PROGRESS } from "../../src/core/task/dossier.ts";
import { type OccurrenceId, occurrenceId } from "../../src/core/task/occurrence.ts";
import type { Run } from "../../src/core/task/run.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { RunSeeker } from "../../src/node/run-seeker.ts";
import { meshed, type MeshedPeer, until } from "./meshed.ts";
import { HOURLY, URN, USER } from "./world.ts";

const GUID = taskGuid(USER, "a");
const RUN: Run = {
  ...{ id: occurrenceId(GUID, instant(1)), guid: GUID, task: "a", user: USER, instant: instant(1) },
  ...{ state: "due", attempts: [] },
};

/** The id of a task that the peer owns. */
function ownedBy({ node }: MeshedPeer): string {
  for (let n = 0;; n++) {
    const [id, guid] = [`task-${n}`, taskGuid(USER, `task-${n}`)];
    if (node.ownerOf({ guid, progress: NO_PROGRESS, open: [] }) === node.id) return id;
  }
}

test("a run that was triggered at a peer that does not own it is found there at once, in flight or over, and when its owner is silent", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const id = ownedBy(one);
  await two.call("POST tasks", { body: { id, schedule: HOURLY, target: URN } });
  await until("the owner knows the task", async () => (await one.call(`GET tasks/${id}`)).status === 200);
  const trigger = async () => {
    const { status, body } = await two.call(`POST tasks/${id}/trigger`, { body: { payload: "x" } });
    assert.equal(status, 202);
    const found = await two.call(`GET runs/${body.id}`);
    assert.deepEqual([found.status, found.body.id, found.body.task, found.body.manual], [200, body.id, id, true]);
    return found.body;
  };
  await trigger();
  mesh.answer("nothing");
  const flying = await trigger();
  assert.deepEqual([flying.state, flying.attempts.map(({ peer }: { peer: string }) => peer)], ["attempting", [
    "peer-1",
  ]]);
  const told = trigger();
  await until("it has been answered", () => one.sent.length === 3);
  one.fallSilent();
  assert.equal((await told).outcome, null);
});

test("a trigger that is sent again with its key fires once, whichever peers are asked, and is another without it", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const id = ownedBy(one);
  await two.call("POST tasks", { body: { id, schedule: HOURLY, target: URN } });
  await until("the owner knows the task", async () => (await one.call(`GET tasks/${id}`)).status === 200);
  const line = `POST tasks/${id}/trigger`;
  const keyed = { body: { payload: "x" }, headers: { "idempotency-key": "k" } };
  const first = await two.call(line, keyed);
  const again = [await two.call(line, keyed), await one.call(line, keyed), await two.call(line, keyed)];
  assert.deepEqual(again.map(({ status, body }) => [status, body.id]), again.map(() => [202, first.body.id]));
  assert.deepEqual(again.map(({ headers }) => headers.get("idempotent-replayed")), ["true", "true", "true"]);
  assert.deepEqual([one.sent.length, two.sent.length], [1, 0]);
  const other = await two.call(line, { ...keyed, body: { payload: "y" } });
  assert.deepEqual([other.status, other.body.field], [422, "Idempotency-Key"]);
  assert.notEqual((await two.call(line, { ...keyed, headers: { "idempotency-key": "l" } })).body.id, first.body.id);
  assert.notEqual((await two.call(line)).body.id, first.body.id);
});

test("who seeks a run is told no older answers than its question, and what was told of it when there are none", async () => {
  const stored = new Map<OccurrenceId, Run>();
  const asked: (() => void)[] = [];
  let word: OwnerWord = { kind: "silent", owner: "peer-2" };
  const seeker = new RunSeeker({
    stored: (id) => Promise.resolve(stored.get(id)),
    ownerWord: () => Promise.resolve(word),
    askAll: () => new Promise((resolve) => asked.push(resolve)),
  });
  const first = seeker.seek(RUN.id);
  const second = seeker.seek(RUN.id);
  assert.equal(asked.length, 1);
  asked[0]?.();
  assert.equal(await first, undefined);
  await until("all are asked once more, for who came later", () => asked.length === 2);
  stored.set(RUN.id, RUN);
  asked[1]?.();
  assert.equal(await second, RUN);

  stored.clear();
  seeker.take({ kind: "run", run: { ...RUN, payload: "large" } });
  const third = seeker.seek(RUN.id);
  await until("all are asked", () => asked.length === 3);
  asked[2]?.();
  assert.deepEqual(await third, RUN);
  const flying: Run = { ...RUN, state: "attempting", attempts: [{ n: 1, startedAt: instant(2), peer: "peer-2" }] };
  word = { kind: "dossier", dossier: { guid: GUID, progress: NO_PROGRESS, open: [flying] } };
  assert.deepEqual(await seeker.seek(RUN.id), flying);
  const due: Run = { ...RUN, id: occurrenceId(GUID, instant(2)) };
  word = { kind: "nothing" };
  assert.equal(await seeker.seek(due.id, due), due);
  assert.equal(asked.length, 3);
});
