// How the answers of one origin are read: all into one piece of memory, and from there in small pieces, so that a head
// that does not end is cut off before much is made of it, and so that what was read is held no longer than it is looked at.

import { Buffer } from "node:buffer";
import type { OnReadOpts, Socket } from "node:net";

/**
 * undici's parser makes two objects of each header, looks at its own bound, and goes on to the end of what it was given
 * all the same, with an error for each header more: of 64 KiB at once it made 1.3 MB. It is given so much.
 */
const PIECE_BYTES = 2 * 1_024;
/** Once a body has begun: each piece costs the parser, and 1 KB of what is gone at once. */
const BODY_PIECE_BYTES = 8 * 1_024;
/** What servers of ordinary make send at most. */
export const HEAD_MAX_BYTES = 16 * 1_024;
/** More than the clients of other languages take: 100 in hyper and in Python's own. */
const HEAD_MAX_LINES = 128;

/** Its message is what the target has sent. */
class HeadTooLong extends Error {
  readonly code = HEAD_TOO_LONG;
}

export const HEAD_TOO_LONG = "METRONOME_HEAD_TOO_LONG";

/**
 * Where all connections read: what has come is parsed to its end before anything else is read. Without it runtimes read
 * 64 KiB at a time, into memory of which V8 lets 64 MiB lie before it looks for what is not needed, and an answer of a few
 * bytes goes the long way of a stream. See `whole` for what that costs.
 */
const ROOM = Buffer.alloc(64 * 1_024);

type Progress = {
  /** What has come stands in the room from `at` to `end`. */
  at: number;
  end: number;
  /** The piece that the parser has, while nothing has come of it. */
  last: Buffer | undefined;
  /** Of those before it. */
  bytes: number;
  lines: number;
  isBody: boolean;
};

/** By which a socket is made that is read so. */
export type ReadInto = { readonly onread: OnReadOpts };

export class Reading {
  /** Of the connection that was read last: what is handed out is parsed before anything else is read. */
  #current: Progress | undefined;

  /** Whoever reads from the socket gets it in pieces, none once it is destroyed, and an end of a head that has none. */
  watch<S extends Socket>(make: (into: ReadInto) => S): S {
    const progress: Progress = { at: 0, end: 0, last: undefined, bytes: 0, lines: 0, isBody: false };
    const socket = make({
      onread: {
        buffer: ROOM,
        callback: (bytes) => {
          progress.at = 0;
          progress.end = bytes;
          socket.emit("readable");
          // What nobody took is of a connection that has ended.
          progress.end = 0;
          return true;
        },
      },
    });
    const { read } = socket;
    socket.read = (size?: number) => {
      if (size !== undefined) return read.call(socket, size);
      return socket.destroyed ? null : this.#next(socket, progress);
    };
    return socket;
  }

  /** A head was read to its end, or the answer is over; or, `isBody`, a part of a body was read. */
  advanced(isBody = false): void {
    const progress = this.#current;
    if (progress === undefined) return;
    progress.last = undefined;
    progress.bytes = 0;
    progress.lines = 0;
    progress.isBody = isBody;
  }

  #next(socket: Socket, progress: Progress): Buffer | null {
    const excess = excessOf(progress);
    if (excess !== undefined) {
      socket.destroy(new HeadTooLong(excess));
      return null;
    }
    const { at, end, isBody } = progress;
    if (at >= end) return null;
    const next = Math.min(end, at + (isBody ? BODY_PIECE_BYTES : PIECE_BYTES));
    // Of a head, the parser keeps the headers that it has until it knows all: others are read meanwhile.
    const piece = isBody ? ROOM.subarray(at, next) : copyOf(at, next);
    progress.at = next;
    progress.last = piece;
    this.#current = progress;
    return piece;
  }
}

function copyOf(at: number, end: number): Buffer {
  const piece = Buffer.allocUnsafe(end - at);
  ROOM.copy(piece, 0, at, end);
  return piece;
}

/** What is too much of a head, or of what follows a body; counts the last piece, of which nothing has come. */
function excessOf(progress: Progress): string | undefined {
  const { last } = progress;
  if (last === undefined) return undefined;
  progress.last = undefined;
  progress.bytes += last.length;
  for (let at = 0; at < last.length; at++) if (last[at] === LINE_END) progress.lines++;
  if (progress.bytes >= HEAD_MAX_BYTES) return "more than 16 KiB of headers";
  return progress.lines > HEAD_MAX_LINES ? `more than ${HEAD_MAX_LINES} headers` : undefined;
}

const LINE_END = 10;
