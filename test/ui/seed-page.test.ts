/// <reference lib="dom" />

// A page as the seed's client is one: of another origin, which asks by XMLHttpRequest with its token in a header, and
// watches over a WebSocket; in a browser, which asks each of the peers first whether it may.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Meshed, together } from "../e2e/meshed.ts";
import { browserTest } from "./world.ts";

type Frame = readonly [kind: string, json: ReturnType<typeof JSON.parse>];

/** All that the client does, each time at the next of the peers. Ends with what it saw, by what it did. */
async function useAll({ peers, target }: { readonly peers: readonly string[]; readonly target: string }) {
  let turn = 0;
  let token = "";
  const seen: (readonly [what: string, status: number, body: ReturnType<typeof JSON.parse>])[] = [];

  function ask(line: string, body?: unknown, expected = 200): Promise<ReturnType<typeof JSON.parse>> {
    const [method = "", path = ""] = line.split(" ");
    const request = new XMLHttpRequest();
    return new Promise((resolve, reject) => {
      request.open(method, peers[turn++ % peers.length] + path);
      request.setRequestHeader("Accept", "application/json, text/plain, */*");
      if (token !== "") request.setRequestHeader("Authorization", token);
      if (body !== undefined) request.setRequestHeader("Content-Type", "application/json;charset=UTF-8");
      request.onerror = () => reject(new Error(`${line}: the browser let nothing through`));
      request.onload = () => {
        const answer = request.responseText === "" ? undefined : JSON.parse(request.responseText);
        seen.push([line, request.status, answer]);
        if (request.status === expected) resolve(answer);
        else reject(new Error(`${request.status} ${request.responseText} after ${JSON.stringify(seen.slice(-4))}`));
      };
      request.send(body === undefined ? null : JSON.stringify(body));
    });
  }

  async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 20_000; !await isSo();) {
      if (Date.now() > end) throw new Error(`not within 20 s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  function watch(peer: string) {
    const frames: Frame[] = [];
    const closed: number[] = [];
    const socket = new WebSocket(`${peer.replace("http", "ws")}/ws`);
    socket.onopen = () => socket.send(token);
    socket.onmessage = ({ data }) => {
      const at = String(data).indexOf(":");
      frames.push([String(data).slice(0, at), JSON.parse(String(data).slice(at + 1))]);
    };
    socket.onclose = ({ code }) => void closed.push(code);
    return { frames, closed };
  }

  // The first of the mesh signs up at a peer that has joined it.
  turn = 1;
  await ask("POST /user", { name: "ada", password: "x" });
  turn = 1;
  ({ token } = await ask("POST /auth", { type: "bearer", username: "ada", password: "x" }));
  for (const _ of peers) await ask("GET /user/");
  const watched = peers.map(watch);
  await until("they listen", () => watched.every(({ closed }) => closed.length === 0));
  const start = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, "Z");
  const task = { id: "tick", name: "tick", schedule: `R/${start}/PT1S/ET5S`, urn: target, payload: { a: 1 } };
  const { guid } = await ask("POST /task", task);
  const told = (isIt: (frame: Frame) => boolean) => watched.every(({ frames }) => frames.some(isIt));
  await until(
    "a run is told everywhere",
    () => told(([kind, json]) => kind === "state" && json.taskGUID === guid && json.state === 0),
  );
  await ask("POST /task/", { ...task, name: "tock" });
  await until("the edit is told", () => told(([kind, json]) => kind === "task" && json.name === "tock"));
  for (const _ of peers) {
    await until("it is listed", async () => (await ask("GET /tasks"))?.[0]?.name === "tock");
  }
  await ask("DELETE /task/tick");
  await until(
    "its end is told",
    () => told(([kind, json]) => kind === "task" && json.id === "tick" && json.URN === ""),
  );
  await ask("PATCH /user", { password: "y" });
  await ask("POST /auth/logout");
  await until("all sockets are closed", () => watched.every(({ closed }) => closed[0] === 1008));
  // Who has signed out is out everywhere.
  for (const _ of peers) await ask("GET /tasks", undefined, 401);
  return seen;
}

browserTest(
  "the seed's client does all that it does from another origin, at whichever of three peers",
  async ({ open }) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>board</title><body></body>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://board.localhost:${(server.address() as AddressInfo).port}`;
    await using mesh = new Meshed();
    const args = ["--allow-origins", origin];
    const one = await mesh.start("one", { args });
    const others = [await mesh.join("two", one, { args }), await mesh.join("three", one, { args })];
    await together(one, ...others);
    const { url: target } = await mesh.target();
    const { page: first } = await open();
    const page = await first.context().newPage();
    try {
      await page.goto(origin);
      const peers = [one, ...others].map(({ ready }) => ready.http);
      const seen = await page.evaluate(useAll, { peers, target });
      const userOf = seen.filter(([what]) => what === "GET /user/").map(([, , { name, roles }]) => [name, ...roles]);
      assert.deepEqual(userOf, peers.map(() => ["ada", "admin"]));
    } finally {
      await page.close();
      server.closeAllConnections();
      server.close();
    }
  },
);
