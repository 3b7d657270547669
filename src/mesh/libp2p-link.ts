// The link to one member: a stream for what we say, another for what it says, for as long as its connection holds.

import { Brief } from "./brief.ts";
import { GOSSIP_PROTOCOL } from "./libp2p-gossip.ts";
import type { Connection, Stream } from "./libp2p-types.ts";
import { frameOf, FrameReader, MESSAGE_MAX_BYTES } from "./wire.ts";

/** What waits to be sent to one peer: four of the longest messages. Past it the peer is slower than what it is told. */
const QUEUE_MAX_BYTES = 4 * 1024 * 1024;

/** A link over which nothing comes for so long is dead: TCP itself finds a cut cable after a quarter of an hour. */
const SILENT_MS = 15_000;

/** Looks at a link in which gossip, which opens its own stream and never again, was found to be missing. */
const GOSSIP_MISSED_MAX = 3;

export type LinkEvents = {
  /** A frame has come. It is good until this returns. */
  readonly heard: (frame: Uint8Array) => void;
  /** It sends frames that are too long: nothing more can be read. */
  readonly garbled: () => void;
  /** Nothing comes any more, or nothing can be said. */
  readonly broken: (reason: string) => void;
};

export class Link {
  readonly connection: Connection;
  readonly brief = new Brief();
  readonly #events: LinkEvents;
  readonly #reader = new FrameReader(MESSAGE_MAX_BYTES);
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #said: Stream | undefined;
  #heard: Stream | undefined;
  #heardAt = performance.now();
  #hasSaid = false;
  #gossipMissed = 0;

  constructor(connection: Connection, events: LinkEvents) {
    this.connection = connection;
    this.#events = events;
  }

  /** Opens the stream for what we say; what has come before is given after `onOpen`. */
  async open(protocol: string, signal: AbortSignal, onOpen: () => void): Promise<void> {
    const stream = await this.connection.newStream(protocol, { signal, runOnLimitedConnection: true });
    stream.maxWriteBufferLength = 2 * QUEUE_MAX_BYTES;
    stream.addEventListener("close", () => this.#events.broken("the stream to it has closed"));
    this.#said = stream;
    onOpen();
    if (this.#heard !== undefined) this.#listen(this.#heard);
  }

  get isOpen(): boolean {
    return this.#said !== undefined;
  }

  get hasEar(): boolean {
    return this.#heard !== undefined;
  }

  /** The other side has opened its stream. */
  hear(stream: Stream): void {
    this.#heard = stream;
    stream.addEventListener("close", () => this.#events.broken("the stream from it has closed"));
    stream.addEventListener("remoteCloseWrite", () => this.#events.broken("the stream from it has ended"));
    if (this.isOpen) this.#listen(stream);
  }

  /** False when it is not open, or too much waits. */
  say(bytes: Uint8Array): boolean {
    if (this.#said?.writeStatus !== "writable") return false;
    const frame = frameOf(bytes);
    if (this.#said.writeBufferLength + this.#waitingBytes + frame.length > QUEUE_MAX_BYTES) return false;
    // What is said in one turn of the loop goes in one piece: each has its own headers, cipher and system call.
    if (this.#waiting.push(frame) === 1) queueMicrotask(() => this.#flush());
    this.#waitingBytes += frame.length;
    return true;
  }

  /** To be called now and then: says that we live, and finds out when it does not. `isLate`: we were not called in time. */
  tick(now: number, isLate: boolean): void {
    // Who stood still itself knows nothing of others.
    if (isLate) this.#heardAt = now;
    if (now - this.#heardAt > SILENT_MS) return this.#events.broken(`nothing has come for ${SILENT_MS / 1000} s`);
    const hasGossip = this.connection.streams.some(({ protocol, direction }) =>
      direction === "outbound" && protocol.startsWith(GOSSIP_PROTOCOL)
    );
    this.#gossipMissed = hasGossip ? 0 : this.#gossipMissed + 1;
    if (this.#gossipMissed > GOSSIP_MISSED_MAX) return this.#events.broken("its gossip stream is gone");
    if (!this.#hasSaid) this.say(SIGN_OF_LIFE);
    this.#hasSaid = false;
  }

  #flush(): void {
    const [first] = this.#waiting;
    const frames = this.#waiting;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (first === undefined || this.#said?.writeStatus !== "writable") return;
    this.#hasSaid = true;
    try {
      this.#said.send(frames.length === 1 ? first : Buffer.concat(frames, bytes));
    } catch (error) {
      this.#events.broken(`it cannot be told: ${error}`);
    }
  }

  #listen(stream: Stream): void {
    stream.addEventListener("message", ({ data }) => {
      this.#heardAt = performance.now();
      const pieces = data instanceof Uint8Array ? [data] : data;
      for (const piece of pieces) {
        if (this.#reader.push(piece, this.#events.heard)) continue;
        return this.#events.garbled();
      }
    });
  }
}

const SIGN_OF_LIFE = new Uint8Array(0);
