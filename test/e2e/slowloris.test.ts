import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { serve } from "../../src/api/serve.ts";
import { withWorld } from "../api/world.ts";

const CONNECTIONS = Number(globalThis.process?.env.METRONOME_SLOW ?? 1_000);

test(`${CONNECTIONS} connections that never end their head keep nobody out`, () =>
  withWorld(async ({ api }) => {
    const serving = await serve({ fetch: api.fetch, hostname: "127.0.0.1", port: 0 });
    const sockets: Socket[] = [];
    try {
      for (let i = 0; i < CONNECTIONS; i++) {
        const socket = connect(serving.port, "127.0.0.1");
        socket.on("error", () => {});
        socket.on("connect", () => socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: "));
        sockets.push(socket);
        if (i % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const drip = setInterval(() => {
        for (const socket of sockets) if (!socket.destroyed) socket.write("a");
      }, 100);
      const times: number[] = [];
      for (let i = 0; i < 50; i++) {
        const began = performance.now();
        const response = await fetch(`${serving.url}/healthz`, { headers: { connection: "close" } });
        assert.equal(response.status, 200);
        await response.body?.cancel();
        times.push(performance.now() - began);
      }
      clearInterval(drip);
      const sorted = times.toSorted((a, b) => a - b);
      console.log(`healthz took ${sorted[25]?.toFixed(1)} ms in the middle, ${sorted.at(-1)?.toFixed(1)} ms at most`);
    } finally {
      for (const socket of sockets) socket.destroy();
      await serving.close();
    }
  }));
