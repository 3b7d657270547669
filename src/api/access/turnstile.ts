// The turnstile slows down who guesses: so many failed attempts in a minute from one address, and from all together. Who
// has one address of IPv6 has all of its network of 64 bits: they count as one.

import { parseAddress } from "../../core/values/address.ts";
import type { Instant } from "../../core/values/instant.ts";

export type Pass =
  /** One attempt is counted; `forgive` takes it back, when it was no guess. */
  | { readonly kind: "go"; forgive(): void }
  | { readonly kind: "wait"; readonly seconds: number };

export type Attempts = { readonly perAddress: number; readonly inAll: number };

export const SIGN_IN_ATTEMPTS: Attempts = { perAddress: 5, inAll: 60 };
/** Each costs a hash and a place on every disk. */
export const SIGN_UP_ATTEMPTS: Attempts = { perAddress: 20, inAll: 60 };
const WINDOW_MS = 60_000;

export type Turnstile = { enter(address: string, now: Instant): Pass };

export function createTurnstile({ perAddress, inAll }: Attempts): Turnstile {
  /** Attempts of the last minute, oldest first: at most `inAll`, from whatever addresses. */
  let attempts: { readonly address: string; readonly at: Instant }[] = [];
  return {
    enter(remote, now) {
      const address = networkOf(remote);
      // A clock that was set back must not lock anybody out for longer.
      attempts = attempts.filter(({ at }) => at <= now && at > now - WINDOW_MS);
      const own = attempts.filter((attempt) => attempt.address === address);
      const blocking = own.length >= perAddress ? own[0] : attempts.length >= inAll ? attempts[0] : undefined;
      if (blocking !== undefined) return { kind: "wait", seconds: Math.ceil((blocking.at + WINDOW_MS - now) / 1000) };
      const attempt = { address, at: now };
      attempts.push(attempt);
      return { kind: "go", forgive: () => attempts = attempts.filter((other) => other !== attempt) };
    },
  };
}

function networkOf(remote: string): string {
  const address = parseAddress(remote);
  if (address === undefined) return remote;
  const isV4 = address >> 32n === 0xffffn;
  return (isV4 ? address : address >> 64n).toString(16);
}
