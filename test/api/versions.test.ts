// What a task was before each edit, and the way back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { versionPage } from "../../src/api/description/version-operations.ts";
import { meshed } from "./meshed.ts";
import { HOURLY, URN, withWorld } from "./world.ts";

const DAILY = "R/2026-01-01T00:00:00Z/P1D";
const BODY = { schedule: HOURLY, target: URN };

type Version = {
  readonly revision: string;
  readonly until: string | null;
  readonly gap?: true;
  readonly definition: { readonly schedule: unknown; readonly payload: unknown; readonly target: unknown };
};

test("each edit leaves what was before, a pause leaves nothing, and the task goes back", () =>
  withWorld(async ({ call, clock }) => {
    await call("PUT tasks/a", { body: { ...BODY, payload: 1 } });
    await call("PATCH tasks/a", { body: { payload: 2 } });
    await call("POST tasks/a/pause", { body: {} });
    await clock.pass(1_000);
    await call("PATCH tasks/a", { body: { schedule: DAILY } });
    const { body } = await call("GET tasks/a/versions");
    versionPage.parse(body);
    const said = ({ definition: { schedule, payload }, until, gap }: Version) => [schedule, payload, until, gap];
    assert.deepEqual(body.items.map(said), [
      [DAILY, 2, null, undefined],
      [HOURLY, 2, "2026-12-01T09:30:01.000Z", undefined],
      [HOURLY, 1, "2026-12-01T09:30:00.000Z", undefined],
    ]);
    const page = await call("GET tasks/a/versions?limit=2");
    const rest = await call(`GET tasks/a/versions?limit=2&cursor=${page.body.cursor}`);
    assert.deepEqual([...page.body.items, ...rest.body.items], body.items);
    assert.equal(rest.body.cursor, null);

    const restored = await call(`POST tasks/a/versions/${body.items[2].revision}/restore`);
    assert.deepEqual([restored.status, restored.body.schedule, restored.body.payload], [200, HOURLY, 1]);
    assert.equal(restored.body.state.paused, true, "whether it is paused stays");
    const after = await call("GET tasks/a/versions");
    assert.deepEqual(after.body.items.map((each: Version) => each.definition.payload), [1, 2, 2, 1]);
    assert.equal((await call("GET conflicts")).body.items.length, 0);
  }));

test("what is asked wrongly is told what is wrong", () =>
  withWorld(async ({ call }) => {
    await call("PUT tasks/a", { body: BODY });
    for (
      const [line, status, field] of [
        ["GET tasks/b/versions", 404, "id"],
        ["GET tasks/a/versions?cursor=MTIz", 400, "cursor"],
        ["POST tasks/a/versions/0000000000000000000000/restore", 404, "revision"],
        ["POST tasks/b/versions/0000000000000000000000/restore", 404, "id"],
      ] as const
    ) {
      const reply = await call(line);
      assert.deepEqual([reply.status, reply.body.field], [status, field], line);
    }
  }));

test("a secret is not shown in a version, and is there again in what was put back", () =>
  withWorld(async ({ call, node }) => {
    const target = { urn: URN, headers: { "x-api-key": "canary" } };
    await call("PUT tasks/a", { body: { ...BODY, target } });
    await call("PATCH tasks/a", { body: { target: "http://localhost:4000/" } });
    const { body } = await call("GET tasks/a/versions");
    assert.ok(!JSON.stringify(body).includes("canary"));
    await call(`POST tasks/a/versions/${body.items[1].revision}/restore`);
    await call("POST tasks/a/trigger");
    assert.ok(node.status().ready);
    const { body: task } = await call("GET tasks/a");
    assert.deepEqual(task.target, { urn: URN, headers: { "x-api-key": "***" } });
  }));

test("a deleted task has no versions; made again, it has those from before its end", () =>
  withWorld(async ({ call }) => {
    await call("PUT tasks/a", { body: { ...BODY, payload: 1 } });
    await call("DELETE tasks/a");
    assert.equal((await call("GET tasks/a/versions")).status, 404);
    await call("PUT tasks/a", { body: { ...BODY, payload: 2 } });
    const { body } = await call("GET tasks/a/versions");
    assert.deepEqual(body.items.map(({ definition, gap }: Version) => [definition.payload, gap]), [
      [2, undefined],
      [1, undefined],
    ]);
  }));

test("a peer that was away sees several edits as one, and says so; another has them all", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const counts = async () => {
    const [here, there] = await Promise.all([one, two].map((peer) => peer.call("GET tasks/a/versions")));
    return [here?.body.items, there?.body.items];
  };
  const both = async (payload: number) => {
    for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const tasks = await Promise.all([one, two].map((peer) => peer.call("GET tasks/a")));
      if (tasks.every(({ body }) => body.payload === payload)) return;
    }
    assert.fail(`both peers never had ${payload}`);
  };
  await one.call("PUT tasks/a", { body: { ...BODY, schedule: "R/2030-01-01T00:00:00Z/P1D", payload: 1 } });
  await both(1);
  mesh.network.cut("peer-1", "peer-2");
  for (const payload of [2, 3, 4]) await one.call("PATCH tasks/a", { body: { payload } });
  mesh.network.heal("peer-1", "peer-2");
  await both(4);
  const [here, there] = await counts();
  const said = ({ definition: { payload }, gap }: Version) => [payload, gap];
  assert.deepEqual(here.map(said), [[4, undefined], [3, undefined], [2, undefined], [1, undefined]]);
  assert.deepEqual(there.map(said), [[4, true], [1, undefined]]);
});
