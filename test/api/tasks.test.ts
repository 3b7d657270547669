import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSchedule } from "../../src/core/schedule/schedule-source.ts";
import { describe } from "../../src/core/schedule/sentence.ts";
import { isFault } from "../../src/core/values/fault.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { HOURLY, makeWorld, rest, sentenceOf, URN, USER, withWorld } from "./world.ts";

const LEAST = { id: "a", schedule: HOURLY, target: URN };

/** How `LEAST` is shown when it was made at the world's start. */
const SHOWN = {
  id: "a",
  guid: taskGuid(USER, "a"),
  user: USER,
  name: "a",
  schedule: HOURLY,
  sentence: sentenceOf(HOURLY),
  target: URN,
  payload: null,
  policy: {},
  state: { paused: false },
  labels: {},
  createdAt: "2026-12-01T09:30:00.000Z",
  updatedAt: "2026-12-01T09:30:00.000Z",
  owner: "peer-1",
  next: "2026-12-01T10:00:00.000Z",
  last: null,
};

test("a task is created, and shown as it was written", () =>
  withWorld(async ({ call }) => {
    const created = await call("POST tasks", { body: LEAST });
    assert.equal(created.status, 201);
    assert.deepEqual(created.body, SHOWN);
    assert.equal(created.headers.get("location"), "/api/v1/tasks/a");
    const read = await call("GET tasks/a");
    assert.deepEqual([read.status, read.body], [200, SHOWN]);
    assert.equal(read.headers.get("etag"), created.headers.get("etag"));
    const head = await call("HEAD tasks/a");
    assert.deepEqual([head.status, head.body, head.headers.get("etag")], [200, "", read.headers.get("etag")]);
  }));

test("a task keeps all that its user wrote, but shows no password", () =>
  withWorld(async ({ call }) => {
    const written = {
      id: "sauvegarde/été ☃",
      name: "Backup",
      schedule: HOURLY,
      target: { urn: "https://robot:secret@example.org/x", method: "PUT", headers: { "x-site": "lyon" } },
      payload: { deep: [1, null, "x"] },
      policy: { tolerance: "PT5M", retry: { limit: 2 } },
      labels: { site: "lyon" },
      state: { paused: true, note: "moving house", until: "2026-12-24T18:00:00+01:00" },
    };
    const created = await call("POST tasks", {
      body: { ...written, id: "x y".replace(" ", "-"), payload: written.payload },
    });
    assert.equal(created.status, 201);
    const { target, state, ...rest } = created.body;
    assert.deepEqual(target, { ...written.target, urn: "https://robot:***@example.org/x" });
    assert.deepEqual(state, { paused: true, note: "moving house", until: "2026-12-24T17:00:00.000Z" });
    assert.equal(rest.next, "2026-12-24T17:00:00.000Z");
    assert.deepEqual([rest.name, rest.payload, rest.policy, rest.labels], [
      written.name,
      written.payload,
      written.policy,
      written.labels,
    ]);
  }));

test("a task without an id gets one that nobody guesses", () =>
  withWorld(async ({ call }) => {
    const { id: _, ...nameless } = LEAST;
    const [one, other] = [await call("POST tasks", { body: nameless }), await call("POST tasks", { body: nameless })];
    assert.match(one.body.id, /^[a-z2-9]{24}$/);
    assert.notEqual(one.body.id, other.body.id);
    assert.equal((await call(`GET tasks/${one.body.id}`)).status, 200);
  }));

test("an id of any character stands in the path, percent-encoded once", () =>
  withWorld(async ({ call }) => {
    for (
      const id of [
        "a/b",
        "a%2Fb",
        "100%",
        "ünïcode-☃-𝒳",
        "a?b#c",
        "...",
        "a+b",
        "tasks:batch",
        "a;b=c",
        "é".normalize("NFD"),
      ]
    ) {
      const created = await call("POST tasks", { body: { ...LEAST, id } });
      assert.equal(created.status, 201, id);
      const read = await call(`GET ${created.headers.get("location")}`);
      // One that can be written in two ways is kept in one.
      assert.deepEqual([read.status, read.body.id], [200, id.normalize("NFC")]);
      assert.equal((await call(`DELETE ${created.headers.get("location")}`)).status, 204, id);
    }
  }));

test("an id that is taken is a conflict", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: LEAST });
    const again = await call("POST tasks", { body: LEAST });
    assert.equal(again.status, 409);
    assert.equal(again.headers.get("content-type"), "application/problem+json");
    assert.deepEqual(again.body, {
      type: "about:blank",
      title: "Conflict",
      status: 409,
      detail: "A task with the id a exists: change that one, or choose another id.",
      field: "id",
    });
  }));

test("a definition that can't be is refused with every fault", () =>
  withWorld(async ({ call }) => {
    const refused = await call("POST tasks", {
      body: { ...LEAST, schedule: "R/2026-02-30T00:00:00Z/PT1H", labels: { a: 1 }, colour: "red" },
    });
    assert.equal(refused.status, 422);
    assert.equal(refused.body.field, "colour");
    assert.deepEqual(refused.body.errors.map(({ field }: { field: string }) => field), [
      "colour",
      "schedule",
      "labels.a",
    ]);
    assert.equal((await call("GET tasks")).body.items.length, 0);
  }));

test("PUT creates, replaces, and leaves the state alone", () =>
  withWorld(async ({ call }) => {
    assert.equal((await call("PUT tasks/a", { body: { schedule: HOURLY, target: URN } })).status, 201);
    await call("POST tasks/a/pause", { body: { note: "for now" } });
    const replaced = await call("PUT tasks/a", { body: { ...LEAST, name: "other" } });
    assert.deepEqual([replaced.status, replaced.body.name, replaced.body.state], [200, "other", {
      paused: true,
      note: "for now",
    }]);
    const resumed = await call("PUT tasks/a", { body: { ...LEAST, state: { paused: false } } });
    assert.deepEqual([resumed.body.name, resumed.body.state], ["a", { paused: false }]);
    const mistaken = await call("PUT tasks/a", { body: { ...LEAST, id: "b" } });
    assert.deepEqual([mistaken.status, mistaken.body.field, mistaken.body.suggestion], [422, "id", "a"]);
  }));

test("PATCH merges, by RFC 7396", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", {
      body: {
        ...LEAST,
        labels: { site: "lyon", floor: "2" },
        payload: { a: 1, b: 2 },
        target: { urn: URN, headers: { "x-a": "1" } },
      },
    });
    const type = "application/merge-patch+json";
    const patched = await call("PATCH tasks/a", {
      type,
      body: {
        labels: { floor: null, room: "12" },
        payload: { b: null },
        target: { headers: { "x-b": "2" } },
        state: { paused: true, note: "n" },
      },
    });
    assert.equal(patched.status, 200);
    const { labels, payload, target, state, name } = patched.body;
    assert.deepEqual({ labels, payload, target, state, name }, {
      labels: { site: "lyon", room: "12" },
      payload: { a: 1 },
      target: { urn: URN, headers: { "x-a": "1", "x-b": "2" } },
      state: { paused: true, note: "n" },
      name: "a",
    });
    assert.deepEqual((await call("PATCH tasks/a", { type, body: { state: { note: null } } })).body.state, {
      paused: true,
    });
    assert.deepEqual((await call("PATCH tasks/a", { type, body: { state: { paused: false } } })).body.state, {
      paused: false,
    });
    assert.deepEqual(
      (await call("PATCH tasks/a", { type, body: { state: { paused: true, until: "2026-12-02T00:00:00Z" } } })).body
        .state,
      {
        paused: true,
        until: "2026-12-02T00:00:00.000Z",
      },
    );
    assert.deepEqual((await call("PATCH tasks/a", { type, body: { state: null } })).body.state, { paused: false });
    assert.equal((await call("PATCH tasks/a", { body: { target: URN } })).body.target, URN);
    assert.equal((await call("PATCH tasks/a", { type, body: { schedule: null } })).body.field, "schedule");
    assert.equal((await call("PATCH tasks/a", { type, body: { id: "b" } })).body.field, "id");
    assert.equal((await call("PATCH tasks/none", { type, body: {} })).status, 404);
  }));

test("a masked password that comes back is the one that is there; anywhere else it is refused", () =>
  withWorld(async ({ call, sent, clock, node }) => {
    const secret = "http://robot:secret@localhost:3000/tick";
    await call("POST tasks", { body: { ...LEAST, target: secret } });
    const shown = (await call("GET tasks/a")).body.target;
    assert.equal(shown, "http://robot:***@localhost:3000/tick");
    assert.equal((await call("PUT tasks/a", { body: { ...LEAST, name: "renamed", target: shown } })).status, 200);
    assert.equal((await call("PATCH tasks/a", { body: { target: shown } })).status, 200);
    const exported = await call("GET tasks:export");
    assert.doesNotMatch(exported.body, /secret/);
    assert.match(
      (await call("POST tasks:batch", { type: "application/x-ndjson", body: exported.body })).body,
      /"status":200/,
    );
    await call("POST tasks/a/trigger");
    await clock.pass(1);
    assert.equal(sent[0]?.target.urn, secret);
    assert.doesNotMatch(JSON.stringify(await node.dossier(taskGuid("admin", "a"))), /secret/);
    const before = (await call("GET tasks/a")).headers.get("etag");
    assert.equal((await call("PUT tasks/a", { body: { ...LEAST, name: "renamed", target: secret } })).status, 200);
    assert.equal((await call("GET tasks/a")).headers.get("etag"), before, "the same password is no change");
    const elsewhere = await call("POST tasks", { body: { ...LEAST, id: "b", target: shown } });
    assert.deepEqual([elsewhere.status, elsewhere.body.field], [422, "target"]);
  }));

test("a task that has nothing left to do, and is to be removed then, is answered with nothing when it goes at once", () =>
  withWorld(async ({ call, clock }) => {
    const over = { schedule: "R5/2026-01-01T00:00:00Z/P1D", policy: { removeWhenDone: true } };
    const fired = async () => {
      assert.equal((await call("POST tasks", { body: LEAST })).status, 201);
      await call("POST tasks/a/trigger");
      await clock.pass(1);
    };
    for (const line of ["PUT tasks/a", "PATCH tasks/a"]) {
      await fired();
      const { status, body } = await call(line, { body: line.startsWith("PUT") ? { ...LEAST, ...over } : over });
      assert.deepEqual([status, body], [204, ""], line);
      assert.equal((await call("GET tasks/a")).status, 404);
    }
    await fired();
    const type = "application/x-ndjson";
    const batch = await call("POST tasks:batch", { type, body: JSON.stringify({ ...LEAST, ...over }) });
    assert.deepEqual(JSON.parse(batch.body), { line: 1, status: 200, id: "a" });
    await fired();
    await call("PATCH tasks/a", { body: { policy: over.policy } });
    const seed = { id: "a", name: "a", schedule: over.schedule, urn: URN };
    const written = await call("POST /task", { body: seed });
    assert.deepEqual([written.status, written.body.id, written.body.URN], [200, "a", URN]);
    assert.equal((await call("GET tasks/a")).status, 404);
  }));

test("DELETE ends a task; what is not there is not found", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: LEAST });
    assert.equal((await call("DELETE tasks/a")).status, 204);
    for (
      const line of [
        "GET tasks/a",
        "DELETE tasks/a",
        "GET tasks/a/next",
        "POST tasks/a/pause",
        "POST tasks/a/resume",
        "POST tasks/a/trigger",
        "POST tasks/a/cancel",
      ]
    ) {
      assert.equal((await call(line)).status, 404, line);
    }
    assert.equal((await call("POST tasks", { body: LEAST })).status, 201);
  }));

test("pause, resume, trigger and cancel ask the task", () =>
  withWorld(async ({ call, answer, clock, sent }) => {
    await call("POST tasks", { body: { ...LEAST, payload: "own" } });
    const paused = await call("POST tasks/a/pause", { body: { note: "n", until: "2026-12-02T00:00:00Z" } });
    assert.deepEqual([paused.status, paused.body.state, paused.body.next], [
      200,
      { paused: true, note: "n", until: "2026-12-02T00:00:00.000Z" },
      "2026-12-02T00:00:00.000Z",
    ]);
    const resumed = await call("POST tasks/a/resume");
    assert.deepEqual([resumed.status, resumed.body.state, resumed.body.next], [
      200,
      { paused: false },
      "2026-12-01T10:00:00.000Z",
    ]);
    answer("nothing");
    const triggered = await call("POST tasks/a/trigger", { body: { payload: null } });
    assert.equal(triggered.status, 202);
    assert.equal(triggered.headers.get("location"), `/api/v1/runs/${triggered.body.id}`);
    const { id, state: _, attempts: __, latenessMs: ___, ...run } = triggered.body;
    assert.deepEqual(run, {
      task: "a",
      user: "admin",
      instant: "2026-12-01T09:30:00.000Z",
      outcome: null,
      manual: true,
    });
    await rest();
    assert.equal(sent[0]?.payload, null);
    assert.equal((await call(`GET runs/${id}`)).body.state, "attempting");
    const cancelled = await call("POST tasks/a/cancel");
    assert.deepEqual([cancelled.status, cancelled.body], [200, { cancelled: 1 }]);
    await clock.pass(1);
    const ended = await call(`GET runs/${id}`);
    assert.deepEqual([ended.body.state, ended.body.outcome], ["settled", "failed"]);
    assert.equal((await call("POST tasks/a/trigger", { body: { paylod: 1 } })).body.suggestion, "payload");
    assert.equal((await call("POST tasks/a/resume", { body: { note: "x" } })).status, 422);
  }));

test("runs are listed, the latest first, by task and by outcome", () =>
  withWorld(async ({ call, clock, answer }) => {
    await call("POST tasks", { body: { ...LEAST, policy: { retry: { limit: 0 } } } });
    await call("POST tasks", { body: { ...LEAST, id: "b" } });
    await clock.pass(3_600_000);
    answer({ kind: "failed", status: 400, error: "HTTP 400", retryable: false });
    await clock.pass(3_600_000);
    const ofA = await call("GET tasks/a/runs");
    assert.deepEqual(
      ofA.body.items.map(({ instant, outcome }: { instant: string; outcome: string }) => [instant, outcome]),
      [
        ["2026-12-01T11:00:00.000Z", "failed"],
        ["2026-12-01T10:00:00.000Z", "delivered"],
      ],
    );
    const { id: _, ...first } = ofA.body.items[1];
    assert.deepEqual(first, {
      task: "a",
      user: "admin",
      instant: "2026-12-01T10:00:00.000Z",
      state: "settled",
      outcome: "delivered",
      attempts: [{
        n: 1,
        startedAt: "2026-12-01T10:00:00.000Z",
        endedAt: "2026-12-01T10:00:00.000Z",
        peer: "peer-1",
        status: 200,
      }],
      latenessMs: 0,
    });
    assert.equal((await call("GET runs")).body.items.length, 4);
    assert.equal((await call("GET runs?outcome=failed&task=b")).body.items.length, 1);
    const instants = async (path: string) =>
      (await call(path)).body.items.map(({ instant }: { instant: string }) => instant.slice(11, 16));
    assert.deepEqual(await instants("GET tasks/a/runs?from=2026-12-01T10:00:00Z&until=2026-12-01T11:00:00Z"), [
      "10:00",
    ]);
    assert.deepEqual(await instants("GET runs?from=2026-12-01T12:00:00%2B01:00"), ["11:00", "11:00"]);
    assert.deepEqual(await instants("GET runs?until=2026-12-01T10:00:00Z"), []);
    assert.deepEqual(await instants("GET runs?state=retrying"), []);
    assert.equal((await instants("GET runs?state=settled&task=a")).length, 2);
    const reversed = await call("GET runs?from=2026-12-01T11:00:00Z&until=2026-12-01T10:00:00Z");
    assert.deepEqual([reversed.status, reversed.body.field], [400, "until"]);
    assert.equal((await call("GET runs?from=yesterday")).body.field, "from");
    assert.equal((await call("GET tasks/a/runs?state=retryin")).body.suggestion, "retrying");
    assert.equal((await call("GET runs?task=none")).body.items.length, 0);
    assert.equal((await call("GET tasks/none/runs")).status, 404);
    assert.equal((await call(`GET runs/${"0".repeat(32)}`)).status, 404);
    assert.equal((await call("GET runs/xyz")).status, 400);
    assert.deepEqual((await call("GET tasks/a")).body.last, {
      instant: "2026-12-01T11:00:00.000Z",
      outcome: "failed",
      peer: "peer-1",
    });
    await call("DELETE tasks/a");
    assert.equal((await call("GET tasks/a/runs")).body.items.length, 2);
  }));

test("cursors walk over every task, and every run, once", () =>
  withWorld(async ({ call, clock }) => {
    const ids = Array.from({ length: 57 }, (_, i) => `task-${i}-ü`);
    for (const id of ids) await call("POST tasks", { body: { ...LEAST, id, labels: { half: i2(id) } } });
    await clock.pass(3_600_000);
    assert.deepEqual((await walk("tasks?limit=10")).map(({ id }) => id).sort(), [...ids].sort());
    assert.deepEqual(
      (await walk("tasks?limit=7&label=half=1")).map(({ id }) => id).sort(),
      ids.filter((id) => i2(id) === "1").sort(),
    );
    assert.deepEqual((await walk("runs?limit=10")).map(({ task }) => task).sort(), [...ids].sort());
    assert.deepEqual((await call("GET tasks?q=TASK-5-")).body.items.map(({ id }: { id: string }) => id), ["task-5-ü"]);
    await call("POST tasks/task-5-%C3%BC/pause");
    assert.deepEqual((await call("GET tasks?paused=true")).body.items.map(({ id }: { id: string }) => id), [
      "task-5-ü",
    ]);
    assert.equal((await walk("tasks?paused=false&limit=20")).length, 56);

    async function walk(path: string): Promise<{ id: string; task: string }[]> {
      const found: { id: string; task: string }[] = [];
      let cursor: string | null = null;
      do {
        const page: { body: { items: { id: string; task: string }[]; cursor: string | null } } = await call(
          `GET ${path}${cursor === null ? "" : `&cursor=${cursor}`}`,
        );
        found.push(...page.body.items);
        cursor = page.body.cursor;
      } while (cursor !== null);
      return found;
    }
    function i2(id: string): string {
      return String(Number(id.split("-")[1]) % 2);
    }
  }));

test("a query that can't be is a bad request, which names the parameter", () =>
  withWorld(async ({ call }) => {
    const cases: readonly (readonly [string, string])[] = [
      ["tasks?limit=0", "limit"],
      ["tasks?limit=501", "limit"],
      ["tasks?limit=x", "limit"],
      ["tasks?limit=1&limit=2", "limit"],
      ["tasks?limti=1", "limti"],
      ["tasks?cursor=", "cursor"],
      ["tasks?cursor=%00", "cursor"],
      ["tasks?cursor=***", "cursor"],
      ...[
        "users",
        "targets",
        "tokens",
        "invites",
        "runs",
        "dead-letters",
        "conflicts",
        "audit",
        "tasks",
        "tasks/a/versions",
      ]
        .map((list) => [`${list}?cursor=YQ`, "cursor"] as const),
      ["tasks?sort=name&cursor=YQ", "cursor"],
      ["tasks?q=a&cursor=YQ", "cursor"],
      ["tasks?paused=yes", "paused"],
      ["tasks?label=x", "label"],
      [`tasks?q=${"x".repeat(257)}`, "q"],
      ["runs?outcome=lost", "outcome"],
      ["tasks/a/next?from=now", "from"],
      ["tasks/a/next?count=101", "count"],
      ["tasks/a/next?zone=Mars/Olympus", "zone"],
      ["events?since=1", "since"],
    ];
    for (const [path, field] of cases) {
      const { status, body } = await call(`GET ${path}`);
      assert.deepEqual([status, body.field], [400, field], path);
    }
  }));

test("a task or a preview says when it is next, in its zone or another", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: LEAST });
    const schedule = parseSchedule(HOURLY);
    assert.ok(!isFault(schedule));
    const expected = {
      sentence: describe(schedule),
      next: ["2026-12-01T10:00:00.000Z", "2026-12-01T11:00:00.000Z"],
      local: ["2026-12-01T11:00:00.000+01:00[Europe/Paris]", "2026-12-01T12:00:00.000+01:00[Europe/Paris]"],
      neverFires: false,
      zone: "Europe/Paris",
    };
    const next = await call("GET tasks/a/next?count=2&zone=Europe/Paris");
    const preview = await call("POST schedules/preview", {
      body: { schedule: HOURLY, count: 2, zone: "Europe/Paris" },
    });
    for (const { status, body } of [next, preview]) {
      const { notes, canonical, choices, ...rest } = body;
      assert.deepEqual([status, rest], [200, expected]);
      assert.ok(Array.isArray(notes));
      assert.ok(canonical !== undefined);
      assert.deepEqual(choices, {
        ...{ kind: "every", count: 1, unit: "hours", start: "2026-01-01T00:00:00Z", zone: "UTC", time: "00:00" },
      });
    }
    const from = await call("POST schedules/preview", {
      body: { schedule: HOURLY, count: 1, from: "2026-12-05T12:00:00+01:00" },
    });
    assert.deepEqual(from.body.next, ["2026-12-05T11:00:00.000Z"]);
    const never = await call("POST schedules/preview", { body: { schedule: "R0/2020-01-01T00:00:00Z/PT1H" } });
    assert.deepEqual([never.body.next, never.body.neverFires], [[], true]);
    assert.equal(
      (await call("POST schedules/preview", { body: { schedule: HOURLY, count: 1_000 } })).body.next.length,
      1_000,
    );
    for (
      const [body, field] of [[{ schedule: HOURLY, count: 1_001 }, "count"], [{ schedule: "x" }, "schedule"], [
        {},
        "schedule",
      ], [
        { schedule: HOURLY, zone: "Mars/Olympus" },
        "zone",
      ]] as const
    ) {
      const refused = await call("POST schedules/preview", { body });
      assert.deepEqual([refused.status, refused.body.field], [422, field]);
    }
  }));

// ── conditions ─────────────────────────────────────────────────────────────────────────────────────────────────────

test("a read whose tag is known is not sent again, until something moves", () =>
  withWorld(async ({ call, clock }) => {
    const etag = (await call("POST tasks", { body: LEAST })).headers.get("etag") ?? "";
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const read = await call("GET tasks/a", { headers: { "if-none-match": known } });
      assert.deepEqual([read.status, read.body, read.headers.get("etag")], [304, "", etag], known);
    }
    await clock.pass(3_600_000);
    assert.equal((await call("GET tasks/a", { headers: { "if-none-match": etag } })).status, 200);
    assert.equal((await call("GET tasks/a", { headers: { "if-match": etag } })).status, 200);
    assert.equal((await call("GET tasks/a", { headers: { "if-match": '"x"' } })).status, 412);
  }));

test("a write under If-Match is done when the task is the one that was read, even if it has fired since", () =>
  withWorld(async ({ call, clock }) => {
    const etag = (await call("POST tasks", { body: LEAST })).headers.get("etag") ?? "";
    await clock.pass(3_600_000);
    const first = await call("PUT tasks/a", { body: { ...LEAST, name: "first" }, headers: { "if-match": etag } });
    assert.equal(first.status, 200);
    for (
      const line of ["PUT tasks/a", "PATCH tasks/a", "DELETE tasks/a", "POST tasks/a/pause", "POST tasks/a/resume"]
    ) {
      const body = line.startsWith("PUT") ? LEAST : line.startsWith("DELETE") ? undefined : {};
      const refused = await call(line, { ...(body === undefined ? {} : { body }), headers: { "if-match": etag } });
      assert.equal(refused.status, 412, line);
      const weak = await call(line, {
        ...(body === undefined ? {} : { body }),
        headers: { "if-match": `W/${first.headers.get("etag")}` },
      });
      assert.equal(weak.status, 412, `${line}: a weak tag never matches`);
      const malformed = await call(line, { ...(body === undefined ? {} : { body }), headers: { "if-match": "abc" } });
      assert.deepEqual([malformed.status, malformed.body.field], [400, "If-Match"], line);
    }
    assert.equal(
      (await call("PATCH tasks/a", {
        body: { name: "x" },
        headers: { "if-match": `"y", ${first.headers.get("etag")}` },
      })).status,
      200,
    );
    assert.equal((await call("DELETE tasks/a", { headers: { "if-match": "*" } })).status, 204);
    assert.equal((await call("PUT tasks/a", { body: LEAST, headers: { "if-match": "*" } })).status, 412);
  }));

test("a PUT under If-None-Match creates and never replaces", () =>
  withWorld(async ({ call }) => {
    const headers = { "if-none-match": "*" };
    const created = await call("PUT tasks/a", { body: LEAST, headers });
    assert.equal(created.status, 201);
    assert.equal((await call("PUT tasks/a", { body: LEAST, headers })).status, 412);
    const etag = created.headers.get("etag") ?? "";
    assert.equal((await call("PUT tasks/a", { body: LEAST, headers: { "if-none-match": etag } })).status, 412);
    assert.equal((await call("PUT tasks/a", { body: LEAST, headers: { "if-none-match": '"other"' } })).status, 200);
  }));

test("of many writes under the same tag one is done", () =>
  withWorld(async ({ call }) => {
    const etag = (await call("POST tasks", { body: LEAST })).headers.get("etag") ?? "";
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        call("PATCH tasks/a", { body: { name: `n${i}` }, headers: { "if-match": etag } })),
    );
    assert.deepEqual(
      replies.map(({ status }) =>
        status
      ).sort(),
      [200, ...Array<number>(19).fill(412)],
    );
  }));

test("patches without a tag are all done, one after the other", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: LEAST });
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_, i) => call("PATCH tasks/a", { body: { labels: { [`l${i}`]: "x" } } })),
    );
    assert.deepEqual(replies.map(({ status }) => status), Array<number>(6).fill(200));
    assert.equal(Object.keys((await call("GET tasks/a")).body.labels).length, 6);
  }));

// ── once ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test("the same request with the same key is carried out once, and answered alike", () =>
  withWorld(async ({ call, clock, sent }) => {
    const { id: _, ...nameless } = LEAST;
    const headers = { "idempotency-key": "create-1" };
    const first = await call("POST tasks", { body: nameless, headers });
    await clock.pass(3_600_000);
    const second = await call("POST tasks", { body: nameless, headers });
    assert.deepEqual([second.status, second.body], [first.status, first.body]);
    assert.deepEqual([first.headers.get("idempotent-replayed"), second.headers.get("idempotent-replayed")], [
      null,
      "true",
    ]);
    assert.equal(second.headers.get("etag"), first.headers.get("etag"));
    assert.equal((await call("GET tasks")).body.items.length, 1);

    const fired = sent.length;
    const key = { "idempotency-key": "fire-1" };
    const run = await call(`POST tasks/${first.body.id}/trigger`, { headers: key });
    const again = await call(`POST tasks/${first.body.id}/trigger`, { headers: key });
    assert.deepEqual([again.status, again.body], [202, run.body]);
    await clock.pass(1);
    assert.equal(sent.length, fired + 1);
  }));

test("a key is for one request: another is refused, and a key that can't be is a bad request", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: LEAST, headers: { "idempotency-key": "k" } });
    const other = await call("POST tasks", { body: { ...LEAST, id: "b" }, headers: { "idempotency-key": "k" } });
    assert.deepEqual([other.status, other.body.field], [422, "Idempotency-Key"]);
    assert.equal((await call("POST tasks/a/trigger", { headers: { "idempotency-key": "k" } })).status, 422);
    for (const key of ["", "a b", "x".repeat(256), "ü"]) {
      const refused = await call("POST tasks", { body: { ...LEAST, id: "c" }, headers: { "idempotency-key": key } });
      assert.deepEqual([refused.status, refused.body.field], [400, "Idempotency-Key"], key);
    }
  }));

test("a request that is still being carried out is a conflict, and the key works again when it was refused", () =>
  withWorld(async ({ call }) => {
    const headers = { "idempotency-key": "k" };
    const replies = await Promise.all([1, 2, 3].map(() => call("POST tasks", { body: LEAST, headers })));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 409, 409]);
    const refused = await call("POST tasks", { body: LEAST, headers: { "idempotency-key": "l" } });
    assert.equal(refused.status, 409);
    await call("DELETE tasks/a");
    assert.equal((await call("POST tasks", { body: LEAST, headers: { "idempotency-key": "l" } })).status, 201);
  }));

test("an answer is kept for a day", () =>
  withWorld(async ({ call, clock }) => {
    await call("POST tasks", { body: { ...LEAST, state: { paused: true } }, headers: { "idempotency-key": "k" } });
    await clock.jump(86_400_000 - 1);
    assert.equal(
      (await call("POST tasks", { body: { ...LEAST, state: { paused: true } }, headers: { "idempotency-key": "k" } }))
        .status,
      201,
    );
    await clock.jump(1);
    assert.equal(
      (await call("POST tasks", { body: { ...LEAST, state: { paused: true } }, headers: { "idempotency-key": "k" } }))
        .status,
      409,
    );
  }));

test("a world closes twice", async () => {
  const world = await makeWorld();
  world.api.close();
  assert.equal((await world.call("GET tasks")).status, 503);
  await world.close();
});
