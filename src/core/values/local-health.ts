// Local health is a peer's doubt in itself: whoever is slow takes others for dead. Each probe period that gave reason
// for doubt lengthens the suspicions that begin now, each good one shortens them again.
// After Dadgar, Phillips and Currey, "Lifeguard: Local Health Awareness for More Accurate Failure Detection" (2018).

/** Lifeguard goes to 8; the most here keeps the slowest suspicion of a small mesh at five times 1.5 s. */
const DOUBT_MAX = 4;

export class LocalHealth {
  #doubt = 0;
  #hasReason = false;

  /** Its loop was late, or others had suspected it. */
  blame(): void {
    this.#hasReason = true;
  }

  /** A probe period is over. */
  endPeriod(): void {
    this.#doubt = Math.min(DOUBT_MAX, Math.max(0, this.#doubt + (this.#hasReason ? 1 : -1)));
    this.#hasReason = false;
  }

  /** By how much a suspicion that begins now is lengthened; when nobody at all is heard, by one more. */
  multiplier(isAlone: boolean): number {
    return 1 + this.#doubt + (isAlone ? 1 : 0);
  }
}
