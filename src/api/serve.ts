// The server: a port on one side, `fetch` on the other. It is node:http on both runtimes. Deno.serve costs half as much
// (31 µs of CPU for a small request against 60), but in 2.9.5 it stops reading a body once its answer has begun, which
// a batch lives by (denoland/deno#36624), closes the connection after a body of 500 bytes (#36657), and has no bound for
// a slow head; with those, both did as many posts a second.

import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Api } from "./app.ts";
import { problem } from "./request/problem.ts";
import { answerUnread } from "./unread.ts";
import { webSockets } from "./web-socket.ts";

export type ServeSettings = {
  readonly fetch: Api["fetch"];
  /** In PEM; absent: plain HTTP. */
  readonly tls?: { readonly key: string; readonly certificate: string };
  /** Absent: no WebSockets. */
  readonly upgrade?: Api["upgrade"];
  /** An address, or a name of one. */
  readonly hostname: string;
  /** With 0, the system chooses a free one. */
  readonly port: number;
};

export type Serving = {
  /** `http://127.0.0.1:8081` */
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, lets requests end for a while, then ends them. Twice is once. */
  close(): Promise<void>;
};

/** Why the server can't listen, in words for who started it. */
export class ServeRefusal extends Error {
  override readonly name = "ServeRefusal";
  readonly kind: "in-use" | "not-allowed" | "no-such-address";
  constructor(kind: ServeRefusal["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** How long requests in flight may take to end once the server is closed. */
const CLOSE_MS = 3_000;
const CLOSE_IDLE_MS = 20;

/** A request's head, in bytes and in time, and how many connections there may be: SAFETY 11 and 25. */
const HEAD_MAX_BYTES = 16 * 1024;
const HEAD_WAIT_MS = 10_000;
const CONNECTIONS_MAX = 2_048;
/** Connections that have not sent a whole head yet. Of more, those that have taken longest go. */
const HEADLESS_MAX = 256;
/** Before that, each has so long: of hundreds that come at once, one may have its head in the kernel already. */
const HEADLESS_GRACE_MS = 20;
const KEEP_ALIVE_MS = 30_000;

export async function serve(settings: ServeSettings): Promise<Serving> {
  const { fetch, hostname, port, tls } = settings;
  await checkSandbox(settings);
  // Loaded here, so that the commands which serve nothing do not pay for it.
  const [{ getRequestListener }, http, https] = await Promise.all([
    import("@hono/node-server"),
    import("node:http"),
    tls === undefined ? undefined : import("node:https"),
  ]);
  const listener = getRequestListener((request, { incoming }) => {
    const remote = incoming.socket?.remoteAddress;
    return fetch(request, { isSecure: tls !== undefined, ...(remote === undefined ? {} : { remote }) });
  }, {
    // What else runs in this process keeps the Request and Response of its runtime.
    overrideGlobalObjects: false,
    errorHandler: () =>
      problem(400, "The request's line or its Host can't be read.", {
        field: "Host",
        headers: { connection: "close" },
      }),
  });
  const bounds = {
    maxHeaderSize: HEAD_MAX_BYTES,
    // One that has none is answered by the listener.
    requireHostHeader: false,
    headersTimeout: HEAD_WAIT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A batch may take hours; a body that stops coming is noticed by who reads it.
    requestTimeout: 0,
  };
  const server = tls === undefined || https === undefined
    ? http.createServer(bounds, listener)
    : https.createServer({ ...bounds, key: tls.key, cert: tls.certificate, minVersion: "TLSv1.2" }, listener);
  server.maxConnections = CONNECTIONS_MAX;
  answerUnread(server, HEAD_MAX_BYTES);
  boundHeadless(server, tls === undefined ? "connection" : "secureConnection");
  const sockets = settings.upgrade === undefined ? undefined : await webSockets(settings.upgrade);
  if (sockets !== undefined) server.on("upgrade", sockets.upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(refusalOf(error, settings) ?? error));
    server.listen(port, hostname, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  let closed: Promise<void> | undefined;
  const close = () =>
    new Promise<void>((resolve) => {
      sockets?.close();
      const last = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      // A connection whose answer ends now is idle a moment later, and nobody tells.
      const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
      server.close(() => {
        clearTimeout(last);
        clearInterval(idle);
        resolve();
      });
    });
  return {
    url: urlOf(hostname, address.port, tls === undefined ? "http" : "https"),
    port: address.port,
    close: () => closed ??= close(),
  };
}

/** Who opens many connections and says nothing on them keeps nobody else out (slowloris). */
function boundHeadless(server: Server, event: "connection" | "secureConnection"): void {
  const headless = new Set<Socket>();
  let isThinning = false;
  const thin = () => {
    isThinning = false;
    for (const eldest of headless) {
      if (headless.size <= HEADLESS_MAX) break;
      headless.delete(eldest);
      eldest.destroy();
    }
  };
  server.on(event, (socket: Socket) => {
    headless.add(socket);
    socket.once("close", () => headless.delete(socket));
    if (headless.size <= HEADLESS_MAX || isThinning) return;
    isThinning = true;
    // The loop may stand still meanwhile: what came in is read before the immediate, and would not be before the timer.
    setTimeout(setImmediate, HEADLESS_GRACE_MS, thin).unref();
  });
  const isHeard = ({ socket }: IncomingMessage) => void headless.delete(socket);
  server.on("request", isHeard);
  server.on("upgrade", isHeard);
}

function urlOf(hostname: string, port: number, scheme: "http" | "https"): string {
  return `${scheme}://${bracketed(hostname)}:${port}`;
}

function bracketed(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

function refusalOf(error: unknown, { hostname, port }: ServeSettings): ServeRefusal | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const where = `${hostname}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return new ServeRefusal(
        "in-use",
        `Another program listens on ${where}. Choose another port with --http, or end that program.`,
        {
          cause: error,
        },
      );
    case "EACCES":
    case "EPERM":
      return new ServeRefusal(
        "not-allowed",
        `This program may not listen on ${where}. Choose a port above 1023 with --http: those below are for the administrator.`,
        {
          cause: error,
        },
      );
    case "EADDRNOTAVAIL":
    case "EINVAL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new ServeRefusal(
        "no-such-address",
        `This machine has no address ${hostname}, so it can't listen on ${where}. Name one that it has with --http.`,
        {
          cause: error,
        },
      );
  }
  return undefined;
}

/** Asked first: what Deno's sandbox refuses, node:net throws where nobody can catch it. */
async function checkSandbox({ hostname, port }: ServeSettings): Promise<void> {
  if (typeof Deno === "undefined") return;
  const { state } = await Deno.permissions.query({ name: "net", host: `${bracketed(hostname)}:${port}` });
  if (state === "granted") return;
  throw new ServeRefusal(
    "not-allowed",
    `This program was started without the permission to listen on ${hostname}:${port} (--allow-net).`,
  );
}
