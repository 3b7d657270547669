import assert from "node:assert/strict";
import { test } from "node:test";
import { Seats } from "../../src/core/ownership/seats.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";

const guid = (n: number) => `t-${n}` as TaskGuid;

test("when all seats are taken, who has been idle for the longest time goes, and who is busy stays", () => {
  const seats = new Seats<string, string>();
  let count = 0;
  while (seats.hasRoom) seats.seat(guid(count++));
  for (const n of [0, 1, 2, 3, 4, 5]) seats.idle(guid(n), true);
  // One is busy again, one has been busy for a moment, one is read anew, and one has gone by itself.
  seats.idle(guid(0), false);
  seats.idle(guid(1), true);
  seats.reload(guid(2), { mailbox: [], isStale: false });
  seats.leave(guid(4));
  seats.seat(guid(count));
  const gone: number[] = [];
  while (seats.hasRoom) {
    seats.seat(guid(++count));
    for (const n of [0, 1, 2, 3, 5]) if (!seats.has(guid(n)) && !gone.includes(n)) gone.push(n);
  }
  assert.deepEqual(gone, [3, 5, 1]);
});
