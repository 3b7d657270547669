// How the answers of one origin are read: in small pieces, so that a head that does not end is cut off before much is
// made of it, and so that what was read is held no longer than it is looked at.

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { Readable } from "node:stream";

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
export class HeadTooLong extends Error {
  readonly code = HEAD_TOO_LONG;
}

export const HEAD_TOO_LONG = "METRONOME_HEAD_TOO_LONG";

type Progress = {
  /** The piece that the parser has, while nothing has come of it. */
  last: Buffer | undefined;
  /** Of those before it. */
  bytes: number;
  lines: number;
  /** How much is handed out next. */
  pieceBytes: number;
};

export class Reading {
  /** Of the connection that was read last: what is handed out is parsed before anything else is read. */
  #current: Progress | undefined;

  /** Whoever reads from the socket gets it in pieces, none once it is destroyed, and an end of a head that has none. */
  watch<S extends Socket>(socket: S): S {
    const { read } = Readable.prototype;
    const progress: Progress = { last: undefined, bytes: 0, lines: 0, pieceBytes: PIECE_BYTES };
    socket.read = (size?: number) => {
      if (size !== undefined) return read.call(socket, size);
      if (socket.destroyed) return null;
      const excess = excessOf(progress);
      if (excess !== undefined) {
        socket.destroy(new HeadTooLong(excess));
        return null;
      }
      const { pieceBytes } = progress;
      const piece: Buffer | null = read.call(socket, socket.readableLength > pieceBytes ? pieceBytes : undefined);
      if (piece !== null) {
        progress.last = piece;
        this.#current = progress;
      }
      return piece;
    };
    socket.once("close", () => {
      const rest: Buffer | null = read.call(socket);
      if (rest !== null) giveBack(rest.buffer);
    });
    return socket;
  }

  /** A head was read to its end, or the answer is over; or, `isBody`, a part of a body was read. */
  advanced(isBody = false): void {
    const progress = this.#current;
    if (progress === undefined) return;
    progress.last = undefined;
    progress.bytes = 0;
    progress.lines = 0;
    progress.pieceBytes = isBody ? BODY_PIECE_BYTES : PIECE_BYTES;
  }
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

/**
 * Frees what was read: nobody is to look at it any more. Runtimes read 64 KiB at a time, into memory of which V8 lets
 * 64 MiB lie before it looks for what is not needed.
 */
export function giveBack(buffer: ArrayBufferLike): void {
  // Smaller ones are worth no more than they hold, or are the pool that small buffers share.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
