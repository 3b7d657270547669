// How much a target is given at once: attempts in flight, how fast they come, and when a target that fails is left alone.

import { exactDurationMs } from "../values/duration.ts";
import { duration, type Faults, isObject, kindOf, number } from "../values/faults.ts";

/** As a user writes them. What is absent has the default of `resolveLimits`. */
export type TargetLimits = {
  /** Attempts in flight, shared by the living peers, each of which has one at least: 1 … 256. Default: `BROKER_LANE_MAX` at each peer to a broker, else `LANE_MAX`. */
  readonly concurrency?: number;
  /** Attempts started, shared by the living peers. Unbounded when absent. */
  readonly rate?: {
    /** 0.001 … 100,000. */
    readonly perSecond: number;
    /** How many may come at once after a rest: 1 … 100,000. Default: those of one second, at least 1. */
    readonly burst?: number;
  };
  /** Leaves a target alone that fails again and again; false: never. */
  readonly breaker?: false | {
    /** Failed attempts in a row after which nothing more is sent: 1 … 1,000. Default 10. */
    readonly failures?: number;
    /**
     * How long at most, before one attempt is made to see: PT0.001S … P1D. 5 s at first, or less when this is less; twice
     * as long each time. Default PT30S, and PT5S at a broker: what is due meanwhile is then sent within the default tolerance of a minute.
     */
    readonly openFor?: string;
  };
};

export type ResolvedLimits = {
  /** Over the whole mesh; absent: as much as one lane takes, at each peer. */
  readonly concurrency?: number;
  /** Attempts that one lane takes, when it is another number than for HTTP. */
  readonly width?: number;
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  readonly breaker?: { readonly failures: number; readonly openMs: number };
};

export const CONCURRENCY_MAX = 256;
export const RATE_MIN = 0.001;
export const RATE_MAX = 100_000;
export const BREAKER_FAILURES_MAX = 1_000;
const BREAKER_FAILURES = 10;
const BREAKER_OPEN_MS = 30_000;
/**
 * Attempts in flight in a lane to a broker: they share one connection, and what one of its answers tells, or takes, is
 * the more the cheaper. Measured on one core: 20,000 events cost 153 to 192 µs each at 64, 99 to 130 µs at 256, and no
 * less at 512.
 */
const BROKER_LANE_MAX = CONCURRENCY_MAX;
/** One attempt costs a broker no more than a connection, and many tasks wait for it: it is found again within 5 s. */
const BROKER_OPEN_MS = 5_000;
const BREAKER_OPEN_MIN_MS = 1;
const BREAKER_OPEN_MAX_MS = 86_400_000;

/** `urn` is of the target. */
export function resolveLimits({ concurrency, rate, breaker = {} }: TargetLimits, urn = ""): ResolvedLimits {
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(isBroker(urn) ? { width: BROKER_LANE_MAX } : {}),
    ...(rate === undefined
      ? {}
      : { rate: { perSecond: rate.perSecond, burst: rate.burst ?? Math.max(1, Math.ceil(rate.perSecond)) } }),
    ...(breaker === false ? {} : {
      breaker: {
        failures: breaker.failures ?? BREAKER_FAILURES,
        openMs: breaker.openFor === undefined ? openMsOf(urn) : exactDurationMs(breaker.openFor),
      },
    }),
  };
}

/** Of a target that is a URN alone, and of one that says nothing of it. */
export const DEFAULT_LIMITS: ResolvedLimits = resolveLimits({});
const BROKER_LIMITS: ResolvedLimits = resolveLimits({}, "broker://");

/** Of targets that are URNs alone, by their origin. */
export function plainLimits(origin: string): ResolvedLimits {
  return isBroker(origin) ? BROKER_LIMITS : DEFAULT_LIMITS;
}

function openMsOf(urn: string): number {
  return isBroker(urn) ? BROKER_OPEN_MS : BREAKER_OPEN_MS;
}

function isBroker(urn: string): boolean {
  return urn.includes("://") && !/^https?:/i.test(urn);
}

/** Whatever is written under `limits`; what is wrong becomes faults. */
export function limitsIn(value: unknown, field: string, faults: Faults): TargetLimits {
  if (!isObject(value)) {
    faults.add(field, `Limits are an object, not ${kindOf(value)}.`);
    return {};
  }
  faults.unknown(value, field, ["concurrency", "rate", "breaker"]);
  const { concurrency, rate, breaker } = value;
  if (concurrency !== undefined) number(concurrency, `${field}.concurrency`, 1, CONCURRENCY_MAX, faults);
  if (isObject(rate)) {
    faults.unknown(rate, `${field}.rate`, ["perSecond", "burst"]);
    number(rate.perSecond, `${field}.rate.perSecond`, RATE_MIN, RATE_MAX, faults, "fraction");
    if (rate.burst !== undefined) number(rate.burst, `${field}.rate.burst`, 1, RATE_MAX, faults);
  } else if (rate !== undefined) faults.add(`${field}.rate`, `"rate" is an object, not ${kindOf(rate)}.`);
  if (isObject(breaker)) {
    faults.unknown(breaker, `${field}.breaker`, ["failures", "openFor"]);
    if (breaker.failures !== undefined) {
      number(breaker.failures, `${field}.breaker.failures`, 1, BREAKER_FAILURES_MAX, faults);
    }
    if (breaker.openFor !== undefined) {
      duration(breaker.openFor, `${field}.breaker.openFor`, BREAKER_OPEN_MIN_MS, BREAKER_OPEN_MAX_MS, faults);
    }
  } else if (breaker !== undefined && breaker !== false) {
    faults.add(`${field}.breaker`, `"breaker" is an object, or false, not ${kindOf(breaker)}.`);
  }
  return value as TargetLimits;
}
