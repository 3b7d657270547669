// A libp2p stream as a pair of web streams, with backpressure both ways.

import type { Stream } from "./libp2p-types.ts";
import type { Channel } from "./mesh.ts";
import { decodeValue, encodeValue, frameOf, takeFrame } from "./wire.ts";

/** What comes in and is not read yet: as much as yamux has on its way at first. */
const READ_AHEAD_BYTES = 256 * 1024;

/** One write is sent in such pieces: a stream counts what waits in it, and is reset by too much. */
const PIECE_BYTES = 64 * 1024;

export function channelOf(stream: Stream): Channel {
  return {
    readable: readableOf(stream),
    writable: writableOf(stream),
    abort(reason) {
      stream.abort(new Error(reason));
    },
  };
}

/** The name of a channel is the first thing that goes over it: so it takes no round trip, and needs no list of names. */
export function sendName(stream: Stream, name: string): void {
  stream.send(frameOf(encodeValue(name)));
}

/** Reads the name, and leaves what comes after it. Absent when that is none; rejects when the stream ends before. */
export function receiveName(stream: Stream): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let held: Uint8Array = new Uint8Array(0);
    const end = (error?: Error) => {
      clearTimeout(timer);
      stream.removeEventListener("message", onMessage);
      stream.removeEventListener("close", onClose);
      if (error !== undefined) reject(error);
    };
    const onClose = () => end(new Error("closed before it was named"));
    const onMessage = ({ data }: { readonly data: { subarray(): Uint8Array } }) => {
      held = Buffer.concat([held, data.subarray()]);
      const taken = takeFrame(held, NAME_MAX_BYTES);
      if (taken.kind === "short") return;
      const name = taken.kind === "frame" ? decodeValue(taken.frame) : undefined;
      if (taken.kind !== "frame" || name?.kind !== "value" || typeof name.value !== "string") {
        end();
        return resolve(undefined);
      }
      end();
      if (taken.rest.length > 0) stream.unshift(taken.rest);
      resolve(name.value);
    };
    const timer = setTimeout(() => end(new Error("it was not named in time")), NAME_MS);
    stream.addEventListener("close", onClose);
    stream.addEventListener("message", onMessage);
  });
}

const NAME_MAX_BYTES = 128;
const NAME_MS = 10_000;

function readableOf(stream: Stream): ReadableStream<Uint8Array> {
  let isDone = false;
  // Only then is what has come all: a connection that breaks closes its streams too.
  let isWhole = stream.remoteWriteStatus === "closed" && (stream.status === "open" || stream.status === "closing");
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const end = (error?: Error) => {
        if (isDone) return;
        isDone = true;
        if (error === undefined) controller.close();
        else controller.error(error);
      };
      stream.addEventListener("message", ({ data }) => {
        if (isDone) return;
        // What the stream gives is its own buffer, or a list of them.
        controller.enqueue(data.slice());
        if ((controller.desiredSize ?? 0) <= 0 && stream.readStatus === "readable") stream.pause();
      });
      stream.addEventListener("remoteCloseWrite", () => {
        isWhole = stream.status === "open" || stream.status === "closing";
      });
      // Comes when all has been read; before `close` when that is by failure.
      stream.addEventListener("end", () => {
        if (isWhole && stream.status !== "aborted" && stream.status !== "reset") end();
      });
      stream.addEventListener("close", ({ error }) => {
        if (error !== undefined || !isWhole) end(error ?? new Error("the link is gone"));
      });
      if (stream.readableEnded) end(isWhole ? undefined : new Error("the link is gone"));
    },
    pull() {
      if (stream.readStatus === "paused") stream.resume();
    },
    async cancel() {
      isDone = true;
      // yamux cannot tell the other side: what still comes is thrown away here.
      await stream.closeRead().catch(() => undefined);
    },
  }, { highWaterMark: READ_AHEAD_BYTES, size: (chunk) => chunk.length });
}

function writableOf(stream: Stream): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    start(controller) {
      // Also when the other side has closed its connection in peace; of what this side has closed itself it says nothing.
      stream.addEventListener("close", ({ error }) => controller.error(error ?? new Error("the link is gone")));
    },
    async write(chunk) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        stream.send(chunk.slice(at, at + PIECE_BYTES));
        if (stream.writeBufferLength > 0) await sent(stream);
      }
    },
    async close() {
      await told(stream.close());
    },
    abort(reason) {
      stream.abort(reason instanceof Error ? reason : new Error(String(reason)));
    },
  });
}

/** Until nothing waits any more. libp2p's own `onDrain` waits once, and never again: 40 MiB went to one who read nothing. */
function sent(stream: Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      stream.removeEventListener("idle", onIdle);
      stream.removeEventListener("close", onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onIdle = () => end();
    const onClose = ({ error }: { readonly error?: Error }) => end(error ?? new Error("the link is gone"));
    stream.addEventListener("idle", onIdle);
    stream.addEventListener("close", onClose);
  });
}

/** libp2p rejects with the event of the stream's end at times, in place of an error. */
async function told(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    throw error instanceof Error ? error : new Error("the channel has failed", { cause: error });
  }
}
