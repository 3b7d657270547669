import assert from "node:assert/strict";
import { test } from "node:test";
import { WAIT_S, waitMsOf } from "../../src/api/request/prefer.ts";

test("who passes a write on waits for as long as the write waits for others", () => {
  for (
    const [prefer, seconds] of [
      ["replicas=2, wait=30", 30],
      ["wait=7; x, replicas=3", 7],
      ["replicas=2", WAIT_S],
      ["replicas=2, wait=61", WAIT_S],
      ["wait=30", 0],
      ["respond-async", 0],
      ["", 0],
    ] as const
  ) assert.equal(waitMsOf(new Headers({ prefer })), seconds * 1_000, prefer);
  assert.equal(waitMsOf(new Headers()), 0);
});
