// `task each`: one deed for many tasks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPeer } from "./world.ts";

test("does one thing to many tasks, and says which refused", () =>
  withPeer(async ({ run, call }) => {
    for (const id of ["a", "b"]) {
      await call("POST tasks", { body: { id, schedule: "0 2 * * *", target: "http://localhost:1/" } });
    }
    assert.deepEqual(await run("task each pause a none b"), {
      code: 1,
      out: "2 tasks done, 1 refused.\n",
      err: "none: There is no task with the id none.\n",
    });
    assert.deepEqual(await run(["task", "each", "change", "a", "--with", '{"labels":{"team":"ops"}}']), {
      code: 0,
      out: "1 task done.\n",
      err: "",
    });
    const { code, out } = await run("task each resume a b --json");
    assert.equal(code, 0);
    assert.equal(out, '{"id":"a","status":200}\n{"id":"b","status":200}\n');
    const wrong = await run("task each pauze a");
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.err, /pause/);
  }));
