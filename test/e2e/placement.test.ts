// Tasks that are placed, in a mesh of three real processes at two sites: who fires them, who takes them over, and who
// does not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { again, Meshed, type MeshedPeer, type Target, together } from "./meshed.ts";
import { call, kill, TOKEN, until } from "./peer.ts";

const LYON = { match: { site: "lyon" } };

test("a placed task is fired where its labels are, taken over there alone, and moves when it is placed anew", async () => {
  await using mesh = new Meshed();
  const target = await mesh.target();
  const one = await mesh.start("lyon-1", { args: ["--label", "site=lyon"] });
  const two = await mesh.join("lyon-2", one, { args: ["--label", "site=lyon"] });
  const nice = await mesh.join("nice", two, { args: ["--label", "site=nice"] });
  await together(one, two, nice);

  const tasks = Array.from({ length: 24 }, (_, n) => `lyon-${n}`);
  for (const id of tasks) await put(nice, id, { placement: LYON }, target);
  await put(
    one,
    "south",
    { partition: "home", placement: { weights: [{ match: { site: "nice" }, weight: 1 }] } },
    target,
  );
  await put(two, "nowhere", { placement: { match: { site: "mars" } } }, target);
  const lost = await ownershipOf(nice, "nowhere");
  assert.deepEqual(lost, { owner: null, unowned: "no peer that is heard of is of its placement (site=mars)" });
  const fired = await call(nice.ready.http, "/api/v1/tasks/nowhere/trigger", {});
  assert.equal(fired.status, 409, JSON.stringify(fired.body));
  assert.match(fired.body.detail, /^No peer is able to fire the task now/);

  const [first, second] = [one.ready.peer, two.ready.peer];
  const owners = async (at: MeshedPeer) =>
    await Promise.all(tasks.map(async (id) => (await ownershipOf(at, id)).owner));
  await until("both of Lyon have some, and all peers say the same", async () => {
    const [here, there] = [await owners(nice), await owners(one)];
    return new Set(here).size === 2 && here.every((owner, n) => owner === there[n] && [first, second].includes(owner));
  });
  assert.equal((await ownershipOf(one, "south")).owner, nice.ready.peer);
  await sentAll(target, [...tasks, "south"], 2);
  const { body: plan } = await call(nice.ready.http, `/api/v1/plan?without=${first}`);
  assert.deepEqual(plan.placements.map(({ placement, moves }: Moves) => [placement, moves.map(({ name }) => name)]), [
    [LYON, ["lyon-2"]],
  ]);

  // Its shards go to the other one of Lyon.
  kill(two.ready.pid, "SIGKILL");
  const killedAt = [Date.now()];
  await two.program.ended;
  await until("the other one owns all", async () => (await owners(nice)).every((owner) => owner === first));
  await sentAll(target, tasks, 2);

  // And to nobody else: of Lyon there is none.
  kill(one.ready.pid, "SIGKILL");
  killedAt.push(Date.now());
  await one.program.ended;
  await until("nobody owns any", async () => (await owners(nice)).every((owner) => owner === null));
  const { unowned } = await ownershipOf(nice, tasks[0] ?? "");
  assert.match(
    unowned ?? "",
    /^no peer of its placement \(site=lyon\) is able to fire it: (lyon-. is not reached(, )?){2}$/,
  );
  const { body: why } = await call(nice.ready.http, `/api/v1/tasks/${tasks[0]}/explain`);
  assert.match(why.sentence, /^Nobody owns it now: no peer of its placement/);
  assert.deepEqual([why.owner, why.placement, why.candidates.length], [null, LYON, 3]);
  const before = target.hits.length;
  await sent(target, "south", 3);
  assert.ok(target.hits.slice(before).every(({ task }) => task === "south"), "what is Lyon's waits for Lyon");

  // Placed anew, it is Nice's.
  const moved = await fetch(`${nice.ready.http}/api/v1/tasks/${tasks[0]}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/merge-patch+json" },
    body: JSON.stringify({ policy: { placement: { match: { site: "nice" } } } }),
  });
  assert.equal(moved.status, 200, await moved.text());
  await sent(target, tasks[0] ?? "", 2);
  assert.equal((await ownershipOf(nice, tasks[0] ?? "")).owner, nice.ready.peer);

  await again(one, "lyon-1", ["--label", "site=lyon"]);
  await until("Lyon fires again", async () => {
    const [, ...rest] = await owners(nice);
    return rest.every((owner) => owner === first);
  });
  await sentAll(target, tasks, 2);
  // Twice is what was in flight when its owner was killed, and no more.
  const ids = Map.groupBy(target.hits, ({ id }) => id);
  const twice = [...ids.values()].filter((hits) => hits.length > 1).flatMap(([hit]) => hit ?? []);
  const strange = twice.filter(({ planned }) => killedAt.every((at) => Math.abs(planned - at) > 3_000));
  assert.deepEqual(strange, []);
});

type Moves = { readonly placement: unknown; readonly moves: readonly { readonly name: string }[] };

async function put(at: MeshedPeer, id: string, policy: object, target: Target): Promise<void> {
  const task = { id, schedule: "R/2026-01-01T00:00:00Z/PT1S", target: `${target.url}?task=${id}`, policy };
  const made = await call(at.ready.http, "/api/v1/tasks", task, { prefer: "replicas=3" });
  assert.equal(made.status, 201, JSON.stringify(made.body));
}

async function ownershipOf({ ready }: MeshedPeer, id: string) {
  const { owner, unowned } = (await call(ready.http, `/api/v1/tasks/${id}`)).body;
  return { owner, ...(unowned === undefined ? {} : { unowned }) };
}

async function sentAll(target: Target, tasks: readonly string[], count: number): Promise<void> {
  await Promise.all(tasks.map((task) => sent(target, task, count)));
}

/** So many further occurrences of the task have come. */
async function sent(target: Target, task: string, count: number): Promise<void> {
  const seen = () => target.hits.filter((hit) => hit.task === task).length;
  const before = seen();
  await until(`${count} more of ${task}`, () => seen() >= before + count);
}
