// What every trigger promises, whatever it speaks. A receiver of its kind stands on the other side.

import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import type { Delivery } from "../../src/core/delivery/delivery.ts";
import type { ResolvedTarget } from "../../src/core/delivery/resolved-target.ts";
import type { PlainTarget } from "../../src/core/targets/target.ts";
import { occurrenceId } from "../../src/core/task/occurrence.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { titleOf } from "./broker.ts";

/** How a target takes what is sent to it. */
export type Manner =
  | "accepts"
  | "refuses for now"
  | "refuses for good"
  | "never answers"
  | "is not there"
  | "wants a password";

/** What a receiver was told of an event. */
export type Received = {
  readonly id: string;
  readonly task: string;
  readonly instant: string;
  readonly attempt: number;
  readonly traceparent: string;
  readonly payload: unknown;
};

export type Receiver = AsyncDisposable & {
  target(manner: Manner): PlainTarget;
  /** What has come so far, to all its targets, in the order in which it came. */
  received(): Promise<readonly Received[]>;
  /** Resolves when so many events have come in. */
  arrived(count: number): Promise<void>;
};

export type Made = AsyncDisposable & { readonly trigger: Trigger; readonly receiver: Receiver };

/** What the target that wants one is given. No result may hold it. */
export const PASSWORD = "s3cret-p%40ss/word";

export const PLANNED = instant(Date.UTC(2026, 11, 1, 9));

/** An attempt at the first occurrence of a task, unless said otherwise. */
export function deliveryTo(target: ResolvedTarget, more: Partial<Delivery> = {}): Delivery {
  const task = more.task ?? "a-task";
  const at = more.instant ?? PLANNED;
  return {
    id: occurrenceId(taskGuid("a-user", task), at),
    attempt: 1,
    task,
    instant: at,
    toleranceMs: 60_000,
    target,
    payload: null,
    connectMs: 2_000,
    totalMs: 10_000,
    ...more,
  };
}

export const NEVER = new AbortController().signal;

/** `skip` is why nothing stands on the other side. */
export function triggerContract(name: string, make: () => Promise<Made>, skip?: string): void {
  const test = (title: string, run: () => Promise<void>) =>
    nodeTest(titleOf(title, skip), { skip: skip ?? false }, run);
  test(`${name}: an event arrives once, and says what it is`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const payload = { "a": [1, "é", null, { "b": true }], "": "\u2028" };
    const delivery = deliveryTo(receiver.target("accepts"), { payload, attempt: 3, task: 'shop/"50%" é' });
    const result = await trigger.send(delivery, NEVER);
    assert.equal(result.kind, "delivered");
    const [{ traceparent, ...event } = assert.fail("nothing arrived"), ...more] = await receiver.received();
    assert.deepEqual([event, more], [{
      id: delivery.id,
      task: 'shop/"50%" é',
      instant: "2026-12-01T09:00:00.000Z",
      attempt: 3,
      payload,
    }, []]);
    assert.match(traceparent, new RegExp(`^00-${delivery.id}-(?!0{16})[0-9a-f]{16}-01$`));
  });

  test(`${name}: a structured event is one JSON document`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const target = { ...receiver.target("accepts"), cloudEvents: "structured" } as const;
    const delivery = deliveryTo(target, { payload: ["é"] });
    assert.equal((await trigger.send(delivery, NEVER)).kind, "delivered");
    const [event] = await receiver.received();
    assert.deepEqual(event?.payload, {
      ...{ specversion: "1.0", id: delivery.id, source: "/tasks/a-task", type: "metronome.occurrence" },
      ...{ time: "2026-12-01T09:00:00.000Z", taskid: "a-task", attempt: "1" },
      ...{ datacontenttype: "application/json", data: ["é"] },
    });
  });

  test(`${name}: all attempts of an occurrence bear one id, and each a span of its own`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const target = receiver.target("accepts");
    for (const attempt of [1, 2, 3, 4]) await trigger.send(deliveryTo(target, { attempt }), NEVER);
    const received = await receiver.received();
    assert.deepEqual(received.map(({ attempt }) => attempt), [1, 2, 3, 4]);
    assert.equal(new Set(received.map(({ id }) => id)).size, 1);
    assert.equal(new Set(received.map(({ traceparent }) => traceparent)).size, 4);
  });

  test(`${name}: what may end otherwise is told from what may not`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const manners: readonly [Manner, boolean][] = [["refuses for now", true], ["refuses for good", false], [
      "is not there",
      true,
    ]];
    for (const [manner, retryable] of manners) {
      const result = await trigger.send(deliveryTo(receiver.target(manner)), NEVER);
      assert.deepEqual([manner, result.kind, result.kind === "failed" && result.retryable], [
        manner,
        "failed",
        retryable,
      ]);
    }
  });

  test(`${name}: a target that never answers costs the time of the attempt, and no more`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    // Timers count from the start of the turn of the loop: what is done for the first time takes long, and would seem early.
    await trigger.send(deliveryTo(receiver.target("accepts")), NEVER);
    const before = performance.now();
    const result = await trigger.send(deliveryTo(receiver.target("never answers"), { totalMs: 200 }), NEVER);
    const tookMs = performance.now() - before;
    assert.deepEqual([result.kind, result.kind === "failed" && result.retryable], ["failed", true]);
    assert.match(result.kind === "failed" ? result.error : "", /within 200 ms/);
    assert.ok(tookMs >= 195 && tookMs < 2_000, `took ${tookMs} ms`);
  });

  test(`${name}: a signal ends the attempt`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const controller = new AbortController();
    const sent = trigger.send(deliveryTo(receiver.target("never answers")), controller.signal);
    await receiver.arrived(1);
    controller.abort();
    assert.deepEqual(await sent, { kind: "failed", retryable: true, error: "cancelled", cause: "ours" });
  });

  test(`${name}: nothing is sent after the signal`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const target = receiver.target("accepts");
    assert.deepEqual(await trigger.send(deliveryTo(target), AbortSignal.abort()), {
      kind: "failed",
      retryable: true,
      cause: "ours",
      error: "cancelled",
    });
    const controller = new AbortController();
    const sent = trigger.send(deliveryTo(target), controller.signal);
    controller.abort();
    assert.deepEqual(await sent, { kind: "failed", retryable: true, error: "cancelled", cause: "ours" });
    await trigger.send(deliveryTo(target, { attempt: 2 }), NEVER);
    assert.deepEqual((await receiver.received()).map(({ attempt }) => attempt), [2]);
  });

  test(`${name}: of 500 events at once each arrives once`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const target = receiver.target("accepts");
    const tasks = Array.from({ length: 500 }, (_, n) => `task-${n}`);
    const results = await Promise.all(tasks.map((task) => trigger.send(deliveryTo(target, { task }), NEVER)));
    assert.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(["delivered"]));
    assert.deepEqual((await receiver.received()).map(({ task }) => task).sort(), [...tasks].sort());
  });

  test(`${name}: a slow target delays no other`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const controller = new AbortController();
    const slow = receiver.target("never answers");
    const stuck = Array.from(
      { length: 64 },
      (_, n) => trigger.send(deliveryTo(slow, { task: `slow-${n}` }), controller.signal),
    );
    const result = await trigger.send(deliveryTo(receiver.target("accepts"), { totalMs: 5_000 }), NEVER);
    assert.equal(result.kind, "delivered");
    controller.abort();
    assert.equal((await Promise.all(stuck)).every(({ kind }) => kind === "failed"), true);
  });

  test(`${name}: a password is used, and seen in no result`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const target = receiver.target("wants a password");
    assert.equal((await trigger.send(deliveryTo(target), NEVER)).kind, "delivered");
    for (const manner of ["refuses for good", "refuses for now", "never answers", "is not there"] as const) {
      const other = receiver.target(manner);
      const userinfo = target.urn.slice(target.urn.indexOf("//") + 2, target.urn.indexOf("@") + 1);
      const result = await trigger.send(
        deliveryTo({ urn: other.urn.replace("//", `//${userinfo}`) }, { totalMs: 300 }),
        NEVER,
      );
      assert.equal(result.kind, "failed");
      for (const secret of [PASSWORD, decodeURIComponent(PASSWORD), btoa(`robot:${decodeURIComponent(PASSWORD)}`)]) {
        assert.equal(JSON.stringify(result).includes(secret), false, manner);
      }
    }
  });

  test(`${name}: closing ends what is in flight, twice is once, and nothing is sent after`, async () => {
    await using made = await make();
    const { trigger, receiver } = made;
    const sent = [1, 2, 3].map((attempt) =>
      trigger.send(deliveryTo(receiver.target("never answers"), { attempt }), NEVER)
    );
    await receiver.arrived(3);
    await Promise.all([trigger.close(), trigger.close()]);
    await trigger.close();
    for (const result of await Promise.all(sent)) {
      assert.deepEqual([result.kind, result.kind === "failed" && result.retryable], ["failed", true]);
    }
    const after = await trigger.send(deliveryTo(receiver.target("accepts")), NEVER);
    assert.deepEqual([after.kind, after.kind === "failed" && after.retryable], ["failed", true]);
    assert.equal((await receiver.received()).length, 3);
  });
}
