import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRun } from "../../src/cli/shapes.ts";
import { detailOf } from "../../src/cli/show.ts";

test("the detail of a run says what there is to know: that it came twice, too", () => {
  const run = { id: "0".repeat(32), task: "t", instant: "2026-12-01T09:00:00.000Z", state: "settled" };
  const attempts = [{ n: 1, peer: "a", status: 200 }, { n: 1, peer: "b", status: 201 }];
  const settled = { ...run, outcome: "delivered", attempts, latenessMs: 1 };
  assert.equal(detailOf(parseRun(settled)), "HTTP 201");
  assert.equal(detailOf(parseRun({ ...settled, duplicate: true })), "duplicate, HTTP 201");
  assert.equal(
    detailOf(parseRun({ ...settled, manual: true, outcome: "skipped", reason: "it was paused" })),
    "manual, it was paused",
  );
});
