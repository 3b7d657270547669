// One peer of two finds the target's name at another address, where nobody listens: as in a network that is cut in two.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { Meshed, type MeshedPeer, together } from "./meshed.ts";
import { call, until } from "./peer.ts";

const NAMESPACE = process.getuid?.() === 0 ? ["unshare", "-m"] : ["unshare", "-rm"];

/** A command that starts a program for which names stand for these addresses, and nothing else is changed. */
function withHosts(folder: string, name: string, hosts: string): readonly string[] {
  const file = join(folder, name);
  writeFileSync(file, `127.0.0.1 localhost\n${hosts}\n`);
  return [...NAMESPACE, "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', file];
}

function isAble(folder: string): boolean {
  const [command = "", ...args] = withHosts(folder, "probe", "");
  return spawnSync(command, [...args, "true"]).status === 0;
}

type Attempt = { readonly peer: string; readonly askedBy?: string; readonly status?: number; readonly error?: string };
type Run = { readonly id: string; readonly outcome: string | null; readonly attempts: readonly Attempt[] };

async function runsOf({ ready }: MeshedPeer, task: string): Promise<readonly Run[]> {
  return (await call(ready.http, `/api/v1/tasks/${task}/runs`)).body.items;
}

test("what its owner does not reach goes by a peer that does, once; and what is placed stays in its place", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "metronome-hosts-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  if (!isAble(folder)) return t.skip("no namespace of mounts can be made here (unshare -m)");
  await using mesh = new Meshed();
  const target = await mesh.target();
  const near = await mesh.start("near", { under: withHosts(folder, "near", "127.0.0.1 shop.test") });
  const far = await mesh.join("far", near, { under: withHosts(folder, "far", "127.77.0.1 shop.test") });
  await together(near, far);
  const urn = target.url.replace("127.0.0.1", "shop.test");
  const put = async (id: string, policy: object = {}) => {
    const task = { id, schedule: "R/2026-01-01T00:00:00Z/PT1S", target: `${urn}?task=${id}`, policy };
    const { status, body } = await call(near.ready.http, "/api/v1/tasks", task);
    assert.equal(status, 201, JSON.stringify(body));
  };
  // Of so many, the far peer owns some, but for one in a million tries.
  const ids = Array.from({ length: 20 }, (_, n) => `t${n}`);
  const retry = { base: "PT0.1S", cap: "PT0.5S" };
  for (const id of ids) await put(id, { retry });
  await put("placed", { retry, placement: { match: { name: "far" } } });
  await put("held", { retry, partition: "hold", placement: { match: { name: "far" } } });

  await until(
    "each has come to its target three times",
    () => ids.every((id) => new Set(target.hits.filter(({ task }) => task === id).map((hit) => hit.id)).size >= 3),
  );
  const detours = (await Promise.all(ids.map((id) => runsOf(near, id)))).flat()
    .filter(({ outcome, attempts }) => outcome === "delivered" && attempts.at(-1)?.askedBy !== undefined);
  assert.ok(detours.length > 0);
  for (const { attempts } of detours) {
    const last = attempts.at(-1);
    assert.deepEqual([last?.peer, last?.askedBy, last?.status], [near.ready.peer, far.ready.peer, 200]);
    for (const { peer, error } of attempts.slice(0, -1)) {
      assert.deepEqual([peer, /refused/.test(error ?? "")], [far.ready.peer, true], error);
    }
  }
  // Most go there at once: that the owner does not get there is known after the first.
  assert.ok(detours.some(({ attempts }) => attempts.length === 1));
  const counts = Map.groupBy(target.hits, ({ id }) => id);
  assert.deepEqual([...counts.values()].filter((hits) => hits.length > 1), []);

  // Nobody else may send what is placed there, and it does not come.
  const placed = await runsOf(far, "placed");
  assert.ok(
    placed.length > 0 && placed.flatMap(({ attempts }) => attempts).every(({ peer }) => peer === far.ready.peer),
  );
  assert.ok(target.hits.every(({ task }) => ids.includes(task)));
});
