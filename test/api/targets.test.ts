import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { targetKey } from "../../src/core/delivery/target-entity.ts";
import { makeCertificates } from "../e2e/certificates.ts";
import { HOURLY, START, USER, withWorld, type World } from "./world.ts";

const BILLING = { name: "billing", urn: "https://api.example.com/v1" };
const SECRET = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;
const OTHER = `whsec_${btoa("another secret of thirty-two byte")}`;
const PASSWORD = "canary-of-a-password";

test("a target is made, read, replaced and deleted, under conditions", () =>
  withWorld(async ({ call }) => {
    const made = await call("POST targets", { body: BILLING });
    const { createdAt, updatedAt, ...shown } = made.body;
    assert.deepEqual([made.status, made.headers.get("location")], [201, "/api/v1/targets/billing"]);
    assert.deepEqual(shown, { ...BILLING, description: "", limits: {}, held: {}, user: USER });
    assert.equal(createdAt, new Date(START).toISOString());
    const etag = made.headers.get("etag") ?? "";
    assert.deepEqual([(await call("GET targets/billing")).body, updatedAt.length], [made.body, 24]);
    assert.equal((await call("GET targets/billing", { headers: { "if-none-match": etag } })).status, 304);
    assert.equal((await call("POST targets", { body: BILLING })).status, 409);
    const put = { urn: "http://b.example/", limits: { concurrency: 2, rate: { perSecond: 0.5 }, breaker: false } };
    const replaced = await call("PUT targets/billing", { body: put, headers: { "if-match": etag } });
    assert.deepEqual([replaced.status, replaced.body.urn, replaced.body.limits], [200, put.urn, put.limits]);
    const late = await call("PUT targets/billing", { body: put, headers: { "if-match": etag } });
    assert.deepEqual([late.status, late.body.field], [412, "If-Match"]);
    const again = await call("PUT targets/billing", { body: put, headers: { "if-none-match": "*" } });
    assert.equal(again.status, 412);
    const patched = await call("PATCH targets/billing", { body: { limits: { rate: null }, description: "invoices" } });
    assert.deepEqual(patched.body.limits, { concurrency: 2, breaker: false });
    assert.equal(patched.body.description, "invoices");
    assert.equal((await call("DELETE targets/billing", { headers: { "if-match": etag } })).status, 412);
    assert.equal((await call("DELETE targets/billing")).status, 204);
    assert.equal((await call("GET targets/billing")).status, 404);
    assert.equal((await call("PUT targets/billing", { body: put, headers: { "if-match": "*" } })).status, 412);
    assert.equal((await call("PUT targets/billing", { body: put })).status, 201);
  }));

test("the targets are listed by name, in pages", () =>
  withWorld(async ({ call }) => {
    for (const name of ["c", "a", "b"]) await call("POST targets", { body: { ...BILLING, name } });
    const first = await call("GET targets?limit=2");
    const second = await call(`GET targets?limit=2&cursor=${first.body.cursor}`);
    const names = [first, second].map(({ body }) => body.items.map(({ name }: { name: string }) => name));
    assert.deepEqual([names, second.body.cursor], [[["a", "b"], ["c"]], null]);
  }));

test("a task goes to where its target is now, and what it says beside the name goes before", () =>
  withWorld(async ({ call, sent }) => {
    await call("POST targets", { body: { ...BILLING, headers: { "x-a": "1" } } });
    await call("PUT tasks/a", { body: { schedule: HOURLY, target: { name: "billing", path: "/invoices" } } });
    await call("POST tasks/a/trigger");
    await call("PATCH targets/billing", { body: { urn: "https://b.example/v2" } });
    await call("POST tasks/a/trigger");
    assert.deepEqual(sent.map(({ target }) => target), [
      { name: "billing", urn: "https://api.example.com/v1/invoices", headers: { "x-a": "1" } },
      { name: "billing", urn: "https://b.example/v2/invoices", headers: { "x-a": "1" } },
    ]);
    const { body } = await call("GET tasks/a");
    assert.deepEqual(body.target, { name: "billing", path: "/invoices" });
  }));

test("a target that tasks refer to is not deleted, unless that is forced", () =>
  withWorld(async ({ call }) => {
    await call("POST targets", { body: BILLING });
    for (const id of ["a", "b"]) {
      await call(`PUT tasks/${id}`, {
        body: { schedule: HOURLY, target: id === "a" ? { name: "billing" } : "http://x/" },
      });
    }
    const listed = await call("GET tasks?target=billing");
    assert.deepEqual(listed.body.items.map(({ id }: { id: string }) => id), ["a"]);
    const refused = await call("DELETE targets/billing");
    assert.deepEqual([refused.status, refused.body.suggestion], [409, "/api/v1/tasks?target=billing"]);
    assert.equal((await call("DELETE targets/billing?force=true")).status, 204);
  }));

test("what is wrong with a target is told by its field, and no secret is repeated", () =>
  withWorld(async ({ call }) => {
    const { privateKey } = generateKeyPairSync("ed25519", {
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const cases: readonly (readonly [body: unknown, field: string])[] = [
      [{ urn: BILLING.urn }, "name"],
      [{ ...BILLING, name: "a b" }, "name"],
      [{ ...BILLING, name: ".." }, "name"],
      [{ name: "x" }, "urn"],
      [{ ...BILLING, urn: `https://me:${PASSWORD}@host/` }, "urn"],
      [{ ...BILLING, method: "get" }, "method"],
      [{ ...BILLING, headers: { "x-api-key": PASSWORD } }, "headers.x-api-key"],
      [{ ...BILLING, limits: { concurrency: 0 } }, "limits.concurrency"],
      [{ ...BILLING, limits: { rate: { burst: 1 } } }, "limits.rate.perSecond"],
      [{ ...BILLING, limits: { breaker: { openFor: "P2D" } } }, "limits.breaker.openFor"],
      [{ ...BILLING, auth: { kind: "digest" } }, "auth.kind"],
      [{ ...BILLING, auth: { kind: "basic", user: "a:b" }, credentials: { password: PASSWORD } }, "auth.user"],
      [{ ...BILLING, auth: { kind: "basic", user: "a" } }, "credentials.password"],
      [{ ...BILLING, credentials: { password: PASSWORD } }, "credentials.password"],
      [{ ...BILLING, credentials: { signingSecret: PASSWORD } }, "credentials.signingSecret"],
      [{ ...BILLING, credentials: { signingSecret: "whsk_AAAA" } }, "credentials.signingSecret"],
      [{ ...BILLING, credentials: { signingSecret: `whsk_${"A".repeat(86)}==` } }, "credentials.signingSecret"],
      [{ ...BILLING, credentials: { key: PASSWORD } }, "credentials.key"],
      [{ ...BILLING, credentials: { key: privateKey } }, "credentials.key"],
      [{ ...BILLING, credentials: { secret: PASSWORD } }, "credentials.secret"],
      [{ ...BILLING, credentials: { headers: { host: PASSWORD } } }, "credentials.headers.host"],
      [{ ...BILLING, tls: { ca: "x" } }, "tls.ca"],
      [
        { ...BILLING, tls: { certificate: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----" } },
        "tls.certificate",
      ],
      [{ ...BILLING, urn: "http://a/", tls: { serverName: "b" } }, "tls"],
      [{ ...BILLING, auth: { kind: "oauth2", tokenUrl: "ftp://x", clientId: "a" } }, "auth.tokenUrl"],
      [{ name: "x", urn: "amqp://h/v/e", auth: { kind: "bearer" }, credentials: { token: "t" } }, "auth.kind"],
      [{ name: "x", urn: "amqp://h/v/e", credentials: { signingSecret: SECRET } }, "credentials.signingSecret"],
      [{ ...BILLING, held: {} }, "held"],
      [{ ...BILLING, success: { status: [301] } }, "success.status.0"],
      [{ ...BILLING, success: { body: { matches: ".*" } } }, "success.body"],
      [{ ...BILLING, cloudEvents: "batched" }, "cloudEvents"],
    ];
    for (const [body, field] of cases) {
      const refused = await call("POST targets", { body });
      assert.deepEqual([refused.status, refused.body.field], [422, field], JSON.stringify([body, refused.body]));
      assert.ok(!JSON.stringify(refused.body).includes(PASSWORD), field);
    }
  }));

test("credentials come in, and are shown nowhere: not in the API, not in the store, not in what happens", () =>
  withWorld(async (world) => {
    const { call, node } = world;
    const body = {
      ...{ ...BILLING, auth: { kind: "basic", user: "me" } },
      credentials: { password: PASSWORD, signingSecret: SECRET, headers: { "X-Api-Key": `${PASSWORD}-2` } },
    };
    const made = await call("POST targets", { body });
    const since = new Date(START).toISOString();
    assert.deepEqual(made.body.held, {
      "password": { since },
      "signingSecret": { since },
      "headers.x-api-key": { since },
    });
    await call("PUT tasks/a", { body: { schedule: HOURLY, target: { name: "billing" } } });
    const entity = await node.entity("target", targetKey(USER, "billing"));
    const seen = [made, await call("GET targets"), await call("GET tasks:export"), await call("GET tasks/a")];
    const all = JSON.stringify([entity, world.logged, seen.map(({ body }) => body)]);
    for (const canary of [PASSWORD, SECRET, SECRET.slice(6)]) assert.ok(!all.includes(canary));
    assert.deepEqual(opened(world, entity?.registers.credentials?.value), {
      "password": { value: PASSWORD, since: START },
      "signingSecret": { value: SECRET, since: START },
      "headers.x-api-key": { value: `${PASSWORD}-2`, since: START },
    });
    // What is left out stays, null takes away, and what has no use any more is forgotten.
    const patched = await call("PATCH targets/billing", {
      body: { auth: { kind: "bearer", user: null }, credentials: { token: "t", headers: { "x-api-key": null } } },
    });
    assert.deepEqual(Object.keys(patched.body.held).sort(), ["signingSecret", "token"]);
    const { headers } = patched;
    const same = await call("PATCH targets/billing", { body: { description: "" } });
    assert.equal(same.headers.get("etag"), headers.get("etag"), "what changes nothing is no change");
  }));

test("credentials are rotated: both are held until that is confirmed, taken back, or over", () =>
  withWorld(async (world) => {
    const { call, node } = world;
    const body = { ...BILLING, credentials: { signingSecret: SECRET } };
    await call("POST targets", { body });
    const held = async () => {
      const entity = await node.entity("target", targetKey(USER, "billing"));
      return opened(world, entity?.registers.credentials?.value).signingSecret;
    };
    assert.equal((await call("POST targets/billing/confirm")).status, 409);
    const wrong = await call("POST targets/billing/rotate", { body: { credentials: { password: "x" } } });
    assert.deepEqual([wrong.status, wrong.body.field], [422, "credentials.password"]);
    const same = await call("POST targets/billing/rotate", { body: { credentials: { signingSecret: SECRET } } });
    assert.deepEqual([same.status, same.body.field], [422, "credentials.signingSecret"]);
    const none = await call("POST targets/billing/rotate", { body: {} });
    assert.deepEqual([none.status, none.body.field], [422, "credentials"]);
    const rotated = await call("POST targets/billing/rotate", { body: { credentials: { signingSecret: OTHER } } });
    assert.deepEqual(rotated.body.held.signingSecret.previous, { until: null });
    assert.deepEqual(await held(), { value: OTHER, since: START, previous: { value: SECRET } });
    await call("POST targets/billing/revert");
    assert.deepEqual(await held(), { value: SECRET, since: START });
    const previousUntil = new Date(START + 60_000).toISOString();
    await call("POST targets/billing/rotate", { body: { credentials: { signingSecret: OTHER }, previousUntil } });
    assert.deepEqual(await held(), { value: OTHER, since: START, previous: { value: SECRET, until: START + 60_000 } });
    const confirmed = await call("POST targets/billing/confirm");
    assert.deepEqual([confirmed.status, await held()], [200, { value: OTHER, since: START }]);
    // Of a pair of keys the public one is told: RFC 8037 §A.1.
    const signingSecret = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    const paired = await call("PATCH targets/billing", { body: { credentials: { signingSecret } } });
    assert.deepEqual(paired.body.held.signingSecret, {
      since: new Date(START).toISOString(),
      publicKey: "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    });
    assert.deepEqual((await call("GET targets/billing")).body.held, paired.body.held);
  }));

test("an address where no event is sent is refused when a target is written, and not when another thing of it is", () =>
  withWorld(async ({ call }) => {
    await call("POST users", { body: { name: "eve", password: "a password of eve", role: "editor" } });
    const { token } = (await call("POST auth/token", { body: { name: "eve", password: "a password of eve" } })).body;
    const oauth = {
      auth: { kind: "oauth2", tokenUrl: "http://[::ffff:169.254.169.254]/token", clientId: "a" },
      credentials: { clientSecret: "s" },
    };
    const cases = [
      [{ ...BILLING, urn: "http://2852039166/latest" }, {}, "urn"],
      [{ ...BILLING, ...oauth }, {}, "auth.tokenUrl"],
      [{ ...BILLING, urn: "http://0x7f.1/" }, { token }, "urn"],
      [{ name: "log", urn: "kafka://8.8.8.8,10.0.0.1:9092/t" }, { token }, "urn"],
    ] as const;
    for (const [body, who, field] of cases) {
      const refused = await call("POST targets", { body, ...who });
      assert.deepEqual([refused.status, refused.body.field], [422, field], JSON.stringify([body, refused.body]));
    }
    await call("POST targets", { body: { ...BILLING, urn: "http://10.0.0.1/" } });
    assert.equal((await call("PATCH targets/billing", { body: { urn: "http://[fe80::1]/" } })).status, 422);
    assert.equal((await call("PATCH targets/billing", { body: { description: "b" } })).status, 200);
    const fallback = [{ urn: "http://example.org/" }, { urn: "http://169.254.169.254/" }];
    const task = await call("POST tasks", {
      body: { schedule: HOURLY, target: "http://a.example/", policy: { fallback } },
    });
    assert.deepEqual([task.status, task.body.field], [422, "policy.fallback.1"]);
  }));

test("a test by somebody who is no admin reaches no further than that user's tasks do", () =>
  withWorld(async ({ call, sent }) => {
    await call("POST users", { body: { name: "eve", password: "a password of eve", role: "editor" } });
    const { token } = (await call("POST auth/token", { body: { name: "eve", password: "a password of eve" } })).body;
    await call("POST targets", { body: BILLING });
    assert.equal((await call("POST targets", { body: BILLING, token })).status, 201);
    await call("POST targets/billing/test");
    await call("POST targets/billing/test", { token });
    assert.deepEqual(sent.map(({ target }) => target.isGuarded), [undefined, true]);
    // Each sees their own of the name; an admin sees all.
    const names = async (more: object) =>
      (await call("GET targets", more)).body.items.map(({ user }: { user: string }) => user === USER).sort();
    assert.deepEqual([await names({}), await names({ token })], [[false, true], [false]]);
  }));

test("who listens hears that a target was changed or removed, and nothing of what is secret", () =>
  withWorld(async ({ call, node }) => {
    const heard: unknown[] = [];
    const unwatch = node.watch((notice) => void heard.push(notice));
    await call("POST targets", { body: { ...BILLING, credentials: { signingSecret: SECRET } } });
    await call("PATCH targets/billing", { body: { description: "b" } });
    await call("DELETE targets/billing");
    unwatch();
    const news = { kind: "target", user: USER, name: "billing" };
    assert.deepEqual(heard, [
      { ...news, isRemoved: false },
      { ...news, isRemoved: false },
      { ...news, isRemoved: true },
    ]);
  }));

test("a certificate comes with the key that is its own", () =>
  withWorld(async ({ call }) => {
    const { ca, client, server } = await makeCertificates();
    const tls = { ca, certificate: client.cert };
    const put = (key: string) => call("PUT targets/a", { body: { urn: BILLING.urn, tls, credentials: { key } } });
    const wrong = await put(server.key);
    assert.deepEqual([wrong.status, wrong.body.field], [422, "credentials.key"]);
    const right = await put(client.key);
    assert.deepEqual([right.status, right.body.tls, Object.keys(right.body.held)], [201, tls, ["key"]]);
    const other = await call("PATCH targets/a", { body: { tls: { certificate: server.cert } } });
    assert.deepEqual([other.status, other.body.field], [422, "credentials.key"]);
    const none = await call("PATCH targets/a", { body: { tls: { certificate: null } } });
    assert.deepEqual([none.status, none.body.held], [200, {}]);
  }));

test("a test sends one real event, and shows what became of it", () =>
  withWorld(async ({ call, sent, answer }) => {
    await call("POST targets", { body: BILLING });
    const { status, body } = await call("POST targets/billing/test");
    assert.deepEqual([status, body.outcome, body.status], [200, "delivered", 200]);
    assert.deepEqual(sent.map(({ id, target, payload }) => [id, target.urn, payload]), [[body.id, BILLING.urn, {
      test: true,
    }]]);
    answer({ kind: "failed", error: "api.example.com answered 503", status: 503, retryable: true });
    const failed = await call("POST targets/billing/test", { body: { payload: [1] } });
    assert.deepEqual([failed.body.outcome, failed.body.error], ["failed", "api.example.com answered 503"]);
  }));

function opened({ targets }: World, value: unknown) {
  const { sealed } = value as { readonly sealed: string };
  return targets.open(sealed, targetKey(USER, "billing")) ?? assert.fail("what is sealed can't be opened");
}
