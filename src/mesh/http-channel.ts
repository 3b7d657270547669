// HTTP over a channel of the mesh, by web standards on both sides: a head, then the body as it comes, in both directions
// at once; one request after the other, for as long as both sides keep the channel. Who ends one early is heard at once,
// and takes the channel with it.
//
// How large a body may be is for the API to say, which reads it; here nothing of it is gathered.

import { Inbound, InboundBody, Outbound, reasonOf, SourceError } from "./http-body.ts";
import { parseRequestHead, parseResponseHead, requestHead, responseHead } from "./http-head.ts";
import { type Channel, MeshFailure } from "./mesh.ts";

export const HTTP_PROTOCOL = "http/1";

/** Who opens a channel has its request at hand. */
const FIRST_HEAD_MS = 10_000;

/** Who asks closes a channel that it does not use long before that, so no request meets one that is being closed. */
const NEXT_HEAD_MS = 60_000;

/** What is answered now. On Node the signal of a request falls silent as soon as nobody holds the request itself. */
const served = new Set<Request>();

/** The side that asks. To be given one request at a time. */
export class HttpLine {
  readonly #channel: Channel;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  #isBroken = false;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#inbound = new Inbound(channel.readable);
    this.#outbound = new Outbound(channel.writable);
    const onEnd = () => void (this.#isBroken = true);
    this.#outbound.closed.then(onEnd, onEnd);
  }

  /** Nothing can be asked over it any more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Resolves when the head of the answer is there; rejects with `MeshFailure` when it does not come. `signal` ends all of
   * it, the answer's body too; `onOver` is called once, when the next may be asked, or the line is broken.
   */
  async ask(request: Request, signal: AbortSignal, onOver: () => void = () => {}): Promise<Response> {
    let [isSent, isOver] = [false, false];
    const over = () => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener("abort", onAbort);
      onOver();
    };
    const fail = (reason: string): MeshFailure => {
      if (!isOver) this.#abort(reason);
      over();
      return new MeshFailure(signal.aborted ? "timeout" : "unreachable", reason);
    };
    const onAbort = () => void fail(`it was called off: ${reasonOf(signal.reason)}`);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();

    const head = requestHead(request);
    if (head === undefined) {
      over();
      // As the server says it of what comes to it.
      return new Response(null, { status: 431 });
    }
    this.#outbound.send(head, request.body, () => isSent = true).catch((error: unknown) => {
      // Who has broken the channel is told by whoever reads it.
      if (error instanceof SourceError) fail(error.message);
    });
    let first: Uint8Array;
    try {
      first = await this.#inbound.need();
    } catch (error) {
      throw fail(reasonOf(error));
    }
    const answer = parseResponseHead(first);
    if (answer === undefined) throw fail("it answered with something that is no HTTP");
    const body = new InboundBody(this.#inbound, {
      onEnd: (error) => {
        if (error !== undefined) return void fail(reasonOf(error));
        // What is still on its way to it would be taken for the next request.
        if (!isSent) this.#abort("it was answered before all of it was sent");
        over();
      },
      onCancel: () => void fail("nobody reads the answer any more"),
    });
    const { status, headers, hasBody } = answer;
    if (!hasBody) await drain(body.stream);
    const pairs = headers.map(([name, value]): [string, string] => [name, value]);
    return new Response(hasBody ? body.stream : null, { status, headers: pairs });
  }

  /** Nothing more is asked over it. */
  close(): void {
    this.#isBroken = true;
    this.#outbound.close().catch(() => {});
    void this.#inbound.cancel();
  }

  #abort(reason: string): void {
    this.#isBroken = true;
    this.#channel.abort(reason);
  }
}

/** Resolves when nobody asks any more. A request's `signal` says to the handler that nobody waits for its answer. */
export async function serveOver(channel: Channel, handler: (request: Request) => Promise<Response>): Promise<void> {
  const inbound = new Inbound(channel.readable);
  const outbound = new Outbound(channel.writable);
  let gone = new AbortController();
  outbound.closed.catch((error: unknown) => gone.abort(error));
  let waitMs = FIRST_HEAD_MS;
  try {
    for (;;) {
      const timer = setTimeout(() => channel.abort("no request came"), waitMs);
      const frame = await inbound.next().finally(() => clearTimeout(timer));
      if (frame === undefined) break;
      gone = new AbortController();
      await serveOne(frame, { inbound, outbound, signal: gone.signal, handler });
      waitMs = NEXT_HEAD_MS;
    }
    await outbound.close();
  } catch (error) {
    channel.abort(reasonOf(error));
  }
}

async function serveOne(
  frame: Uint8Array,
  { inbound, outbound, signal, handler }: {
    readonly inbound: Inbound;
    readonly outbound: Outbound;
    readonly signal: AbortSignal;
    readonly handler: (request: Request) => Promise<Response>;
  },
): Promise<void> {
  const head = parseRequestHead(frame);
  if (head === undefined) throw new Error("what came is no request");
  const { method, path, headers, hasBody } = head;
  const body = new InboundBody(inbound);
  const init: RequestInit & { readonly duplex: "half" } = {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(hasBody ? { body: body.stream } : {}),
    duplex: "half",
    signal,
  };
  const request = new Request(`http://peer${path}`, init);
  served.add(request);
  try {
    const response = await handler(request);
    const answer = responseHead(response);
    if (answer === undefined) {
      await response.body?.cancel();
      throw new Error("the answer's head is too long");
    }
    await outbound.send(answer, response.body);
  } finally {
    served.delete(request);
  }
  // What the handler did not want. Who has not sent all of it by now ends the channel.
  await body.skip();
}

async function drain(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  while (!(await reader.read()).done);
}
