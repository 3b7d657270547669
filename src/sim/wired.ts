// Messages in their wire form and back, by the code of the real mesh: what the parser at the other end does not take, or
// takes for something else, is a defect of whoever said it.

import { isDeepStrictEqual } from "node:util";
import { parseBroadcast, parsePeerMessage } from "../core/protocol/message-shape.ts";
import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import { Brief } from "../mesh/brief.ts";
import { BROADCAST_MAX_BYTES, decodeValue, encodeValue, MESSAGE_MAX_BYTES } from "../mesh/wire.ts";

/** What came of a message at the other end. */
export type Wired<T> = { readonly kind: "heard"; readonly message: T } | {
  readonly kind: "garbled";
  readonly why: string;
};

/** One message in so many is compared with what was said: to compare costs as much as all the rest. */
const COMPARED = 16;

/** Both ends of one way of a link. */
export class Wire {
  readonly #brief = new Brief();
  #passed = 0;

  pass(message: PeerMessage): Wired<PeerMessage> {
    const brief = this.#brief;
    const wired = through(
      brief.shorten(message),
      MESSAGE_MAX_BYTES,
      (value) => parsePeerMessage(brief.complete(value)),
    );
    brief.said(message);
    if (wired.kind === "garbled") return wired;
    brief.heard(wired.message);
    return this.#passed++ % COMPARED === 0 ? compared(message, wired) : wired;
  }
}

export function passBroadcast(broadcast: Broadcast): Wired<Broadcast> {
  const wired = through(broadcast, BROADCAST_MAX_BYTES, parseBroadcast);
  return wired.kind === "heard" ? compared(broadcast, wired) : wired;
}

function through<T>(said: object, bytesMax: number, parse: (value: unknown) => T | undefined): Wired<T> {
  let bytes;
  try {
    bytes = encodeValue(said);
  } catch (error) {
    return { kind: "garbled", why: error instanceof Error ? error.message : String(error) };
  }
  if (bytes.length > bytesMax) return { kind: "garbled", why: `${bytes.length} bytes are more than ${bytesMax}` };
  const decoded = decodeValue(bytes);
  if (decoded.kind === "malformed") return { kind: "garbled", why: decoded.reason };
  const message = parse(decoded.value);
  return message === undefined ? { kind: "garbled", why: "the parser does not take it" } : { kind: "heard", message };
}

function compared<T extends object>(said: T, wired: Wired<T> & { readonly kind: "heard" }): Wired<T> {
  const isSame = isDeepStrictEqual(JSON.parse(JSON.stringify(said)), wired.message);
  return isSame ? wired : { kind: "garbled", why: `the parser makes of it ${JSON.stringify(wired.message)}` };
}
