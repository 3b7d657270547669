// The library's queue of requests winds a timer of one millisecond again and again while nothing waits in it: 3 % of a
// core for each idle client, and on Node a warning of a negative time (tulios/kafkajs#1556, #1751). Here it is wound only
// for what waits. The version of the library is pinned, and a test holds that an idle client rests.

import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

type Queue = { readonly pending: readonly unknown[]; scheduleCheckPendingRequests(): void };

const queue: Queue = RequestQueue.prototype;
const schedule = queue.scheduleCheckPendingRequests;

/** For all clients from now on; twice is once. */
export function quieten(): void {
  queue.scheduleCheckPendingRequests = function (this: Queue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
