import assert from "node:assert/strict";
import { test } from "node:test";
import { URN } from "../api/world.ts";
import { withPeer } from "./world.ts";

test("dead letters are listed, counted and driven again, one or all", () =>
  withPeer(async ({ run, call, answer, clock }) => {
    answer({ kind: "failed", error: "HTTP 404", status: 404, retryable: false });
    for (const id of ["a", "b"]) {
      await call("POST tasks", { body: { id, schedule: "2026-12-01T09:30:01Z", target: URN } });
    }
    await clock.pass(2_000);
    const causes = await run("dead-letters causes");
    assert.match(
      causes.out,
      /^TARGET +LETTERS +LATEST +ERROR\nhttp:\/\/localhost:3000 +2 +2026-12-01T09:30:01Z +HTTP 404\n$/,
    );
    const listed = await run("dead-letters ls --json");
    const ids = listed.out.trim().split("\n").map((line) => JSON.parse(line).id);
    assert.equal(ids.length, 2);
    assert.match(
      (await run(`runs show ${ids[0]}`)).out,
      /outcome +failed[^]*ATTEMPT +STATUS +BY +ERROR\n1 +404 +peer-1 +HTTP 404\n$/,
    );
    assert.match((await run("runs ls --outcome failed")).out, /failed +1 +[0-9a-f]{32}/);
    answer({ kind: "delivered", status: 200 });
    assert.deepEqual(await run(`runs retry ${ids[0]}`), { code: 0, out: `The run ${ids[0]} goes again.\n`, err: "" });
    await clock.pass(0);
    const refused = await run(`runs retry ${ids[0]}`);
    assert.deepEqual([refused.code, /it was delivered/.test(refused.err)], [4, true]);
    assert.match(
      (await run("dead-letters redrive --all --rate 1")).out,
      /^1 event goes again, the last one at 2026-12-01T09:30:02Z\.\n$/,
    );
    await clock.pass(0);
    assert.deepEqual(await run("dead-letters ls"), { code: 0, out: "", err: "There are no dead letters.\n" });
    assert.equal((await run("dead-letters redrive --all --rate x")).code, 2);
    assert.equal((await run("dead-letters redrive")).code, 2);
  }));

test("dead letters are dismissed from the command line", () =>
  withPeer(async ({ run, call, answer, clock }) => {
    answer({ kind: "failed", error: "HTTP 404", status: 404, retryable: false });
    await call("POST tasks", { body: { id: "a", schedule: "R2/2026-12-01T09:30:01Z/PT1S", target: URN } });
    await clock.pass(5_000);
    const [id = ""] = (await run("dead-letters ls --json")).out.trim().split("\n").map((line) => JSON.parse(line).id);
    assert.equal((await run(`dead-letters dismiss ${id}`)).out, "Dismissed 1 dead letter.\n");
    const twice = await run(`dead-letters dismiss ${id}`);
    assert.match(
      twice.out,
      /^Dismissed 0 dead letters; 1 were left as they are\.\n +[0-9a-f]{32} +it was dismissed already/,
    );
    const limited = await run("dead-letters dismiss --task a --limit 1");
    assert.deepEqual([limited.out, limited.err], [
      "Dismissed 1 dead letter.\n",
      "There are more: the same command dismisses them.\n",
    ]);
    assert.equal(JSON.parse((await run("dead-letters dismiss --all --json")).out).dismissed, 1);
    assert.equal((await run("dead-letters ls")).err, "There are no dead letters.\n");
    assert.equal((await run("dead-letters dismiss")).code, 2);
  }));

test("a task's past is sent, its next left out, and what is open ended, from the command line", () =>
  withPeer(async ({ run, call }) => {
    await call("POST tasks", { body: { id: "a", schedule: "R/2026-01-01T00:00:00Z/PT1H", target: URN } });
    const filled = await run("task backfill a --from 2026-12-01T00:00:00Z --count 2");
    assert.match(filled.out, /^2 events go again/);
    assert.equal(filled.err, "There are more, from 2026-12-01T02:00:00Z on.\n");
    assert.equal((await run("task skip a")).out, "Skipped. The next one of a: 2026-12-01T11:00:00Z\n");
    assert.match((await run("task cancel a")).out, /^Ended \d+ runs? of a\.\n$/);
    assert.equal((await run("task backfill a")).code, 2);
    assert.equal((await run("breakers")).code, 0);
  }));
