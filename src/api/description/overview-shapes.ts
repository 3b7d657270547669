// The shapes of the overview and of a task's days, declared for the description.

import { z } from "@hono/zod-openapi";
import { peer } from "./mesh-shapes.ts";
import { instant } from "./shapes.ts";

const count = () => z.number().int().min(0);
const ms = () => z.number().int();

const counts = { delivered: count(), failed: count(), expired: count(), missed: count(), skipped: count() };

export const overview = z.strictObject({
  now: instant(),
  since: instant().openapi({ description: "From when on runs are counted." }),
  tasks: z.strictObject({ tasks: count(), paused: count() }).nullable().openapi({
    description: "null when they are too many to be counted at once.",
  }),
  minutes: z.array(count()).openapi({
    description: "Settled runs in each of the last 60 minutes, the present one last.",
  }),
  lateness: z.strictObject({ p50: ms(), p95: ms(), p99: ms() }).nullable().openapi({
    description: "Milliseconds from the instant to the first attempt, in the last hour; null when there was none.",
  }),
  outcomes: z.strictObject(counts).openapi({
    description: "Of the last 24 hours.",
  }),
  retrying: count().openapi({ description: "Runs that wait for another attempt." }),
  deadLetters: z.strictObject({ count: count(), isMore: z.boolean() }).openapi({
    description:
      "Runs that were given up, and are neither sent again nor dismissed; isMore: there are more than were counted.",
  }),
  failing: z.array(z.strictObject({
    task: z.string(),
    user: z.string(),
    name: z.string(),
    since: instant(),
    failures: count(),
    error: z.string().nullable(),
    run: z.string(),
  })).openapi({ description: "Tasks whose last run failed, the longest failing first; five at most." }),
  failingCount: count(),
  shut: z.array(z.strictObject({
    target: z.string(),
    failures: count(),
    error: z.string().nullable(),
    until: instant().nullable().openapi({ description: "When it is tried again." }),
    waiting: count().openapi({ description: "Events and tasks that are held back." }),
  })).openapi({
    description:
      "Targets that this peer leaves alone for a while, as their breakers are open; for admins, five at most.",
  }),
  clocks: z.array(z.strictObject({ peer: z.string(), name: z.string(), offMs: ms() })).openapi({
    description:
      "Peers whose clocks are more than 2 s off the middle of all, or, where there are two, off the other's; five at most.",
  }),
  ahead: z.strictObject({
    pieceMs: ms(),
    pieces: z.array(count()).openapi({ description: "Occurrences in each piece of the next quarter of an hour." }),
    first: z.array(z.strictObject({ task: z.string(), user: z.string(), name: z.string(), at: instant() })),
    isAll: z.boolean().openapi({ description: "Whether the pieces hold all; else they stop where enough were found." }),
  }),
  mesh: z.strictObject({
    self: z.string(),
    digest: z.string(),
    converged: z.boolean(),
    fenced: z.boolean(),
    peers: z.array(peer.pick({ peer: true, name: true, state: true, shards: true, draining: true, writable: true })),
  }),
});

export const days = z.strictObject({
  zone: z.string(),
  today: z.string().openapi({ example: "2026-12-01" }),
  from: instant().nullable().openapi({ description: "The earliest run that is counted." }),
  isAll: z.boolean().openapi({ description: "Whether there is no older record." }),
  days: z.array(
    z.strictObject({
      day: z.string(),
      from: instant().openapi({ description: "When the day begins in that zone: for the list of its runs." }),
      until: instant(),
      ...counts,
      worstLatenessMs: ms().nullable(),
    }),
  ),
});
