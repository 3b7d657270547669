// A task is what a user declares: a schedule, a target, a payload and policies. This file is the glossary of the
// project: the same words stand in the code, the REST API, the command line, the page and the log.

import { hash } from "node:crypto";
import type { Instant } from "./instant.ts";
import type { Json } from "./json.ts";
import type { Placement } from "./placement.ts";
import type { ScheduleSource } from "./schedule.ts";
import type { Target } from "./target.ts";

declare const guidBrand: unique symbol;
/** 64 lower-case hex digits: sha256(user id + task id). The key of the task in the whole mesh. */
export type TaskGuid = string & { readonly [guidBrand]: true };

/** A peer's libp2p id, or before the mesh is there any text that names this peer alone. */
export type PeerId = string;

export type UserId = string;

export const TASK_ID_MAX = 256;
export const TASK_NAME_MAX = 256;
export const PAYLOAD_MAX_BYTES = 256 * 1024;
export const LABELS_MAX = 64;

export function taskGuid(user: UserId, id: string): TaskGuid {
  return hash("sha256", user + id, "hex") as TaskGuid;
}

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

export type Labels = { readonly [name: string]: string };

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
