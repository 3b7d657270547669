// The page's clock: what time it is at the peer, reckoned from the Date of its answers, and a tick for what counts down.

import { signal } from "@preact/signals";

/** Milliseconds to add to this machine's clock to have the peer's: somewhere between the two. */
let offsetMin = -Infinity;
let offsetMax = Infinity;

/** The peer's time, once a second, on the second. It stands still while nobody looks. */
export const tick = signal(peerNow());

/** The peer's time now, in milliseconds since 1970. */
export function peerNow(): number {
  return Date.now() + offset();
}

/**
 * Learns from one answer. Date has whole seconds, so an answer bounds the offset within a second and its own duration;
 * answers together bound it closer (Marzullo 1984). One that contradicts the others means that a clock was set: it
 * starts anew.
 */
export function hearDate(date: string | null, sentAt: number, receivedAt: number): void {
  const said = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(said)) return;
  const min = said - receivedAt;
  const max = said + 1_000 - sentAt;
  const before = offset();
  const isContradiction = min > offsetMax || max < offsetMin;
  offsetMin = isContradiction ? min : Math.max(min, offsetMin);
  offsetMax = isContradiction ? max : Math.min(max, offsetMax);
  if (offset() !== before) beat();
}

/** Clocks that may agree are taken to agree: what is certain then is better than the middle of what is possible. */
function offset(): number {
  return Math.min(Math.max(0, offsetMin), offsetMax);
}

let timer: ReturnType<typeof setTimeout> | undefined;

function beat(): void {
  clearTimeout(timer);
  tick.value = peerNow();
  if (!document.hidden) timer = setTimeout(beat, 1_000 - tick.value % 1_000 + 5);
}

document.addEventListener("visibilitychange", beat);
beat();
