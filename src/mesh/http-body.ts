// Bodies as they travel over a channel: frames of at most 64 KiB, and an empty one for the end. They are read when they
// are asked for and sent as they are made, so that what one side does not take the other does not send.

import { frameOf, FrameReader } from "./wire.ts";

export const FRAME_MAX_BYTES = 64 * 1024;

/** An empty frame. */
const END = frameOf(new Uint8Array(0));

type Bytes = Uint8Array<ArrayBuffer>;

/** What is to be sent could not be read on. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}

/** What goes out over a channel: heads with their bodies, one after the other. */
export class Outbound {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Of the body that is being sent. */
  #source: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter();
    // The other side may be gone while the next piece of a body is long in coming. Once for all of them: what waits for
    // the end of a channel stays as long as the channel does.
    this.closed.catch((error: unknown) => this.#source?.cancel(error).catch(() => {}));
  }

  /** Rejects when the channel breaks, and when the other side takes nothing more. */
  get closed(): Promise<void> {
    return this.#writer.closed;
  }

  /**
   * Sends a head and all that is in the body, and its end. `onSent` is called when all has been handed on, before the
   * network has taken it. Rejects with `SourceError` when it is the body that breaks off. To be called once at a time.
   */
  async send(head: Uint8Array, body: ReadableStream<Uint8Array> | null, onSent: () => void = () => {}): Promise<void> {
    const held = new Held(this.#writer);
    held.add(frameOf(head));
    if (body !== null) await this.#pump(body, held);
    held.add(END);
    const flushed = held.flush();
    onSent();
    await flushed;
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }

  async #pump(body: ReadableStream<Uint8Array>, held: Held): Promise<void> {
    const reader = body.getReader();
    this.#source = reader;
    try {
      for (;;) {
        const reading = reader.read();
        if (held.isFull || !await isSoon(reading)) await held.flush();
        const { done, value } = await reading.catch((error: unknown) => {
          throw new SourceError(`the body broke off: ${reasonOf(error)}`);
        });
        if (done) return;
        for (let at = 0; at < value.length; at += FRAME_MAX_BYTES) {
          if (held.isFull) await held.flush();
          held.add(frameOf(value.subarray(at, at + FRAME_MAX_BYTES)));
        }
      }
    } catch (error) {
      reader.cancel(error).catch(() => {});
      throw error;
    } finally {
      this.#source = undefined;
    }
  }
}

/** Frames that go in one piece: each piece has its headers, its cipher and its system call, which is most of its cost. */
class Held {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #frames: Uint8Array[] = [];
  #bytes = 0;

  constructor(writer: WritableStreamDefaultWriter<Uint8Array>) {
    this.#writer = writer;
  }

  get isFull(): boolean {
    return this.#bytes >= FRAME_MAX_BYTES;
  }

  add(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const [first] = this.#frames;
    const bytes = this.#frames.length === 1 && first !== undefined ? first : Buffer.concat(this.#frames, this.#bytes);
    this.#frames = [];
    this.#bytes = 0;
    await this.#writer.write(bytes);
  }
}

/** Whether it is settled in this turn of the loop: then what it brings can go with what is at hand. */
function isSoon(promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 0);
    const settle = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}

/** Frames as they come, one at a time. */
export class Inbound {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #frames = new FrameReader(FRAME_MAX_BYTES);
  #ready: Bytes[] = [];
  #at = 0;

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#reader = readable.getReader();
  }

  /** Absent when the other side has ended; rejects when the channel breaks. To be called once at a time. */
  async next(): Promise<Bytes | undefined> {
    for (;;) {
      const frame = this.#ready[this.#at++];
      if (frame !== undefined) return frame;
      this.#ready = [];
      this.#at = 0;
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      if (!this.#frames.push(value, (whole) => this.#ready.push(whole.slice()))) throw new Error("a frame is too long");
    }
  }

  /** One that there must be. */
  async need(): Promise<Bytes> {
    const frame = await this.next();
    if (frame === undefined) throw new Error("it ended too early");
    return frame;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}

/** The frames up to the empty one. What is read ahead waits in the channel. */
export class InboundBody {
  readonly stream: ReadableStream<Bytes>;
  readonly #inbound: Inbound;
  readonly #onEnd: (error?: unknown) => void;
  #pulling: Promise<void> = Promise.resolve();
  #isEnded = false;
  #isLeft = false;

  /** `onEnd`: all has come, or it broke off. `onCancel`: its reader reads no more. */
  constructor(
    inbound: Inbound,
    { onEnd = () => {}, onCancel = () => {} }: {
      readonly onEnd?: (error?: unknown) => void;
      readonly onCancel?: () => void;
    } = {},
  ) {
    this.#inbound = inbound;
    this.#onEnd = onEnd;
    this.stream = new ReadableStream<Bytes>({
      pull: (controller) => this.#pulling = this.#pull(controller),
      cancel: () => onCancel(),
    }, { highWaterMark: 0 });
  }

  /** Reads what is left of it, for nobody. */
  async skip(): Promise<void> {
    this.#isLeft = true;
    await this.#pulling;
    while (!this.#isEnded) await this.#take();
  }

  async #pull(controller: ReadableStreamDefaultController<Bytes>): Promise<void> {
    if (this.#isLeft) return controller.error(new Error("it was answered already"));
    try {
      const frame = await this.#take();
      if (frame !== undefined) return controller.enqueue(frame);
      controller.close();
      this.#onEnd();
    } catch (error) {
      controller.error(new Error(`the body broke off: ${reasonOf(error)}`));
      this.#onEnd(error);
    }
  }

  async #take(): Promise<Bytes | undefined> {
    try {
      const frame = await this.#inbound.need();
      if (frame.length > 0) return frame;
    } catch (error) {
      this.#isEnded = true;
      throw error;
    }
    this.#isEnded = true;
    return undefined;
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
