import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { call, Site } from "./peer.ts";

test("a peer writes down who did what, knows its record after a restart, and finds what was changed in it", async () => {
  await using site = new Site();
  const first = site.start();
  const { http } = await first.ready();
  const task = { id: "a", schedule: "R/2030-01-01T00:00:00Z/PT1H", target: "http://localhost:1/" };
  assert.equal((await call(http, "/api/v1/tasks", task)).status, 201);
  assert.equal((await call(http, "/api/v1/tasks/a/pause", {})).status, 200);
  const { body } = await call(http, "/api/v1/audit");
  assert.deepEqual(body.items.map(({ n, what, on, user, by }: Record<string, unknown>) => [n, what, on, user, by]), [
    [2, "task pause", "a", "admin", "key"],
    [1, "task put", "a", "admin", "key"],
  ]);
  const paused = await call(http, "/api/v1/audit?what=task%20pause&user=admin&on=a&from=2026-01-01T00:00:00Z");
  assert.deepEqual(paused.body.items.map(({ n }: Record<string, unknown>) => n), [2]);
  assert.deepEqual((await call(http, "/api/v1/audit?until=2026-01-01T00:00:00Z")).body.items, []);
  const wrong = await call(http, "/api/v1/audit?from=yesterday");
  assert.deepEqual([wrong.status, wrong.body.field], [400, "from"]);
  const verify = async (words: readonly string[]) => {
    const ended = await site.run({ args: ["audit", "verify", "--data", site.data, ...words] }).ended;
    return [ended.code, ended.stdout];
  };
  assert.deepEqual(await verify([]), [0, "Whole: 2 records, each bound to the one before.\n"]);
  const { ended } = first;
  process.kill((await first.ready()).pid, "SIGTERM");
  assert.equal((await ended).code, 0);

  const file = join(site.data, "audit", "audit.log");
  const whole = readFileSync(file, "utf8");
  // A chain of the first record alone, as if the second had never been: all in it is right but that the mesh knows more.
  writeFileSync(file, "");
  const second = site.start();
  await second.ready();
  const [code, told] = await verify([]);
  assert.equal(code, 1);
  assert.match(String(told), /^Broken at record 1: the mesh was told of 2 records/);
  writeFileSync(file, whole.replace('"user":"admin"', '"user":"other"'));
  assert.match(String((await verify([]))[1]), /^Broken at record 1: the record was changed after it was written/);
  writeFileSync(file, whole);
  assert.equal((await verify([]))[0], 0);
});
