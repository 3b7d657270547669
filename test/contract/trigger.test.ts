import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery, DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { PlainTarget } from "../../src/core/targets/target.ts";
import { triggers } from "../../src/trigger/by-scheme.ts";
import { httpTrigger } from "../../src/trigger/http.ts";
import { lazyTrigger } from "../../src/trigger/lazy.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { answerOf, freePort, headerOf, OK, type RawRequest, rawServer } from "./trigger-server.ts";
import {
  deliveryTo,
  type Made,
  type Manner,
  NEVER,
  PASSWORD,
  type Received,
  type Receiver,
  triggerContract,
} from "./trigger.suite.ts";

triggerContract("http", () => made((now) => httpTrigger({ now })));
triggerContract("by scheme", () => made((now) => triggers([recorder(["amqp"]), httpTrigger({ now })])));

test("each event goes to the trigger of its scheme, in whatever case it is written", async () => {
  const sent: string[] = [];
  const both = triggers([recorder(["amqp", "amqps"], sent), recorder(["kafka"], sent)]);
  assert.deepEqual(both.schemes, ["amqp", "amqps", "kafka"]);
  for (const urn of ["amqps://a/b", "KAFKA://c/d"]) await both.send(deliveryTo({ urn }), NEVER);
  assert.deepEqual(sent, ["amqp amqps: amqps://a/b", "kafka: KAFKA://c/d"]);
  for (const urn of ["gopher://robot:secret@x/y", "", ":", "amqp"]) {
    assert.deepEqual(await both.send(deliveryTo({ urn }), NEVER), {
      kind: "failed",
      retryable: false,
      error: `nothing here sends to ${urn.startsWith("gopher") ? "gopher" : ""}://; this peer knows amqp, amqps, kafka`,
    });
  }
});

test("what a name stands for nowhere is sent nowhere, and may be tried again", async () => {
  const sent: string[] = [];
  const all = triggers([recorder(["http"], sent)]);
  const error = 'there is no target named "a"';
  assert.deepEqual(await all.send(deliveryTo({ name: "a", urn: "", unsendable: error }), NEVER), {
    ...{ kind: "failed", error, retryable: true, cause: "ours" },
  });
  assert.deepEqual(sent, []);
});

test("what serves a scheme is loaded by the first event that needs it, once", async () => {
  const sent: string[] = [];
  let loads = 0;
  const lazy = lazyTrigger(["amqp"], () => {
    loads++;
    return Promise.resolve(recorder(["amqp"], sent));
  });
  assert.equal(loads, 0);
  await Promise.all([1, 2].map((attempt) => lazy.send(deliveryTo({ urn: "amqp://a/b" }, { attempt }), NEVER)));
  assert.deepEqual([loads, sent.length], [1, 2]);
  await lazy.close();
  assert.equal((await lazy.send(deliveryTo({ urn: "amqp://a/b" }), NEVER)).kind, "failed");
});

test("two triggers of one scheme are a mistake of the program", () => {
  assert.throws(() => triggers([recorder(["http"]), recorder(["https", "http"])]), /two triggers serve http/);
});

function recorder(schemes: readonly string[], sent: string[] = []): Trigger {
  return {
    schemes,
    send({ target }: Delivery): Promise<DeliveryResult> {
      sent.push(`${schemes.join(" ")}: ${target.urn}`);
      return Promise.resolve({ kind: "delivered" });
    },
    close: () => Promise.resolve(),
  };
}

async function made(trigger: (now: () => number) => Trigger): Promise<Made> {
  const built = trigger(Date.now);
  const receiver = await httpReceiver();
  return {
    trigger: built,
    receiver,
    async [Symbol.asyncDispose]() {
      await built.close();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

/** The path says how it takes what comes; who never answers has a server of its own, as it would anywhere. */
async function httpReceiver(): Promise<Receiver> {
  const waiting: (() => boolean)[] = [];
  const received: Received[] = [];
  const take = (request: RawRequest): string | void => {
    received.push(receivedOf(request));
    for (const isDone of [...waiting]) if (isDone()) waiting.splice(waiting.indexOf(isDone), 1);
    const echo = { body: request.head };
    if (request.line.includes("/now")) return answerOf(503, echo);
    if (request.line.includes("/good")) return answerOf(400, echo);
    if (request.line.includes("/silent")) return;
    if (!request.line.includes("/password")) return OK;
    return headerOf(request, "authorization") === `Basic ${btoa(`robot:${decodeURIComponent(PASSWORD)}`)}`
      ? OK
      : answerOf(401);
  };
  const server = await rawServer(take);
  const silent = await rawServer(take);
  const nowhere = await freePort();
  const urns: { readonly [manner in Manner]: string } = {
    "accepts": `${server.url}/accepts`,
    "refuses for now": `${server.url}/now`,
    "refuses for good": `${server.url}/good`,
    "never answers": `${silent.url}/silent`,
    "is not there": `http://127.0.0.1:${nowhere}/`,
    "wants a password": `http://robot:${PASSWORD.replace("/", "%2F")}@127.0.0.1:${server.port}/password`,
  };
  return {
    received: () => Promise.resolve(received),
    target: (manner): PlainTarget => ({ urn: urns[manner] }),
    arrived: (count) =>
      new Promise((resolve) => {
        const isDone = () => {
          if (received.length < count) return false;
          resolve();
          return true;
        };
        if (!isDone()) waiting.push(isDone);
      }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await silent[Symbol.asyncDispose]();
    },
  };
}

function receivedOf(request: RawRequest): Received {
  return {
    id: headerOf(request, "ce-id") ?? "",
    task: decodeURIComponent(headerOf(request, "ce-taskid") ?? ""),
    instant: headerOf(request, "ce-time") ?? "",
    attempt: Number(headerOf(request, "ce-attempt")),
    traceparent: headerOf(request, "traceparent") ?? "",
    payload: request.body === "" ? undefined : JSON.parse(request.body),
  };
}
