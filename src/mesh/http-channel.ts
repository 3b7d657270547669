// One HTTP request over one channel of the mesh, by web standards on both sides: a head, then the body as it comes, in
// both directions at once. What one side does not read the other does not send; who ends it early is heard at once.
//
// A head is a frame, a body is frames of at most 64 KiB, and an empty frame is its end: a channel that ends before that
// has broken. How large a body may be is for the API to say, which reads it; here nothing of it is gathered.

import { parseRequestHead, parseResponseHead, requestHead, responseHead } from "./http-head.ts";
import { type Channel, MeshFailure } from "./mesh.ts";
import { frameOf, FrameReader } from "./wire.ts";

export const HTTP_PROTOCOL = "http/1";

export const FRAME_MAX_BYTES = 64 * 1024;

/** Who opens a channel has its request at hand. */
const HEAD_MS = 10_000;

/** An empty frame. */
const END = frameOf(new Uint8Array(0));

/**
 * Resolves when the head of the answer is there; rejects with `MeshFailure` when it does not come. `signal` ends all of
 * it, the answer's body too; `onOver` is called once, when nothing of it goes over the channel any more.
 */
export async function requestOver(
  channel: Channel,
  request: Request,
  signal: AbortSignal,
  onOver: () => void = () => {},
): Promise<Response> {
  const exchange = new Exchange(channel, signal, onOver);
  const head = requestHead(request);
  if (head === undefined) {
    exchange.fail("the request's head is too long");
    // As the server says it of what comes to it.
    return new Response(null, { status: 431 });
  }
  void exchange.send(head, request.body);
  const answer = parseResponseHead(await exchange.first());
  if (answer === undefined) throw exchange.fail("it answered with something that is no HTTP");
  const { status, headers, hasBody } = answer;
  const body = exchange.receive();
  if (!hasBody) await drain(body);
  return new Response(hasBody ? body : null, { status, headers: headers.map(([name, value]) => [name, value]) });
}

/** Resolves when the answer is sent, or nobody waits for it any more. The request's `signal` says so to the handler. */
export async function serveOver(channel: Channel, handler: (request: Request) => Promise<Response>): Promise<void> {
  const inbound = new Inbound(channel.readable);
  const writer = channel.writable.getWriter();
  const gone = new AbortController();
  writer.closed.catch((error: unknown) => gone.abort(error));
  const timer = setTimeout(() => channel.abort("no request came"), HEAD_MS);
  try {
    const head = parseRequestHead(await inbound.next());
    clearTimeout(timer);
    if (head === undefined) throw new Error("what came is no request");
    const { method, path, headers, hasBody } = head;
    const init: RequestInit & { readonly duplex: "half" } = {
      method,
      headers: headers.map(([name, value]) => [name, value]),
      ...(hasBody ? { body: bodyOf(inbound, { onEnd: () => {}, onCancel: () => {} }) } : {}),
      duplex: "half",
      signal: gone.signal,
    };
    const response = await handler(new Request(`http://peer${path}`, init));
    const answer = responseHead(response);
    if (answer === undefined) {
      await response.body?.cancel();
      throw new Error("the answer's head is too long");
    }
    await send(writer, answer, response.body);
    // What of the request was not read by now never is.
    await inbound.cancel();
  } catch (error) {
    clearTimeout(timer);
    channel.abort(reasonOf(error));
  }
}

/** The side that asks: it sends and receives at once, and whichever goes wrong ends the other. */
class Exchange {
  readonly #channel: Channel;
  readonly #inbound: Inbound;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #onOver: () => void;
  readonly #onAbort = () => void this.fail(`it was called off: ${reasonOf(this.#signal.reason)}`);
  #isSent = false;
  #isOver = false;

  constructor(channel: Channel, signal: AbortSignal, onOver: () => void) {
    this.#channel = channel;
    this.#signal = signal;
    this.#onOver = onOver;
    this.#inbound = new Inbound(channel.readable);
    this.#writer = channel.writable.getWriter();
    // Also heard by who reads, which tells it.
    this.#writer.closed.catch(() => {});
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  async send(head: Uint8Array, body: ReadableStream<Uint8Array> | null): Promise<void> {
    try {
      await send(this.#writer, head, body);
      this.#isSent = true;
    } catch (error) {
      // Who answers before it has read all reads no more: then the answer still comes.
      if (error instanceof SourceError) this.fail(error.message);
    }
  }

  /** The first frame of what comes back. */
  async first(): Promise<Uint8Array> {
    try {
      return await this.#inbound.next();
    } catch (error) {
      throw this.fail(reasonOf(error));
    }
  }

  /** All that comes after it. */
  receive(): ReadableStream<Uint8Array> {
    return bodyOf(this.#inbound, {
      onEnd: (error) => {
        if (error !== undefined) return void this.fail(reasonOf(error));
        if (this.#isSent) void this.#inbound.cancel();
        else this.#channel.abort("it was answered before all of it was sent");
        this.#over();
      },
      onCancel: () => void this.fail("nobody reads the answer any more"),
    });
  }

  fail(reason: string): MeshFailure {
    const isLate = this.#signal.aborted;
    if (!this.#isOver) this.#channel.abort(reason);
    this.#over();
    return new MeshFailure(isLate ? "timeout" : "unreachable", reason);
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#onOver();
  }
}

/** What is to be sent could not be read on. */
class SourceError extends Error {
  override readonly name = "SourceError";
}

async function send(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  head: Uint8Array,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  if (body === null) {
    await writer.write(joined(frameOf(head), END));
    return await writer.close();
  }
  const reader = body.getReader();
  // The other side may be gone while the next piece of the body is long in coming.
  writer.closed.catch((error: unknown) => reader.cancel(error).catch(() => {}));
  try {
    await writer.write(frameOf(head));
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new SourceError(`the body broke off: ${reasonOf(error)}`);
      });
      if (done) break;
      for (let at = 0; at < value.length; at += FRAME_MAX_BYTES) {
        await writer.write(frameOf(value.subarray(at, at + FRAME_MAX_BYTES)));
      }
    }
    await writer.write(END);
    await writer.close();
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

/** Frames as they come, one at a time. */
class Inbound {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #frames = new FrameReader(FRAME_MAX_BYTES);
  #ready: Uint8Array<ArrayBuffer>[] = [];
  #at = 0;

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#reader = readable.getReader();
  }

  /** Rejects when the channel ends or breaks before. */
  async next(): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const frame = this.#ready[this.#at++];
      if (frame !== undefined) return frame;
      this.#ready = [];
      this.#at = 0;
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("it ended too early");
      if (!this.#frames.push(value, (whole) => this.#ready.push(whole.slice()))) throw new Error("a frame is too long");
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}

/** The frames up to the empty one. Read when they are asked for: what is read ahead waits in the channel. */
function bodyOf(
  inbound: Inbound,
  { onEnd, onCancel }: { readonly onEnd: (error?: unknown) => void; readonly onCancel: () => void },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const frame = await inbound.next();
        if (frame.length > 0) return controller.enqueue(frame);
        controller.close();
        onEnd();
      } catch (error) {
        controller.error(new Error(`the body broke off: ${reasonOf(error)}`));
        onEnd(error);
      }
    },
    cancel() {
      onCancel();
    },
  }, { highWaterMark: 0 });
}

async function drain(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  while (!(await reader.read()).done);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
