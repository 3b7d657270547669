// WebSockets for the server, by `ws`, on both runtimes: upgrades what the API takes, and answers what it does not.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Api } from "./app.ts";
import { type Accept, CLOSED, type Socket } from "./request/socket.ts";

/** The seed took 512 bytes; its tokens have become longer. */
const TEXT_MAX_BYTES = 4 * 1024;
/** As the seed did: a ping each 54 s, and a connection that has not answered within a minute is gone. */
const PING_MS = 54_000;
const PONG_MS = 60_000;

export type Upgrade = (incoming: IncomingMessage, socket: Duplex, head: Uint8Array) => void;

export type WebSockets = { readonly upgrade: Upgrade; close(): void };

export async function webSockets(upgrade: Api["upgrade"]): Promise<WebSockets> {
  // Its two native helpers are for masks and UTF-8 of large messages; Deno's sandbox would refuse them.
  const { WebSocketServer } = await import("ws");
  const { Buffer } = await import("node:buffer");
  const server = new WebSocketServer({ noServer: true, clientTracking: true, maxPayload: TEXT_MAX_BYTES });
  return {
    upgrade(incoming, socket, head) {
      socket.on("error", () => socket.destroy());
      const request = requestOf(incoming);
      const answer = request === undefined ? new Response(null, { status: 400 }) : upgrade(request);
      if (answer instanceof Response) return void refuse(socket, answer);
      server.handleUpgrade(incoming, socket, Buffer.from(head), (webSocket) => take(webSocket, answer));
    },
    close() {
      for (const client of server.clients) client.close(CLOSED.going);
      server.close();
    },
  };
}

function take(webSocket: WebSocket, accept: Accept): void {
  let heardAt = performance.now();
  webSocket.on("pong", () => heardAt = performance.now());
  const ping = setInterval(() => {
    if (performance.now() - heardAt > PONG_MS + PING_MS) return webSocket.terminate();
    webSocket.ping();
  }, PING_MS);
  // Whatever breaks closes.
  webSocket.on("error", () => {});
  webSocket.on("close", () => clearInterval(ping));
  const socket: Socket = {
    get waiting() {
      return webSocket.bufferedAmount;
    },
    send: (text) => webSocket.send(text),
    close: (code, reason) => webSocket.close(code, reason),
    onText: (listener) =>
      void webSocket.on("message", (message, isBinary) => {
        if (!isBinary) listener(String(message));
      }),
    onClose: (listener) => void webSocket.once("close", listener),
  };
  accept(socket);
}

function requestOf({ url = "/", headers }: IncomingMessage): Request | undefined {
  const { host } = headers;
  const target = `http://${host}${url}`;
  if (host === undefined || !url.startsWith("/") || !URL.canParse(target)) return undefined;
  const { origin } = headers;
  return new Request(target, { headers: { host, ...(origin === undefined ? {} : { origin }) } });
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const head = [
    `HTTP/1.1 ${response.status} Refused`,
    ...[...response.headers].map(([name, value]) => `${name}: ${value}`),
    `content-length: ${new TextEncoder().encode(body).length}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
