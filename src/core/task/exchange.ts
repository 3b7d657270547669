// An exchange is what one attempt sent and what came back, as a person may look at it: bounded, and without secrets. It
// stays at the peer that made the attempt; a run record says only the status.

import type { OccurrenceId } from "./occurrence.ts";

export type Exchange = {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: HeaderList;
    readonly body?: BodyPart;
  };
  /** Absent: none came, or its head did not. */
  readonly response?: { readonly status: number; readonly headers: HeaderList; readonly body?: BodyPart };
  /** In ms, each from the end of the one before; what was not come to is absent. */
  readonly timings: {
    /** Until there was a connection: one that was free, or a new one. */
    readonly connection: number;
    /** Of that, when a new one was made for it: the name, the connection itself, and TLS. */
    readonly made?: { readonly lookup: number; readonly connect: number; readonly tls?: number };
    /** Until the head of the answer. */
    readonly wait?: number;
    /** Until its end. */
    readonly read?: number;
  };
};

export type HeaderList = readonly (readonly [name: string, value: string])[];

export type BodyPart = {
  /** As text, or as hex digits when it is none. */
  readonly text: string;
  readonly isHex?: true;
  /** Of the whole, as far as it was read; more than is shown when it was cut. */
  readonly bytes: number;
};

/** What is kept of one attempt. */
export type KeptExchange = {
  readonly id: OccurrenceId;
  /** The attempt's number. */
  readonly n: number;
  /** Of all that this peer kept, from 1 on. */
  readonly seq: number;
  /** The attempt delivered. */
  readonly isGood: boolean;
  readonly exchange: Exchange;
};

/** Exchanges that a peer keeps; the oldest are written over. With the next, 100 MB at the very most, and 2 MB mostly. */
export const EXCHANGES_MAX = 1_000;
export const ANSWER_SHOWN_BYTES = 64 * 1024;
export const REQUEST_SHOWN_BYTES = 4 * 1024;
