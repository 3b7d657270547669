// The instants of a cron in a zone. Around a turn of the clocks the order of wall times is not the order of instants
// (a shifted 02:45 may come after 03:10), so what lies before the turn, after it, and in its gap is searched on its own.

import { type Cron, nextWall, previousWall } from "./cron.ts";
import { OFFSET_MAX_MS, PAGE_MS, type Rule, type Span, spanAt } from "./zone.ts";

/**
 * Pages looked at, at most three for each day that the cron chooses. Only a cron whose every time is skipped comes this
 * far: 02:30 on each last Sunday of March in Paris, `gap: "skip"`. When 130 of them are, all are: the pattern of a zone's
 * rules and the weekdays comes back after 28 years. Takes 50 ms the first time, luxon being asked for each of them.
 */
const PAGES_MAX = 400;

export function nextOfCron(cron: Cron, zone: string, rule: Rule, from: number): number | undefined {
  let at = from;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const end = (Math.floor(at / PAGE_MS) + 1) * PAGE_MS;
    let best = end;
    for (const { offset, since, until } of stretches(spanAt(zone, at), rule)) {
      const wall = nextWall(cron, Math.max(at, since) + offset);
      if (wall !== undefined && wall - offset < Math.min(until, best)) best = wall - offset;
    }
    if (best < end) return best;
    const later = nextWall(cron, end - OFFSET_MAX_MS);
    if (later === undefined) return undefined;
    at = Math.max(end, later - OFFSET_MAX_MS);
  }
  return undefined;
}

export function previousOfCron(cron: Cron, zone: string, rule: Rule, to: number): number | undefined {
  let at = to;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const begin = Math.floor(at / PAGE_MS) * PAGE_MS;
    let best = begin - 1;
    for (const { offset, since, until } of stretches(spanAt(zone, at), rule)) {
      const wall = previousWall(cron, Math.min(at, until - 1) + offset);
      if (wall !== undefined && wall - offset >= since && wall - offset > best) best = wall - offset;
    }
    if (best >= begin) return best;
    const earlier = previousWall(cron, begin - 1 + OFFSET_MAX_MS);
    if (earlier === undefined) return undefined;
    at = Math.min(begin - 1, earlier + OFFSET_MAX_MS);
  }
  return undefined;
}

/** From `since` up to `until`, wall times are read with this offset. */
type Stretch = { readonly offset: number; readonly since: number; readonly until: number };

function stretches({ turn, before, after }: Span, { gap, fold }: Rule): readonly Stretch[] {
  if (before === after) return [{ offset: before, since: -Infinity, until: Infinity }];
  const length = Math.abs(after - before);
  const late = { offset: after, since: turn, until: Infinity };
  const early = { offset: before, since: -Infinity, until: turn };
  if (after > before) {
    return gap === "skip" ? [early, late] : [early, late, { offset: before, since: turn, until: turn + length }];
  }
  return [
    fold === "last" ? { ...early, until: turn - length } : early,
    fold === "first" ? { ...late, since: turn + length } : late,
  ];
}
