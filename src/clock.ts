// The door to time: what the hour is, and one alarm. An alarm never rings early, and a long wait is split.

import { type Instant, instant } from "./core/values/instant.ts";

export interface Clock {
  now(): Instant;
  /** Rings once, at `at` or as soon after as the process runs; replaces the alarm before. */
  alarm(at: Instant, ring: () => void): void;
  /** Does it when all that has come in by now is looked at: so what comes together can be done together. */
  soon(deed: () => void): void;
  /** Does it after `ms`, also when the alarm has been silenced meanwhile. */
  later(ms: number, deed: () => void): void;
  /** Silences the alarm. */
  close(): void;
}

/**
 * No wait is longer than this. A timer counts monotonic time, so a wall clock that is set, or a machine that slept,
 * would be noticed only when it ends; nothing tells a process of it. It also keeps clear of the 2^31 ms at which
 * timers fire at once.
 */
const WAIT_MAX_MS = 1_000;

export function systemClock(): Clock {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = () => instant(Date.now());
  const wait = (at: Instant, ring: () => void) => {
    const left = at - now();
    timer = setTimeout(() => {
      if (now() >= at) ring();
      else wait(at, ring);
    }, Math.max(0, Math.min(left, WAIT_MAX_MS)));
  };
  return {
    now,
    alarm(at, ring) {
      clearTimeout(timer);
      wait(at, ring);
    },
    soon: (deed) => void setImmediate(deed),
    later: (ms, deed) => void setTimeout(deed, ms),
    close() {
      clearTimeout(timer);
    },
  };
}
