// Named targets in real peers: what is secret of them is used at every member, survives a joining, and is found nowhere.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Meshed, type MeshedPeer, together } from "./meshed.ts";
import { call, kill, TOKEN, until } from "./peer.ts";

const CANARIES = ["canary-of-the-password", "canary-of-a-header"] as const;
const [PASSWORD, HEADER] = CANARIES;
const AUTHORIZATION = `Basic ${btoa(`me:${PASSWORD}`)}`;

test("a target is used at every member, also by who joined after it was made, and its secrets are found nowhere", async () => {
  await using mesh = new Meshed();
  await using receiver = await listen();
  const a = await mesh.start("a");
  const b = await mesh.start("b");
  // Made while it was alone, under a key that no other peer has ever had.
  const made = await call(b.ready.http, "/api/v1/targets", {
    name: "shop",
    urn: `${receiver.url}/wrong`,
    auth: { kind: "basic", user: "me" },
    credentials: { password: PASSWORD, headers: { "x-key": HEADER } },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  for (let n = 0; n < 8; n++) {
    const task = { id: `t${n}`, schedule: "R/2026-01-01T00:00:00Z/PT1S", target: { name: "shop", path: `/t${n}` } };
    assert.equal((await call(b.ready.http, "/api/v1/tasks", task)).status, 201);
  }
  kill(b.ready.pid, "SIGTERM");
  await b.program.ended;
  const ticket = (await call(a.ready.http, "/api/v1/tickets", {})).body.ticket;
  b.program = mesh.refused("b", ["--join", ticket], b.site);
  b.ready = await b.program.ready();
  await together(a, b);
  // An edit at one peer counts at all, for all tasks, at once.
  const etag = await tagAt(a);
  const patch = await fetch(`${a.ready.http}/api/v1/targets/shop`, {
    method: "PATCH",
    headers: { ...headersOf(), "if-match": etag },
    body: JSON.stringify({ urn: `${receiver.url}/right` }),
  });
  assert.equal(patch.status, 200, await patch.text());
  await until(
    "every task goes to where the target is now",
    () => [0, 1, 2, 3, 4, 5, 6, 7].every((n) => receiver.paths.includes(`/right/t${n}`)),
  );
  assert.deepEqual([...receiver.refused], []);
  for (const peer of [a, b]) {
    const shown = [
      await call(peer.ready.http, "/api/v1/targets"),
      await call(peer.ready.http, "/api/v1/tasks"),
      await call(peer.ready.http, "/api/v1/runs"),
      await call(peer.ready.http, "/api/v1/conflicts"),
    ];
    assert.deepEqual(shown.map(({ status }) => status), [200, 200, 200, 200]);
    const exported = await (await fetch(`${peer.ready.http}/api/v1/tasks:export`, { headers: headersOf() })).text();
    assert.ok(exported.includes("shop"));
    const said = exported + JSON.stringify(shown.map(({ body }) => body)) + peer.program.stdout() +
      peer.program.stderr();
    for (const canary of [...CANARIES, AUTHORIZATION]) assert.ok(!said.includes(canary), canary);
    assert.equal(shown[0]?.body.items[0].held.password !== undefined, true);
    kill(peer.ready.pid, "SIGTERM");
    await peer.program.ended;
    const names = await readdir(peer.site.data, { recursive: true });
    assert.ok(names.includes("mesh.key") && !names.includes("former-mesh.key"), names.join(" "));
    let isFound = false;
    for (const name of names) {
      const bytes = await readFile(join(peer.site.data, name)).catch(() => undefined);
      isFound ||= bytes?.includes('"name":"shop"') === true;
      for (const canary of [...CANARIES, AUTHORIZATION]) {
        assert.ok(bytes?.includes(canary) !== true, `${name}: ${canary}`);
      }
    }
    assert.ok(isFound, "what is not secret is found, so what is would be");
  }
});

async function tagAt({ ready }: MeshedPeer): Promise<string> {
  const { headers, body } = await call(ready.http, "/api/v1/targets/shop");
  return headers.get("etag") ?? assert.fail(JSON.stringify(body));
}

function headersOf() {
  return { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
}

/** Takes events of who shows both secrets. */
async function listen() {
  const paths: string[] = [];
  const refused = new Set<string>();
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    const isKnown = request.headers.authorization === AUTHORIZATION && request.headers["x-key"] === HEADER;
    paths.push(path);
    if (!isKnown) refused.add(path);
    request.resume();
    response.writeHead(isKnown ? 204 : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
