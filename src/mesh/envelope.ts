// A broadcast as it goes round: one signature for a whole batch, by the peer that says it, whoever passes it on.
//
// format 1 byte · signature 64 · number 8, big-endian · length of the peer id 1 · the peer id · the body

import type { KeyObject } from "node:crypto";
import type { PeerId } from "../core/values/ids.ts";
import { SIGNATURE_BYTES, signatureOf } from "./peer-key.ts";
import { BROADCAST_MAX_BYTES } from "./wire.ts";

export type Envelope = {
  readonly from: PeerId;
  /** Grows with each broadcast of a peer, so that one that is sent again is known. */
  readonly number: number;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  /** What the signature is over. */
  readonly signed: Uint8Array;
};

const FORMAT = 1;
const SIGNED_FROM = 1 + SIGNATURE_BYTES;
const HEAD_BYTES = SIGNED_FROM + 8 + 1;
const PEER_ID_MAX = 64;

/** The longest that a broadcast is with all that is about it. */
export const ENVELOPE_MAX_BYTES = HEAD_BYTES + PEER_ID_MAX + BROADCAST_MAX_BYTES;

export function sealEnvelope(
  { from, number, topic, body }: {
    readonly from: PeerId;
    readonly number: number;
    readonly topic: string;
    readonly body: Uint8Array;
  },
  key: KeyObject,
): Uint8Array {
  const name = encoder.encode(from);
  const bytes = new Uint8Array(HEAD_BYTES + name.length + body.length);
  bytes[0] = FORMAT;
  new DataView(bytes.buffer).setBigUint64(SIGNED_FROM, BigInt(number));
  bytes[HEAD_BYTES - 1] = name.length;
  bytes.set(name, HEAD_BYTES);
  bytes.set(body, HEAD_BYTES + name.length);
  bytes.set(signatureOf(signedOf(bytes, topic), key), 1);
  return bytes;
}

/** Absent when it is none. Nothing in it is to be believed before its signature is checked. */
export function openEnvelope(bytes: Uint8Array, topic: string): Envelope | undefined {
  const nameLength = bytes[HEAD_BYTES - 1] ?? 0;
  if (bytes[0] !== FORMAT || bytes.length > ENVELOPE_MAX_BYTES) return undefined;
  if (nameLength === 0 || nameLength > PEER_ID_MAX || bytes.length < HEAD_BYTES + nameLength) return undefined;
  const number = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(SIGNED_FROM));
  if (!Number.isSafeInteger(number)) return undefined;
  return {
    from: String.fromCharCode(...bytes.subarray(HEAD_BYTES, HEAD_BYTES + nameLength)),
    number,
    body: bytes.subarray(HEAD_BYTES + nameLength),
    signature: bytes.subarray(1, SIGNED_FROM),
    signed: signedOf(bytes, topic),
  };
}

const encoder = new TextEncoder();

/** Begins with what it is for, so that no signature can be taken for one of another topic, or of another kind. */
function signedOf(bytes: Uint8Array, topic: string): Uint8Array {
  return Buffer.concat([encoder.encode(`metronome broadcast ${topic}\n`), bytes.subarray(SIGNED_FROM)]);
}
