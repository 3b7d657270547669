// The door to the targets: hands one event over and says what became of it.

import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";

export interface Trigger {
  /** URN schemes that it serves, without the colon. */
  readonly schemes: readonly string[];
  /** Never rejects: whatever happens is a result. `signal` ends the attempt early, as a failure that may be retried. */
  send(delivery: Delivery, signal: StopSignal): Promise<DeliveryResult>;
  /** Ends attempts in flight and gives all connections back. */
  close(): Promise<void>;
}

/** As much of an `AbortSignal` as an attempt needs. A real one is too much to make for each: 15 µs with its listener. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: (event: unknown) => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: (event: unknown) => void): void;
}
