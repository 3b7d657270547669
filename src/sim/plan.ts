// A plan is all that is going to befall a world, drawn from its seed before it starts: what kind of world it is, what
// its users do, and its faults. Whoever takes a fault out of a plan gets the same world without it.

import type { Policy } from "../core/task/task.ts";
import type { Labels } from "../core/values/labels.ts";
import type { Weather } from "./network.ts";

export type PlanSize = {
  readonly seed: number;
  readonly peers: number;
  readonly minutes: number;
  readonly tasks: number;
};

export type Plan = PlanSize & {
  /** True time at the start. */
  readonly start: number;
  readonly kind: WorldKind;
  /** Tombstones may go after so long; 30 days when absent, which no world lives. */
  readonly tombstonesMs?: number;
  /** Of each peer; two sites by turns when absent. */
  readonly labels?: readonly Labels[];
  readonly users: readonly UserAction[];
  readonly faults: readonly Fault[];
};

/** What stays as it is for the life of a world. */
export type WorldKind = {
  readonly delayMs: readonly [number, number];
  readonly broadcastLoss: number;
  readonly syncMs: readonly [number, number];
  readonly readMaxMs: number;
  /** Messages take their wire form and are parsed, where that is not too much, or beside the question. */
  readonly isWired: boolean;
  readonly failures: number;
  readonly hangs: number;
  /** How far clocks are off at the start, and how fast they run away. */
  readonly skewMaxMs: number;
  readonly driftMax: number;
};

/** Moments are ms from the start of the world. */
export type UserAction =
  | {
    readonly kind: "put";
    readonly at: number;
    readonly peer: number;
    readonly task: string;
    readonly schedule: string;
    readonly policy: Policy;
    readonly payload: number;
  }
  | {
    readonly kind: "pause" | "resume" | "remove" | "trigger";
    readonly at: number;
    readonly peer: number;
    readonly task: string;
  };

export type Fault =
  /** `kill -9`, or the power of the machine. */
  | {
    readonly kind: "crash";
    readonly at: number;
    readonly ms: number;
    readonly peer: number;
    readonly isPower: boolean;
  }
  /** Its machine is gone for good; after `ms` an operator takes its membership away, or does not. */
  | {
    readonly kind: "loss";
    readonly at: number;
    readonly ms: number;
    readonly peer: number;
    readonly isRevoked: boolean;
  }
  /** A clean stop, and a start `ms` later. */
  | { readonly kind: "restart"; readonly at: number; readonly ms: number; readonly peer: number }
  /** Gives up its shards, and takes part again. */
  | { readonly kind: "drain"; readonly at: number; readonly ms: number; readonly peer: number }
  /** A new peer is admitted and starts. */
  | { readonly kind: "join"; readonly at: number; readonly ms: number; readonly peer: number }
  | { readonly kind: "freeze"; readonly at: number; readonly ms: number; readonly peer: number }
  /** Each peer is on the side of its number. */
  | { readonly kind: "partition"; readonly at: number; readonly ms: number; readonly sides: readonly number[] }
  | { readonly kind: "one-way"; readonly at: number; readonly ms: number; readonly from: number; readonly to: number }
  | { readonly kind: "weather"; readonly at: number; readonly ms: number; readonly weather: Weather }
  | {
    readonly kind: "slow disk";
    readonly at: number;
    readonly ms: number;
    readonly peer: number;
    readonly times: number;
  }
  | { readonly kind: "full disk"; readonly at: number; readonly ms: number; readonly peer: number }
  /** The clock is set, and `ms` later set right. */
  | { readonly kind: "clock"; readonly at: number; readonly ms: number; readonly peer: number; readonly byMs: number }
  | { readonly kind: "targets"; readonly at: number; readonly ms: number }
  /** The peer does not get to the targets, and the others do. */
  | { readonly kind: "no way"; readonly at: number; readonly ms: number; readonly peer: number };

/** The worlds of seeds start here. */
export const START = Date.parse("2026-06-01T00:00:00Z");

/** Before the first fault, for the mesh to come up; and after the last, for it to come to rest and be checked. */
export const SETTLE_MS = 20_000;
export const REST_MS = 90_000;
