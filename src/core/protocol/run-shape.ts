// Whether what another peer sent has the shape of a run.

import { isOccurrenceId } from "../task/occurrence.ts";
import { type Attempt, type Outcome, OUTCOMES, type Redriven, type Run, type RunState } from "../task/run.ts";
import { TASK_ID_MAX } from "../task/task.ts";
import {
  isCount,
  isGuid,
  isInstantNumber,
  isObject,
  isOptional,
  isPeer,
  isText,
  isValue,
  KEY_MAX,
  listOf,
  TEXT_MAX,
} from "./plain-shape.ts";

const ATTEMPTS_MAX = 256;
const STATES: readonly RunState[] = ["due", "attempting", "retrying", "settled"];

export function parseRun(value: unknown): Run | undefined {
  if (!isObject(value) || !isOccurrenceId(value.id) || !isGuid(value.guid)) return undefined;
  const { task, user, instant, reason, retryAt, settledAt, dismissedAt, outcome, payload } = value;
  const state = STATES.find((each) => each === value.state);
  const attempts = listOf(value.attempts, ATTEMPTS_MAX, parseAttempt);
  if (state === undefined || attempts === undefined || !isInstantNumber(instant)) return undefined;
  if (!isText(task, TASK_ID_MAX) || !isText(user, TASK_ID_MAX)) return undefined;
  if (!isOptional(reason, (text) => isText(text, TEXT_MAX)) || !isOptional(outcome, isOutcome)) return undefined;
  if (!isOptional(retryAt, isInstantNumber) || !isOptional(settledAt, isInstantNumber)) return undefined;
  if (!isOptional(dismissedAt, isInstantNumber)) return undefined;
  if ((state === "settled") !== (outcome !== undefined) || !isOptional(payload, isValue)) return undefined;
  const redriven = value.redriven === undefined ? undefined : parseRedriven(value.redriven, attempts.length);
  if (redriven === undefined && value.redriven !== undefined) return undefined;
  const via = value.via === undefined ? undefined : parseVia(value.via, attempts.length);
  if (via === undefined && value.via !== undefined) return undefined;
  return {
    id: value.id,
    guid: value.guid,
    task,
    user,
    instant,
    ...(value.manual === true ? { manual: true } : {}),
    ...(payload === undefined ? {} : { payload }),
    state,
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    ...(settledAt === undefined ? {} : { settledAt }),
    ...(isPeer(value.settledBy) ? { settledBy: value.settledBy } : {}),
    ...(isText(value.target, KEY_MAX) ? { target: value.target } : {}),
    ...(dismissedAt === undefined ? {} : { dismissedAt }),
    ...(redriven === undefined ? {} : { redriven }),
    ...(via === undefined ? {} : { via }),
    ...(value.duplicate === true ? { duplicate: true } : {}),
    attempts,
  };
}

function parseVia(value: unknown, attempts: number): Run["via"] {
  if (!isObject(value) || !isCount(value.way) || !isCount(value.after) || value.after > attempts) return undefined;
  return { way: value.way, after: value.after };
}

function parseRedriven(value: unknown, attempts: number): Redriven | undefined {
  if (!isObject(value)) return undefined;
  const { times, at, after, was } = value;
  if (!isCount(times) || times === 0 || !isInstantNumber(at) || !isCount(after) || after > attempts) return undefined;
  if (!isOptional(was, isOutcome)) return undefined;
  return { times, at, after, ...(was === undefined ? {} : { was }) };
}

function parseAttempt(value: unknown): Attempt | undefined {
  if (!isObject(value)) return undefined;
  const { n, startedAt, endedAt, peer, askedBy, status, error } = value;
  if (!isCount(n) || !isInstantNumber(startedAt) || !isPeer(peer)) return undefined;
  if (!isOptional(endedAt, isInstantNumber) || !isOptional(status, isCount)) return undefined;
  if (!isOptional(error, (text) => isText(text, TEXT_MAX))) return undefined;
  return {
    n,
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    peer,
    ...(isPeer(askedBy) ? { askedBy } : {}),
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
  };
}

export function isOutcome(value: unknown): value is Outcome {
  return OUTCOMES.some((each) => each === value);
}
