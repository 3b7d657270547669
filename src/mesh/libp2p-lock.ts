// The outer lock of a connection: all of it, noise's handshake too, in a cipher under the key that a mesh shares. Who has
// not the key sees noise and can say nothing. It proves no more than that: who is there, and that nothing was changed, is
// proved inside it.
//
// In place of @libp2p/pnet 3.0.27, whose cipher (xsalsa20 1.2.0) ends the process: all connections share one WebAssembly
// memory, and when a single piece of more than 640 KiB has made it grow, each takes the growth of another for the end of
// its own and makes it grow again: "Maximum memory size exceeded", uncaught, within a thousand pieces. Measured on Node
// and Deno. What a connection has taken of that memory it also never gives back.

import { createCipheriv, createHmac, randomBytes } from "node:crypto";
import { AbstractMessageStream, byteStream } from "@libp2p/utils";
import type { ProtectedStream, Protector } from "./libp2p-types.ts";

const NONCE_BYTES = 32;

/** The exchange of nonces is one round trip: 600 ms by satellite, and the other side may be busy. */
const LOCK_MS = 5_000;

export function lock(meshKey: Uint8Array): Protector {
  return {
    async protect(stream, options) {
      const timeout = AbortSignal.timeout(LOCK_MS);
      const signal = options?.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
      const ours = randomBytes(NONCE_BYTES);
      const bytes = byteStream(stream);
      const [read] = await Promise.all([bytes.read({ bytes: NONCE_BYTES, signal }), bytes.write(ours, { signal })]);
      const theirs = read.subarray();
      const isDialing = stream.direction === "outbound";
      return new LockedStream(bytes.unwrap(), {
        outbound: keyStream(meshKey, isDialing, ours, theirs),
        inbound: keyStream(meshKey, !isDialing, theirs, ours),
      });
    },
  };
}

type Cipher = ReturnType<typeof keyStream>;

/** One key for each direction of each connection, so that no part of a key stream is ever used twice. */
function keyStream(meshKey: Uint8Array, isFromDialer: boolean, sender: Uint8Array, receiver: Uint8Array) {
  const key = createHmac("sha256", meshKey)
    .update(`metronome lock 1 ${isFromDialer ? "dialer" : "listener"}\n`)
    .update(sender)
    .update(receiver)
    .digest();
  return createCipheriv("aes-256-ctr", key, new Uint8Array(16));
}

class LockedStream extends AbstractMessageStream {
  readonly #stream: ProtectedStream;
  readonly #outbound: Cipher;

  constructor(stream: ProtectedStream, { outbound, inbound }: { readonly outbound: Cipher; readonly inbound: Cipher }) {
    super({
      log: stream.log,
      direction: stream.direction,
      inactivityTimeout: stream.inactivityTimeout,
      maxReadBufferLength: stream.maxReadBufferLength,
    });
    this.#stream = stream;
    this.#outbound = outbound;
    stream.addEventListener("message", ({ data }) => this.onData(inbound.update(data.subarray())));
    stream.addEventListener("drain", () => this.safeDispatchEvent("drain"));
    stream.addEventListener("remoteCloseWrite", () => this.onRemoteCloseWrite());
    stream.addEventListener("close", ({ error, local }) => {
      if (error === undefined) this.onTransportClosed();
      else if (local === true) this.abort(error);
      else this.onRemoteReset();
    });
  }

  override sendData(data: { readonly byteLength: number; subarray(): Uint8Array }) {
    const canSendMore = this.#stream.send(this.#outbound.update(data.subarray()));
    return { sentBytes: data.byteLength, canSendMore };
  }

  override close(options?: { readonly signal?: AbortSignal }): Promise<void> {
    return this.#stream.close(options);
  }

  override sendReset(error: Error): void {
    this.#stream.abort(error);
  }

  override sendPause(): void {
    this.#stream.pause();
  }

  override sendResume(): void {
    this.#stream.resume();
  }
}
