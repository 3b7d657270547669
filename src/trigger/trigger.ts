// The door to the targets: hands one event over and says what became of it.

import type { Delivery, DeliveryResult } from "../core/delivery.ts";

export interface Trigger {
  /** URN schemes that it serves, without the colon. */
  readonly schemes: readonly string[];
  /** Never rejects: whatever happens is a result. `signal` ends the attempt early, as a failure that may be retried. */
  send(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>;
  /** Ends attempts in flight and gives all connections back. */
  close(): Promise<void>;
}
