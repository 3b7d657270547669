// A run that was triggered at one peer and is fired by another one, in real processes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meshed, together } from "./meshed.ts";
import { call, until } from "./peer.ts";

test("each of many runs that are triggered at one peer is found there at once, whichever peer fires it", async () => {
  await using mesh = new Meshed();
  const target = await mesh.target();
  const near = await mesh.start("near");
  const far = await mesh.join("far", near);
  await together(near, far);
  // Of so many, the far peer owns some, but for one in a million tries.
  const ids = Array.from({ length: 20 }, (_, n) => `t${n}`);
  for (const id of ids) {
    const task = { id, schedule: "2999-01-01T00:00:00Z", target: `${target.url}?task=${id}` };
    assert.equal((await call(near.ready.http, "/api/v1/tasks", task)).status, 201);
  }
  const firers = new Set<string>();
  await Promise.all(ids.map(async (id) => {
    const { status, body } = await call(near.ready.http, `/api/v1/tasks/${id}/trigger`, {});
    assert.equal(status, 202, JSON.stringify(body));
    const path = `/api/v1/runs/${body.id}`;
    const found = await call(near.ready.http, path);
    assert.deepEqual([found.status, found.body.id, found.body.task], [200, body.id, id]);
    for (const { ready } of [near, far]) {
      await until("both know what became of it", async () => {
        const { body } = await call(ready.http, path);
        for (const { peer } of body.attempts ?? []) firers.add(peer);
        return body.outcome === "delivered";
      });
    }
  }));
  assert.deepEqual([...firers].sort(), [near.ready.peer, far.ready.peer].sort());
});
