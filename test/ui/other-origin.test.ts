/// <reference lib="dom" />

// A page of another origin, in a browser whose user is signed in to the peer: whatever it tries, it changes nothing and
// reads nothing.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { browserTest } from "./world.ts";

/** What the page tries, with the peer's address and itself in the browser. Each ends with what it could read. */
async function attack(url: string): Promise<readonly string[]> {
  const read: string[] = [];
  const task = JSON.stringify({ id: "evil", schedule: "R/2026-01-01T00:00:00Z/PT1H", target: "http://localhost:1/" });
  const types = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/x-ndjson",
    "",
  ];
  const paths = [
    "/api/v1/tasks",
    "/api/v1/tasks/mine",
    "/api/v1/tokens",
    "/api/v1/users",
    "/task",
    "/user",
    "/api/v1/tasks:batch",
  ];
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
    for (const type of types) {
      for (const mode of ["cors", "no-cors"] as const) {
        for (const path of paths) {
          const init: RequestInit = {
            ...{ method, mode, credentials: "include" },
            headers: type === "" ? {} : { "content-type": type },
            ...(method === "GET" ? {} : { body: new Blob([task]) }),
          };
          try {
            const response = await fetch(url + path, init);
            const text = await response.text();
            if (response.type !== "opaque" || text !== "") read.push(`${method} ${type} ${mode} ${path}: ${text}`);
          } catch {
            // As it should be.
          }
        }
      }
    }
  }
  for (const type of ["application/json", "text/plain"]) {
    navigator.sendBeacon(`${url}/api/v1/tasks`, new Blob([task], { type }));
  }
  const frame = document.createElement("iframe");
  frame.name = "target";
  document.body.append(frame);
  for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    for (const path of ["/api/v1/tasks", "/api/v1/tasks/mine/trigger", "/api/v1/auth/session", "/task"]) {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action: url + path, enctype, target: "target" });
      const field = document.createElement("input");
      field.name = `${task.slice(0, -1)},"x":"`;
      field.value = '"}';
      form.append(field);
      document.body.append(form);
      form.submit();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  for (const tag of ["img", "script", "link", "iframe"]) {
    const element = document.createElement(tag);
    const loaded = new Promise<string>((resolve) => {
      element.addEventListener("load", () => resolve("load"));
      element.addEventListener("error", () => resolve("error"));
      setTimeout(() => resolve("nothing"), 2_000);
    });
    if (tag === "link") Object.assign(element, { rel: "stylesheet", href: `${url}/api/v1/tasks` });
    else Object.assign(element, { src: `${url}/api/v1/tasks` });
    document.body.append(element);
    if (await loaded === "load" && tag !== "iframe") read.push(`<${tag}> loaded`);
    if (element instanceof HTMLIFrameElement) {
      try {
        if (element.contentDocument?.body.textContent) read.push("<iframe> was read");
      } catch {
        // As it should be.
      }
    }
  }
  read.push(
    ...await new Promise<string[]>((resolve) => {
      const events = new EventSource(`${url}/api/v1/events`, { withCredentials: true });
      events.onopen = () => resolve(["an event stream was opened"]);
      events.onerror = () => {
        events.close();
        resolve([]);
      };
    }),
    ...await new Promise<string[]>((resolve) => {
      const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
      socket.onopen = () => resolve(["a socket was opened"]);
      socket.onerror = () => resolve([]);
    }),
  );
  return read;
}

for (const host of ["127.0.0.1", "evil.localhost"]) {
  browserTest(`a page at another port of ${host} changes nothing and reads nothing`, async ({ enter, peer }) => {
    await peer.call("POST", "/tasks", {
      id: "mine",
      schedule: "R/2030-01-01T00:00:00Z/PT1H",
      target: "http://localhost:1/",
    });
    const before = await peer.call("GET", "/tasks");
    const { page: own } = await enter();
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>x</title><body></body>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const page = await own.context().newPage();
      await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`);
      assert.deepEqual(await page.evaluate(attack, peer.url), []);
      await page.close();
    } finally {
      server.closeAllConnections();
      server.close();
    }
    assert.deepEqual(await peer.call("GET", "/tasks"), before);
    assert.deepEqual(await peer.call("GET", "/users"), { items: [], cursor: null });
    assert.deepEqual(await peer.call("GET", "/tokens"), { items: [], cursor: null });
    assert.deepEqual(await peer.call("GET", "/runs"), { items: [], cursor: null });
    await own.reload();
    await own.getByRole("heading", { name: "Tasks", exact: true }).waitFor();
  });
}
