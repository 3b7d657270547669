// A task is what a user declares: a schedule, a target, a payload and policies. This file is the glossary of the
// project: the same words stand in the code, the REST API, the command line, the page and the log.

import type { ScheduleSource } from "../schedule/schedule.ts";
import type { Target } from "../targets/target.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { Labels } from "../values/labels.ts";
import type { Placement } from "./placement.ts";

export const TASK_ID_MAX = 256;
export const TASK_NAME_MAX = 256;
export const PAYLOAD_MAX_BYTES = 256 * 1024;
/** Targets that stand in for one. */
export const FALLBACKS_MAX = 4;

/** What a user may set of how a task behaves. What is absent has the default of `resolvePolicy`. Durations are ISO 8601. */
export type Policy = {
  /** How late an occurrence may start and simply be sent; the schedule's own /E part goes before it. Default PT1M. */
  readonly tolerance?: string;
  /** What becomes of occurrences later than that. Default `last`. */
  readonly misfire?: "last" | "all" | "skip";
  /** How far back `all` reaches. Default PT1H. */
  readonly misfireWindow?: string;
  /** What becomes of an occurrence while an earlier one of its task is not settled. Default `allow`. */
  readonly overlap?: "allow" | "skip" | "queue-one" | "queue-all" | "cancel-previous";
  readonly retry?: {
    /** Retries after the first attempt: 0 … 20. Default 5. */
    readonly limit?: number;
    /** Default PT1S. */
    readonly base?: string;
    /** 1 … 10. Default 2. */
    readonly factor?: number;
    /** Default PT5M. */
    readonly cap?: string;
    /** No retry starts later than this after the occurrence's first attempt. Default PT1H. */
    readonly maxAge?: string;
  };
  readonly timeout?: {
    /** Default PT5S. */
    readonly connect?: string;
    /** The whole attempt. Default PT30S. */
    readonly total?: string;
  };
  /** `at-least-once` records after sending; `at-most-once` records, synced, before sending, and never retries. */
  readonly delivery?: "at-least-once" | "at-most-once";
  /**
   * What becomes of it when the mesh is cut in two: `fire` fires on each side, with the same occurrence id; `hold` fires
   * only where a majority of the members is; `home` only at peers that `placement` names, on whichever side they are.
   * Default `fire`.
   */
  readonly partition?: "fire" | "hold" | "home";
  /** Which peers fire it. Any when absent. */
  readonly placement?: Placement;
  /** Targets that are tried in its target's place, in order, when that one is given up or left alone: at most 4. */
  readonly fallback?: readonly Target[];
  /** Pauses the task after so many failed occurrences in a row: 1 … 1,000. Off when absent. */
  readonly pauseAfterFailures?: number;
  /** Deletes the task when its schedule is used up and nothing is open. Default false. */
  readonly removeWhenDone?: boolean;
};

export type TaskState = {
  readonly paused: boolean;
  readonly note?: string;
  /** The pause ends by itself here. */
  readonly until?: Instant;
  /** Occurrences to come that are not to be sent, in order. */
  readonly skips?: readonly Instant[];
};

/** A task as a user writes it, checked. What was absent stays absent: the API returns exactly what was written. */
export type TaskDefinition = {
  readonly id: string;
  readonly name: string;
  readonly schedule: ScheduleSource;
  readonly target: Target;
  readonly payload: Json;
  /** Placeholders in the payload, the headers, and the path of the URN are filled in for each attempt. */
  readonly template?: true;
  readonly policy: Policy;
  readonly labels: Labels;
};
