// One's sessions, wherever they were opened: which there are, when and from where they were used, and the end of one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionPage, tokenPage } from "../../src/api/description/access-shapes.ts";
import { meshed, until } from "./meshed.ts";
import { ADMIN_TOKEN, PASSWORD, person, PORT, withWorld } from "./world.ts";

const MINUTE = 60_000;

function cookieOf(headers: Headers): string {
  return headers.get("set-cookie")?.split(";")[0] ?? "";
}

test("one's sessions are listed: when and from where they were opened and used, by what, and which one asks", () =>
  withWorld(async (world) => {
    const { call, clock } = world;
    const ada = await person(world, "ada");
    const opened = clock.now();
    const browser = await call("POST auth/session", {
      body: { name: "ada", password: PASSWORD },
      token: null,
      remote: "192.0.2.1",
      headers: { "user-agent": `Firefox ${"x".repeat(400)}` },
    });
    const headers = { cookie: cookieOf(browser.headers) };
    await clock.pass(MINUTE);
    const { body: seed } = await call("POST /auth", {
      body: { type: "bearer", username: "ada", password: PASSWORD },
      token: null,
      remote: "192.0.2.2",
    });
    await call("POST auth/session", { body: { token: ADMIN_TOKEN }, token: null });
    await clock.pass(MINUTE);
    await call("GET /user", { token: seed.token, remote: "192.0.2.3" });
    await clock.pass(MINUTE);
    const { status, body } = await call("GET auth/sessions", { headers, remote: "192.0.2.4" });
    assert.equal(status, 200);
    sessionPage.parse(body);
    const at = (ms: number) => new Date(opened + ms).toISOString();
    const shown = (
      { id: _, expiresAt: __, agent, ...rest }: { id: string; expiresAt: string; agent: string | null },
    ) => ({
      ...rest,
      agent: agent?.slice(0, 9) ?? null,
    });
    assert.deepEqual(body.items.map(shown), [
      {
        ...{ kind: "browser", isThis: true, from: "192.0.2.1", agent: "Firefox x", createdAt: at(0) },
        ...{ lastUsedAt: at(3 * MINUTE), lastUsedFrom: "192.0.2.4" },
      },
      {
        ...{ kind: "seed", isThis: false, from: "192.0.2.2", agent: null, createdAt: at(MINUTE) },
        ...{ lastUsedAt: at(2 * MINUTE), lastUsedFrom: "192.0.2.3" },
      },
    ]);
    assert.equal(body.items[0].agent.length, 256);
    assert.ok(!JSON.stringify(body).includes(headers.cookie.split("=")[1] ?? "-"), "no secret is shown");
    // An admin sees whose it names, and else the admin's own; nobody else sees another's.
    assert.equal((await call("GET auth/sessions?user=ada")).body.items.length, 2);
    assert.equal((await call("GET auth/sessions")).body.items.length, 1);
    const eve = await person(world, "eve");
    assert.equal((await call("GET auth/sessions?user=ada", { token: eve.token })).status, 403);
    assert.deepEqual((await call("GET auth/sessions", { token: eve.token })).body.items, []);
    // Tokens say when they were used, too.
    const { body: tokens } = await call("GET tokens", { token: ada.token, remote: "192.0.2.5" });
    tokenPage.parse(tokens);
    assert.deepEqual(
      tokens.items.map(({ lastUsedAt, lastUsedFrom }: { lastUsedAt: string; lastUsedFrom: string }) => [
        lastUsedAt,
        lastUsedFrom,
      ]),
      [[at(3 * MINUTE), "192.0.2.5"]],
    );
  }));

test("a session is ended by its id, by whom it is, by an admin, and by nothing that opens less", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada");
    const eve = await person(world, "eve");
    const open = async () => {
      const body = { name: "ada", password: PASSWORD };
      return { cookie: cookieOf((await call("POST auth/session", { body, token: null })).headers) };
    };
    const [one, two, three] = [await open(), await open(), await open()];
    const { items } = (await call("GET auth/sessions", { headers: one })).body;
    const idOf = async (headers: { cookie: string }) =>
      (await call("GET auth/sessions", { headers })).body.items.find(({ isThis }: { isThis: boolean }) => isThis).id;
    const [idOne, idTwo, idThree] = [await idOf(one), await idOf(two), await idOf(three)];
    assert.deepEqual(items.map(({ id }: { id: string }) => id).sort(), [idOne, idTwo, idThree].sort());
    const weak = (await call("POST tokens", { body: { scopes: ["read"] }, token: ada.token })).body.token;
    const status = async (line: string, more: object) => (await call(line, more)).status;
    const origin = { origin: `http://localhost:${PORT}` };
    assert.equal(await status(`DELETE auth/sessions/${idTwo}`, { token: weak }), 403);
    assert.equal(await status(`DELETE auth/sessions/${idTwo}`, { token: eve.token }), 404);
    assert.equal(await status("DELETE auth/sessions/nope", { headers: { ...one, ...origin } }), 404);
    assert.equal(await status(`DELETE auth/sessions/${idTwo}`, { headers: { ...one, ...origin } }), 204);
    assert.equal(await status("GET tasks", { headers: two }), 401);
    assert.equal(await status(`DELETE auth/sessions/${idTwo}`, { headers: { ...one, ...origin } }), 404);
    assert.equal(await status(`DELETE auth/sessions/${idThree}?user=ada`, {}), 204);
    assert.equal(await status("GET tasks", { headers: three }), 401);
    assert.equal(await status(`DELETE auth/sessions/${idOne}`, { headers: { ...one, ...origin } }), 204);
    assert.equal(await status("GET tasks", { headers: one }), 401);
  }));

test("a use is told to the other peers once in ten minutes, stands in no audit, and two at once are no conflict", () =>
  withWorld(async (world) => {
    const { call, clock, node, audited } = world;
    const ada = await person(world, "ada");
    const stamps = async () => (await node.entities("token", 10)).map(({ registers }) => registers.used?.stamp);
    const use = async (remote: string) => {
      await call("GET tasks", { token: ada.token, remote });
      await clock.pass(1);
    };
    await use("192.0.2.1");
    const [first] = await stamps();
    assert.ok(first !== undefined);
    for (let n = 0; n < 20; n++) await use("192.0.2.2");
    assert.deepEqual(await stamps(), [first]);
    await clock.pass(10 * MINUTE);
    await use("192.0.2.2");
    assert.notDeepEqual(await stamps(), [first]);
    assert.deepEqual(audited, []);
  }));

test("another peer knows when a session was used here", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const { body: { token } } = await one.call("POST tokens", { body: {}, headers: { prefer: "replicas=2" } });
  mesh.network.cut("peer-1", "peer-2");
  await one.call("GET tasks", { token });
  await two.call("GET tasks", { token });
  mesh.network.heal("peer-1", "peer-2");
  const used = async (peer: typeof one) =>
    (await peer.node.entities("token", 10)).map(({ registers }) => registers.used?.stamp)[0];
  await until("both hold the same use", async () => {
    const [here, there] = [await used(one), await used(two)];
    return here !== undefined && here === there;
  });
  assert.deepEqual((await one.node.conflicts({ limit: 10 })).items, []);
  assert.deepEqual((await two.node.conflicts({ limit: 10 })).items, []);
  const [shown] = (await two.call("GET tokens")).body.items;
  assert.equal(shown.lastUsedFrom, "127.0.0.1");
});

test("tokens and invitations come in pages, the eldest first, however many there are", () =>
  withWorld(async (world) => {
    const { call, clock, node } = world;
    const made: string[] = [];
    for (let n = 0; n < 25; n++) {
      made.push((await call("POST tokens", { body: { name: `t${n}` } })).body.id);
      await call("POST invites", { body: {} });
      // Some are made in the same millisecond.
      if (n % 3 === 0) await clock.pass(1);
    }
    assert.equal((await node.entities("token", 100)).length, 50);
    const walk = async (line: string) => {
      const ids: string[] = [];
      let cursor: string | null = "";
      for (let pages = 0; cursor !== null; pages++) {
        assert.ok(pages < 30);
        const { body, status }: { body: { items: readonly { id: string }[]; cursor: string | null }; status: number } =
          await call(
            `${line}${cursor === "" ? "" : `&cursor=${cursor}`}`,
          );
        assert.equal(status, 200);
        ids.push(...body.items.map(({ id }) => id));
        cursor = body.cursor;
      }
      return ids;
    };
    for (const limit of [1, 2, 7, 24, 25, 26]) {
      const ids = await walk(`GET tokens?limit=${limit}`);
      assert.deepEqual([ids.length, new Set(ids)], [25, new Set(made)], `${limit}`);
    }
    assert.deepEqual(
      await walk("GET tokens?limit=3"),
      (await call("GET tokens")).body.items.map(({ id }: { id: string }) => id),
    );
    assert.equal(new Set(await walk("GET invites?limit=4")).size, 25);
    assert.equal((await call("GET tokens?limit=501")).status, 400);
    assert.equal((await call("GET invites?cursor=x")).body.field, "cursor");
  }));
