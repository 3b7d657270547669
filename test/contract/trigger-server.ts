// A server that knows no HTTP but what it is told: it keeps the bytes that came in, and answers with bytes.

import { Buffer } from "node:buffer";
import { createServer, type Socket } from "node:net";

export type RawRequest = {
  /** The head as it came, without the empty line. */
  readonly head: string;
  readonly line: string;
  /** In the order in which they came; names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
};

export type RawServer = AsyncDisposable & {
  readonly port: number;
  readonly url: string;
  readonly requests: RawRequest[];
  /** All bytes that came in, of all connections. */
  readonly bytes: () => string;
  readonly connections: () => number;
  readonly open: () => number;
  /** Ends all connections that are open. */
  cut(): void;
};

export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

export function answerOf(status: number, { headers = "", body = "" } = {}): string {
  return `HTTP/1.1 ${status} \r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** `answer` is called for each whole request; a text that it returns is written. */
export async function rawServer(
  answer: (request: RawRequest, socket: Socket) => string | void = () => OK,
): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const chunks: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let rest = "";
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      chunks.push(text);
      rest += text;
      for (;;) {
        const taken = takeRequest(rest);
        if (taken === undefined) return;
        rest = taken.rest;
        requests.push(taken.request);
        const said = answer(taken.request, socket);
        if (said !== undefined && !socket.destroyed) socket.write(said);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    requests,
    bytes: () => chunks.join(""),
    connections: () => connections,
    open: () => sockets.size,
    cut,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

/** A port of this machine where nothing listens. */
export async function freePort(): Promise<number> {
  await using server = await rawServer();
  return server.port;
}

export function headerOf(request: RawRequest | undefined, name: string): string | undefined {
  const values = request?.headers.filter(([known]) => known === name).map(([, value]) => value) ?? [];
  if (values.length > 1) throw new Error(`${name} came ${values.length} times`);
  return values[0];
}

export function queryOf(request: RawRequest | undefined): string {
  return request?.line.split(" ")[1]?.split("?")[1] ?? "";
}

function takeRequest(text: string): { readonly request: RawRequest; readonly rest: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const [line = "", ...lines] = head.split("\r\n");
  const headers = lines.map((header) => {
    const colon = header.indexOf(":");
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).replace(/^ /, "")] as const;
  });
  const length = Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
  const start = end + 4;
  if (text.length < start + length) return undefined;
  const body = Buffer.from(text.slice(start, start + length), "latin1").toString();
  return { request: { head, line, headers, body }, rest: text.slice(start + length) };
}
