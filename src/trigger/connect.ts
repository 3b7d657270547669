// Connections to one origin, each made within its time, and all given back at once. undici's own connector has a timer
// that may be half a second late, and lets a connection that is being made outlive its pool.

import type { Buffer } from "node:buffer";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Exchange } from "../core/task/exchange.ts";
import type { Egress, Way } from "./egress.ts";
import { Reading, type ReadInto } from "./reading.ts";
import type { ClientTls } from "./tls.ts";
import { whole } from "./whole-request.ts";

export type Address = { readonly hostname: string; readonly port: string; readonly protocol: string };

/** The shape that undici asks for. */
export type Connected = (...answer: [null, Socket] | [Error, null]) => void;

/** How long the making took, in ms: the name, the connection itself, and TLS. */
export type Made = NonNullable<Exchange["timings"]["made"]>;

export class ConnectTimeout extends Error {
  readonly code = "METRONOME_CONNECT_TIMEOUT";
}

export type ConnectorOptions = {
  readonly connectMs: number;
  readonly egress: Egress;
  /** For a task of no admin's. */
  readonly isGuarded: boolean;
  readonly clientTls?: ClientTls;
};

export class Connector {
  readonly #connectMs: number;
  readonly #egress: Egress;
  readonly #isGuarded: boolean;
  readonly #clientTls: ClientTls;
  readonly #sockets = new Set<Socket>();
  readonly #reading = new Reading();
  /** The last session of TLS: a connection that takes it up again saves the asymmetric half of the handshake. */
  #session: Buffer | undefined;
  /** The connection that was made last, and when the one before it was there. */
  #made: { readonly at: number; readonly before: number; readonly made: Made } | undefined;

  constructor({ connectMs, egress, isGuarded, clientTls = {} }: ConnectorOptions) {
    this.#connectMs = connectMs;
    this.#egress = egress;
    this.#isGuarded = isGuarded;
    this.#clientTls = clientTls;
  }

  connect(address: Address, connected: Connected): void {
    const socket = whole(
      this.#reading.watch((into) =>
        address.protocol === "https:"
          ? this.#tls(address, into)
          : connectTcp({ ...TCP, ...into, ...this.#way(address, 80) })
      ),
    );
    this.#sockets.add(socket);
    const timer = setTimeout(
      () => socket.destroy(new ConnectTimeout("the connection was not made in time")),
      this.#connectMs,
    );
    const begunAt = performance.now();
    let [foundAt, connectedAt] = [begunAt, begunAt];
    socket.once("lookup", () => foundAt = performance.now());
    socket.once("connect", () => connectedAt = performance.now());
    let isAnswered = false;
    socket.once("close", () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      if (isAnswered) return;
      isAnswered = true;
      connected(new Error("the connection was given up"), null);
    });
    // Stays for the socket's whole life: an error that nobody listens to would end the program.
    socket.on("error", (error: Error) => {
      clearTimeout(timer);
      if (isAnswered) return;
      isAnswered = true;
      connected(error, null);
    });
    socket.once(address.protocol === "https:" ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      if (isAnswered) return;
      isAnswered = true;
      const at = performance.now();
      const isTls = address.protocol === "https:";
      this.#made = {
        ...{ at, before: this.#made?.at ?? 0 },
        made: {
          lookup: tenths(foundAt - begunAt),
          connect: tenths((isTls ? connectedAt : at) - foundAt),
          ...(isTls ? { tls: tenths(at - connectedAt) } : {}),
        },
      };
      connected(null, socket);
    });
  }

  /** The one connection that was made in that time; absent when there was none, or were several. */
  madeWithin(from: number, to: number): Made | undefined {
    const last = this.#made;
    return last !== undefined && last.at >= from && last.at <= to && last.before < from ? last.made : undefined;
  }

  /** The answer that is being read has come further: by a part of its body, if `isBody`. */
  advanced(isBody = false): void {
    this.#reading.advanced(isBody);
  }

  #way({ hostname, port }: Address, otherwise: number): Way {
    return this.#egress(hostname, port === "" ? otherwise : Number(port), this.#isGuarded);
  }

  /** Ends what is connected, and what is being connected. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #tls(address: Address, into: ReadInto): Socket {
    const { hostname } = address;
    const socket = connectTls({
      ...TCP,
      ...into,
      ...this.#way(address, 443),
      // RFC 6066 §3: an address is no server name.
      servername: isIP(hostname) === 0 ? hostname : "",
      ALPNProtocols: ["http/1.1"],
      ...this.#clientTls,
      ...(this.#session === undefined ? {} : { session: this.#session }),
    });
    socket.on("session", (session) => this.#session = session);
    return socket;
  }
}

function tenths(ms: number): number {
  return Math.max(0, Math.round(ms * 10) / 10);
}

const TCP = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, highWaterMark: 64 * 1024 };
