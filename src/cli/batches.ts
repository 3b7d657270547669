// Lines on their way to a peer, some at a time: while one batch is being answered the next is read, and when it is time
// for it, it is what has come so far. So a file goes in large batches, and what trickles in is not kept waiting.

import type { Bytes } from "./client.ts";

export type Batch = {
  readonly bytes: Uint8Array;
  /** Number of its first line in all, from 1. */
  readonly firstLine: number;
  /** Number, within the batch, of its last line that is not blank; 0 when there is none. */
  readonly lastLine: number;
  /** Bytes read up to its end. */
  readonly offset: number;
};

/** About 4,000 tasks: half a second of a peer's time. */
const BATCH_BYTES = 1024 * 1024;
/** A peer refuses a line of 512 KiB; of a longer one this much is sent to be refused. */
const LINE_MAX_BYTES = 768 * 1024;

/** The batches of what is read. Ends early when the signal says so; throws what reading throws, after what came before. */
export async function* batches(bytes: Bytes, signal: AbortSignal): AsyncGenerator<Batch> {
  const reading = new Reading();
  const stop = () => reading.stop();
  signal.addEventListener("abort", stop, { once: true });
  void reading.run(bytes);
  let firstLine = 1;
  try {
    while (true) {
      const taken = await reading.take();
      if (taken === undefined || signal.aborted) return;
      yield { ...taken, ...lastOf(taken.bytes), firstLine };
      firstLine += count(taken.bytes);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    reading.stop();
  }
}

class Reading {
  #parts: Uint8Array[] = [];
  #length = 0;
  /** Where the last whole line ends in what waits. */
  #whole = 0;
  /** Bytes of the line that is being read. */
  #line = 0;
  #offset = 0;
  #wholeOffset = 0;
  #end: { readonly error?: unknown } | undefined;
  #wakeTaker: (() => void) | undefined;
  #wakeReader: (() => void) | undefined;

  async run(bytes: Bytes): Promise<void> {
    try {
      for await (const chunk of bytes) {
        if (this.#end !== undefined) return;
        this.#add(chunk);
        while (this.#whole >= BATCH_BYTES && this.#end === undefined) {
          await new Promise<void>((resolve) => this.#wakeReader = resolve);
        }
      }
      this.#finish({});
    } catch (error) {
      this.#finish({ error });
    }
  }

  /** Whole lines, as many as have come; undefined at the end. */
  async take(): Promise<{ readonly bytes: Uint8Array; readonly offset: number } | undefined> {
    while (this.#whole === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => this.#wakeTaker = resolve);
    }
    if (this.#whole === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      return undefined;
    }
    const all = Buffer.concat(this.#parts);
    const bytes = all.subarray(0, this.#whole);
    const rest = all.subarray(this.#whole);
    const offset = this.#wholeOffset;
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    this.#whole = 0;
    this.#wakeReader?.();
    return { bytes, offset };
  }

  stop(): void {
    this.#end ??= {};
    this.#whole = 0;
    this.#wakeReader?.();
    this.#wakeTaker?.();
  }

  #add(chunk: Uint8Array): void {
    const last = chunk.lastIndexOf(LINE_FEED);
    if (this.#line + chunk.length > LINE_MAX_BYTES) this.#addCut(chunk);
    else {
      if (last >= 0) this.#closeLine(last + 1);
      this.#push(chunk);
      this.#line += chunk.length - last - 1;
      this.#offset += chunk.length;
    }
    if (this.#whole > 0) this.#wakeTaker?.();
  }

  /** Line by line, each no longer than may be. */
  #addCut(chunk: Uint8Array): void {
    for (let start = 0; start < chunk.length;) {
      const at = chunk.indexOf(LINE_FEED, start);
      const end = at < 0 ? chunk.length : at;
      const room = Math.max(0, LINE_MAX_BYTES - this.#line);
      this.#push(chunk.subarray(start, Math.min(end, start + room)));
      this.#line += end - start;
      this.#offset += end - start;
      start = end;
      if (at < 0) continue;
      this.#closeLine(1);
      this.#push(LINE_END);
      this.#offset++;
      start++;
    }
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    // What stands behind the last line feed is a line too, unless reading broke within it.
    if (this.#line > 0 && end.error === undefined) this.#closeLine(0);
    this.#end = end;
    this.#wakeTaker?.();
  }

  /** The last line ends `ahead` bytes further on. */
  #closeLine(ahead: number): void {
    this.#line = 0;
    this.#whole = this.#length + ahead;
    this.#wholeOffset = this.#offset + ahead;
  }

  #push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }
}

const LINE_FEED = 10;
const LINE_END = Uint8Array.of(LINE_FEED);

function lastOf(bytes: Uint8Array): { readonly lastLine: number } {
  let line = 1;
  let lastLine = 0;
  for (const byte of bytes) {
    if (byte === LINE_FEED) line++;
    else if (byte !== 32 && byte !== 9 && byte !== 13) lastLine = line;
  }
  return { lastLine };
}

function count(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === LINE_FEED) lines++;
  return lines;
}
