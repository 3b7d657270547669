// The overview, a task's days, and the search of the list: what a page asks of many runs and many tasks at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clocksOff } from "../../src/api/runs/concerns.ts";
import type { PeerId } from "../../src/core/values/ids.ts";
import { days, overview } from "../../src/api/description/overview-shapes.ts";
import * as shapes from "../../src/api/description/shapes.ts";
import { HOURLY, URN, withWorld } from "./world.ts";

const LEAST = { schedule: HOURLY, target: URN };

test("the overview counts tasks, runs and what comes up, before and after the first look", () =>
  withWorld(async ({ call, clock, answer }) => {
    await call("POST tasks", {
      body: { ...LEAST, id: "a", name: "The first", schedule: "R/2026-12-01T09:31:00Z/PT1M" },
    });
    await call("POST tasks", { body: { ...LEAST, id: "b", state: { paused: true } } });
    await clock.pass(90_000);
    const first = overview.parse((await call("GET overview")).body);
    assert.deepEqual(first.tasks, { tasks: 2, paused: 1 });
    assert.equal(first.outcomes.delivered, 1);
    assert.equal(first.minutes.reduce((sum, each) => sum + each, 0), 1);
    assert.deepEqual(first.failing, []);
    assert.equal(first.ahead.first[0]?.task, "a");
    assert.equal(first.ahead.pieces.reduce((sum, each) => sum + each, 0), 15);
    answer({ kind: "failed", status: 404, error: "the target answered 404", retryable: false });
    await clock.pass(60_000);
    const second = overview.parse((await call("GET overview")).body);
    assert.equal(second.outcomes.failed, 1);
    assert.deepEqual(
      second.failing.map(({ task, name, failures, error }) => ({ task, name, failures, error })),
      [{ task: "a", name: "The first", failures: 1, error: "the target answered 404" }],
    );
    answer({ kind: "delivered", status: 200 });
    await clock.pass(60_000);
    assert.deepEqual((await call("GET overview")).body.failing, []);
    assert.equal((await call("GET overview?x=1")).status, 400);
  }));

test("the overview counts what waits for another attempt, also when it waited before anybody looked", () =>
  withWorld(async ({ call, clock, answer }) => {
    answer({ kind: "failed", error: "HTTP 503", status: 503, retryable: true });
    const policy = { retry: { base: "PT1M", cap: "PT1M" } };
    await call("POST tasks", { body: { ...LEAST, id: "a", schedule: "2026-12-01T09:31:00Z", policy } });
    await call("POST tasks", { body: { ...LEAST, id: "b", schedule: "2026-12-01T09:31:00Z", policy } });
    await clock.pass(60_100);
    assert.equal((await call("GET overview")).body.retrying, 2);
    assert.equal((await call("GET overview")).body.retrying, 2);
    await call("POST tasks/b/cancel");
    assert.equal((await call("GET overview")).body.retrying, 1);
    answer({ kind: "delivered", status: 200 });
    await clock.pass(120_000);
    assert.equal((await call("GET overview")).body.retrying, 0);
  }));

test("the overview counts dead letters, those that were dismissed or sent again no more", () =>
  withWorld(async ({ call, clock, answer }) => {
    answer({ kind: "failed", status: 404, error: "the target answered 404", retryable: false });
    await call("POST tasks", { body: { ...LEAST, id: "a", schedule: "R/2026-12-01T09:31:00Z/PT1M" } });
    const counts = async () => {
      const { deadLetters, outcomes, failing } = overview.parse((await call("GET overview")).body);
      return { letters: deadLetters.count, failed: outcomes.failed, failures: failing.map(({ failures }) => failures) };
    };
    assert.deepEqual(await counts(), { letters: 0, failed: 0, failures: [] });
    await clock.pass(3 * 60_000);
    assert.deepEqual(await counts(), { letters: 3, failed: 3, failures: [3] });
    const { body } = await call("GET dead-letters");
    await call("POST dead-letters/dismiss", { body: { ids: [body.items[0].id] } });
    await clock.pass(2_000);
    assert.deepEqual(await counts(), { letters: 2, failed: 3, failures: [3] });
    answer({ kind: "delivered", status: 200 });
    await call("POST dead-letters/redrive", { body: { ids: [body.items[1].id] } });
    await clock.pass(2_000);
    // What was sent again is no more what it was, and is not counted twice.
    assert.deepEqual(await counts(), { letters: 1, failed: 2, failures: [] });
    assert.equal((await call("GET overview")).body.outcomes.delivered, 1);
  }));

test("a list says what became of the last runs of each task, before and after the first look", () =>
  withWorld(async ({ call, clock, answer }) => {
    await call("POST tasks", { body: { ...LEAST, id: "a", schedule: "R/2026-12-01T09:31:00Z/PT1M" } });
    await call("POST tasks", { body: { ...LEAST, id: "b" } });
    const recent = async (count = 20) => {
      const { items } = shapes.taskPage.parse((await call(`GET tasks?recent=${count}`)).body);
      return items.map(({ recent }) => recent?.map(({ outcome }) => outcome).join(" "));
    };
    await clock.pass(150_000);
    assert.deepEqual(await recent(), ["delivered delivered", ""]);
    answer({ kind: "failed", status: 404, error: "the target answered 404", retryable: false });
    await clock.pass(60_000);
    assert.deepEqual(await recent(), ["delivered delivered failed", ""]);
    answer({ kind: "delivered", status: 200 });
    await call("POST dead-letters/redrive", { body: { all: true } });
    await clock.pass(2_000);
    assert.deepEqual(await recent(), ["delivered delivered delivered", ""]);
    await clock.pass(30 * 60_000);
    assert.equal((await recent())[0]?.split(" ").length, 20);
    assert.equal((await recent(2))[0], "delivered delivered");
    assert.deepEqual((await call("GET tasks?q=a&recent=1")).body.items.map(({ recent }: Shown) => recent.length), [1]);
    assert.deepEqual(await recent(0), [undefined, undefined]);
    assert.equal((await call("GET tasks?recent=21")).status, 400);
  }));

type Shown = { readonly recent: readonly unknown[] };

test("a clock that is off the middle of all is said to be, or, where there are two, off the other's", () => {
  const mesh = (...skews: readonly (number | "dead")[]) => ({
    self: "self" as PeerId,
    peers: [
      { peer: "self" as PeerId, name: "me", state: "alive" as const },
      ...skews.map((skewMs, n) => ({
        ...{ peer: `p${n}` as PeerId, name: `p${n}` },
        ...skewMs === "dead" ? { state: "dead" as const, skewMs: 9_000 } : { state: "alive" as const, skewMs },
      })),
    ],
  });
  const off = (...skews: readonly (number | "dead")[]) =>
    clocksOff(mesh(...skews)).map(({ peer, offMs }) => [peer, offMs]);
  assert.deepEqual(off(), []);
  assert.deepEqual(off(50, 5_000), [["p1", 4_950]]);
  assert.deepEqual(off(5_000, 5_010), [["self", -5_000]]);
  assert.deepEqual(off(-3_000), [["p0", -3_000]]);
  assert.deepEqual(off(40, "dead"), []);
});

test("a task's days are counted in the zone that is asked for", () =>
  withWorld(async ({ call, clock }) => {
    await call("POST tasks", { body: { ...LEAST, id: "a" } });
    await clock.pass(14 * 3_600_000);
    const utc = days.parse((await call("GET tasks/a/days")).body);
    assert.deepEqual([utc.zone, utc.today, utc.isAll], ["UTC", "2026-12-01", true]);
    assert.deepEqual(utc.days.map(({ day, delivered }) => [day, delivered]), [["2026-12-01", 14]]);
    assert.deepEqual(
      utc.days.map(({ from, until }) => [from, until]),
      [["2026-12-01T00:00:00.000Z", "2026-12-02T00:00:00.000Z"]],
    );
    const there = days.parse((await call("GET tasks/a/days?zone=Asia/Tokyo")).body);
    assert.deepEqual(there.days.map(({ day, delivered }) => [day, delivered]), [["2026-12-01", 5], ["2026-12-02", 9]]);
    const [first] = there.days;
    const { items } = (await call(`GET tasks/a/runs?from=${first?.from}&until=${first?.until}`)).body;
    assert.equal(items.length, 5);
    assert.equal((await call("GET tasks/a/days?zone=Nowhere")).status, 400);
    assert.equal((await call("GET tasks/b/days")).status, 404);
  }));

test("the list is searched, filtered and sorted, and its pages follow one another", () =>
  withWorld(async ({ call, clock }) => {
    for (let n = 0; n < 25; n++) {
      await call("POST tasks", {
        body: {
          id: `t${String(n).padStart(2, "0")}`,
          name: `Name ${String(25 - n).padStart(2, "0")}`,
          schedule: `R/2026-12-0${1 + n % 9}T10:00:00Z/P9D`,
          target: `http://${n < 3 ? "few" : "many"}.example/`,
          ...(n === 1 ? { state: { paused: true } } : {}),
        },
      });
    }
    const list = async (query: string) => shapes.taskPage.parse((await call(`GET tasks?${query}`)).body);
    const ids = async (query: string) => (await list(query)).items.map(({ id }) => id);
    assert.deepEqual([(await list("q=NAME%200")).total, (await list("limit=3")).total], [9, null]);
    assert.deepEqual(await ids("sort=name&limit=3"), ["t24", "t23", "t22"]);
    assert.deepEqual(await ids("sort=-id&limit=2"), ["t24", "t23"]);
    assert.deepEqual(await ids("urn=few&sort=id"), ["t00", "t01", "t02"]);
    assert.deepEqual(await ids("urn=FEW&paused=true"), ["t01"]);
    assert.equal((await ids("sort=next&limit=1"))[0], "t00");
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: readonly { id: string }[]; cursor: string | null } = await list(
        `sort=name&limit=10${cursor === null ? "" : `&cursor=${cursor}`}`,
      );
      found.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== null);
    assert.equal(new Set(found).size, 25);
    assert.equal(found.length, 25);
    await clock.pass(31 * 60_000);
    assert.deepEqual(await ids("outcome=delivered&sort=id"), ["t00", "t09", "t18"]);
    assert.deepEqual(await ids("sort=-last&limit=1&outcome=delivered"), ["t00"]);
    await call("DELETE tasks/t00");
    await call("PATCH tasks/t09", { body: { name: "Another" } });
    assert.deepEqual(await ids("q=another"), ["t09"]);
    assert.deepEqual(await ids("outcome=delivered&sort=id"), ["t09", "t18"]);
    assert.equal((await call("GET tasks?sort=colour")).status, 400);
  }));
