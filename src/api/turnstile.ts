// The turnstile slows down who guesses: so many failed attempts in a minute from one address, and from all together.

import type { Instant } from "../core/instant.ts";

export type Pass =
  /** One attempt is counted; `forgive` takes it back, when it was no guess. */
  | { readonly kind: "go"; forgive(): void }
  | { readonly kind: "wait"; readonly seconds: number };

export const ATTEMPTS_PER_ADDRESS = 5;
export const ATTEMPTS_IN_ALL = 60;
const WINDOW_MS = 60_000;

export function createTurnstile(): { enter(address: string, now: Instant): Pass } {
  /** Attempts of the last minute, oldest first: at most ATTEMPTS_IN_ALL, from whatever addresses. */
  let attempts: { readonly address: string; readonly at: Instant }[] = [];
  return {
    enter(address, now) {
      // A clock that was set back must not lock anybody out for longer.
      attempts = attempts.filter(({ at }) => at <= now && at > now - WINDOW_MS);
      const own = attempts.filter((attempt) => attempt.address === address);
      const blocking = own.length >= ATTEMPTS_PER_ADDRESS
        ? own[0]
        : attempts.length >= ATTEMPTS_IN_ALL
        ? attempts[0]
        : undefined;
      if (blocking !== undefined) return { kind: "wait", seconds: Math.ceil((blocking.at + WINDOW_MS - now) / 1000) };
      const attempt = { address, at: now };
      attempts.push(attempt);
      return { kind: "go", forgive: () => attempts = attempts.filter((other) => other !== attempt) };
    },
  };
}
