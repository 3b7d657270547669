/** @jsxImportSource preact */
// A point of time, and how far it is from now.

import { tick } from "../clock.ts";
import { momentText, relativeText } from "../time.ts";

/** `isWhole`: of its milliseconds nobody wants to know. */
export function Moment({ at, zone, isWhole = false }: {
  readonly at: string;
  readonly zone: string;
  readonly isWhole?: boolean;
}) {
  const shown = isWhole ? `${at.slice(0, "2026-11-24T10:07:05".length)}Z` : at;
  return <time dateTime={at} title={at}>{momentText(shown, zone, Date.now())}</time>;
}

/** Counts down, or up. `past`: what it says when the moment is over, in place of how long ago. */
export function Countdown({ at, past }: { readonly at: string; readonly past?: string }) {
  // Up to the next whole second: what is said to be in one second is not now.
  const ms = Math.ceil((Date.parse(at) - tick.value) / 1_000) * 1_000;
  return <span class="countdown">{ms <= 0 && past !== undefined ? past : relativeText(ms)}</span>;
}

/** How long ago: what has just been is now, though the beat by which all is told is not there yet. */
export function Ago({ at }: { readonly at: string }) {
  return <span class="countdown">{relativeText(Math.min(0, Date.parse(at) - tick.value))}</span>;
}
