// Whether what another peer sent has the shape of a message: everything that the core relies on is checked here, once.
// Unknown fields of known messages are passed over, and values of registers are kept as they are, so that a newer peer
// can say more than this one understands.

import type { DeliveryResult, Unaddressed } from "../delivery/delivery.ts";
import { parseSwimMessage } from "../membership/swim-message.ts";
import { isShardsText } from "../ownership/groups.ts";
import { isLeaves, parseDescent, parseMarks } from "../register/digest.ts";
import { type Entity, ENTITY_KINDS, PAST_MAX, type Register } from "../register/register.ts";
import { isAuthor, RunVector, VersionVector } from "../register/vector.ts";
import { parseTarget } from "../targets/target.ts";
import type { Carry, CarryPage, LastResult } from "../task/carry.ts";
import { TIMEOUT_MAX_MS } from "../task/definition.ts";
import type { Progress } from "../task/dossier.ts";
import { isOccurrenceId } from "../task/occurrence.ts";
import { TASK_ID_MAX } from "../task/task.ts";
import { isFault } from "../values/fault.ts";
import { isStamp } from "../values/stamp.ts";
import { type Again, type LogPlace, type OnceKey, REDRIVE_MAX, type RedriveRefusal } from "./command.ts";
import { type Answer, type Ask, type Broadcast, LEAVES_MAX, MARKS_MAX, type PeerMessage } from "./message.ts";
import {
  cursorIn,
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
import { isOutcome, parseRun } from "./run-shape.ts";
import { type Ballot, BALLOTS_MAX, type Refusal } from "./vote.ts";

const REGISTERS_MAX = 32;
const NAME_MAX = 64;
const LIST_MAX = 4_096;

export function parsePeerMessage(value: unknown): PeerMessage | undefined {
  if (!isObject(value)) return undefined;
  switch (value.kind) {
    case "carries":
    case "confided": {
      const page = parsePage(value.page);
      return page === undefined ? undefined : { kind: value.kind, page };
    }
    case "ask": {
      const ask = parseAsk(value.ask);
      return isCount(value.id) && ask !== undefined ? { kind: "ask", id: value.id, ask } : undefined;
    }
    case "answer": {
      const answer = parseAnswer(value.answer);
      return isCount(value.id) && answer !== undefined ? { kind: "answer", id: value.id, answer } : undefined;
    }
    case "abandon":
      return isOccurrenceId(value.id) ? { kind: "abandon", id: value.id } : undefined;
    case "released": {
      const { shards, version, seq } = value;
      return isShardsText(shards) && isCount(version) && isCount(seq)
        ? { kind: "released", shards, version, seq }
        : undefined;
    }
    default:
      return parseSwimMessage(value);
  }
}

export function parseBroadcast(value: unknown): Broadcast | undefined {
  if (!isObject(value)) return undefined;
  if (value.kind === "entities") {
    const entities = listOf(value.entities, LIST_MAX, parseEntity);
    return entities === undefined ? undefined : { kind: "entities", entities };
  }
  if (value.kind !== "carries") return undefined;
  const page = parsePage(value.page);
  return page === undefined ? undefined : { kind: "carries", page };
}

function parseAsk(value: unknown): Ask | undefined {
  if (!isObject(value)) return undefined;
  const cursor = cursorIn(value);
  if (cursor === undefined) return undefined;
  switch (value.kind) {
    case "entities": {
      const vector = VersionVector.parse(value.vector)?.stamps();
      return vector === undefined ? undefined : { kind: "entities", vector, ...cursor };
    }
    case "carries": {
      const vector = RunVector.parse(value.vector)?.entries();
      const { isUntoldToo, fallen } = value;
      if (vector === undefined || (isUntoldToo !== undefined && isUntoldToo !== true)) return undefined;
      if (fallen !== undefined && !isPeer(fallen)) return undefined;
      return {
        kind: "carries",
        vector,
        ...(isUntoldToo === true ? { isUntoldToo } : {}),
        ...(fallen === undefined ? {} : { fallen }),
      };
    }
    case "results":
      return { kind: "results", ...cursor };
    case "digests": {
      const descent = parseDescent(value.descent);
      return descent === undefined ? undefined : { kind: "digests", descent };
    }
    case "leaves": {
      const { leaves } = value;
      const held = parseMarks(value.held, MARKS_MAX)?.join("");
      if (!isLeaves(leaves, LEAVES_MAX) || held === undefined) return undefined;
      return { kind: "leaves", leaves, held, ...(value.isBack === true ? { isBack: true } : {}) };
    }
    case "command": {
      const { command } = value;
      if (!isObject(command) || command.kind !== "task" || !isGuid(command.guid) || !isObject(command.command)) {
        return undefined;
      }
      const asked = command.command;
      if (asked.kind === "cancel") {
        return { kind: "command", command: { kind: "task", guid: command.guid, command: { kind: "cancel" } } };
      }
      if (asked.kind === "redrive") {
        const runs = listOf(asked.runs, REDRIVE_MAX, parseAgain);
        return runs === undefined
          ? undefined
          : { kind: "command", command: { kind: "task", guid: command.guid, command: { kind: "redrive", runs } } };
      }
      if (asked.kind === "dismiss") {
        const runs = listOf(asked.runs, REDRIVE_MAX, (id) => isOccurrenceId(id) ? id : undefined);
        return runs === undefined
          ? undefined
          : { kind: "command", command: { kind: "task", guid: command.guid, command: { kind: "dismiss", runs } } };
      }
      if (asked.kind !== "trigger" || !(asked.payload === undefined || isValue(asked.payload))) return undefined;
      const trigger = { kind: "trigger", ...(asked.payload === undefined ? {} : { payload: asked.payload }) } as const;
      const once = command.once === undefined ? undefined : parseOnce(command.once);
      if (once === undefined && command.once !== undefined) return undefined;
      const keyed = once === undefined ? {} : { once };
      return { kind: "command", command: { kind: "task", guid: command.guid, command: trigger, ...keyed } };
    }
    case "dossier":
      return isGuid(value.guid) ? { kind: "dossier", guid: value.guid } : undefined;
    case "attempt": {
      const delivery = parseDelivery(value.delivery);
      const { guid, user, until } = value;
      if (delivery === undefined || !isGuid(guid) || !isText(user, TASK_ID_MAX) || !isInstantNumber(until)) {
        return undefined;
      }
      return { kind: "attempt", guid, user, delivery, until };
    }
    case "poll": {
      const ballots = listOf(value.ballots, BALLOTS_MAX, parseBallot);
      if (ballots === undefined || !isText(value.members, NAME_MAX)) return undefined;
      return { kind: "poll", members: value.members, ballots };
    }
    case "keep": {
      const entity = parseEntity(value.entity);
      return entity === undefined ? undefined : { kind: "keep", entity };
    }
    case "log": {
      const place = parseLogPlace(value);
      return place === undefined ? undefined : { kind: "log", ...place };
    }
    default:
      return undefined;
  }
}

function parseAnswer(value: unknown): Answer | undefined {
  if (!isObject(value)) return undefined;
  const cursor = cursorIn(value);
  if (cursor === undefined) return undefined;
  switch (value.kind) {
    case "entities": {
      const entities = listOf(value.entities, LIST_MAX, parseEntity);
      const vector = VersionVector.parse(value.vector)?.stamps();
      if (entities === undefined || vector === undefined || !isCount(value.living)) return undefined;
      return { kind: "entities", entities, vector, living: value.living, ...cursor };
    }
    case "carries": {
      const pages = listOf(value.pages, LIST_MAX, parsePage);
      if (pages === undefined || typeof value.isMore !== "boolean" || typeof value.isTrimmed !== "boolean") {
        return undefined;
      }
      return { kind: "carries", pages, isMore: value.isMore, isTrimmed: value.isTrimmed };
    }
    case "results": {
      const results = listOf(value.results, LIST_MAX, parseResult);
      const floors = RunVector.parse(value.floors)?.entries();
      if (results === undefined || floors === undefined) return undefined;
      return { kind: "results", results, floors, ...cursor };
    }
    case "digests": {
      const descent = parseDescent(value.descent);
      return descent === undefined ? undefined : { kind: "digests", descent };
    }
    case "leaves": {
      const entities = listOf(value.entities, LIST_MAX, parseEntity);
      if (entities === undefined || typeof value.isMore !== "boolean") return undefined;
      return { kind: "leaves", entities, isMore: value.isMore };
    }
    case "command":
      return parseResultOf(value.result);
    case "dossier": {
      const dossier = parseDossier(value.dossier);
      return dossier === undefined ? undefined : { kind: "dossier", dossier };
    }
    case "attempt": {
      const result = parseDeliveryResult(value.result);
      return result === undefined ? undefined : { kind: "attempt", result };
    }
    case "polled": {
      const refusals = listOf(value.refusals, BALLOTS_MAX, parseRefusal);
      return refusals === undefined ? undefined : { kind: "polled", refusals };
    }
    case "kept":
      return { kind: "kept" };
    case "unable":
      return isText(value.why, TEXT_MAX) ? { kind: "unable", why: value.why } : undefined;
    default:
      return undefined;
  }
}

function parseDelivery(value: unknown): Unaddressed | undefined {
  if (!isObject(value) || !isOccurrenceId(value.id) || !isText(value.task, TASK_ID_MAX)) return undefined;
  const { id, attempt, task, instant, toleranceMs, payload, connectMs, totalMs } = value;
  const target = parseTarget(value.target);
  if (isFault(target) || !isValue(payload) || !isInstantNumber(instant) || !isCount(attempt)) return undefined;
  if (!isCount(toleranceMs) || !isCount(connectMs) || !isCount(totalMs) || totalMs > TIMEOUT_MAX_MS) return undefined;
  return { id, attempt, task, instant, toleranceMs, target, payload, connectMs, totalMs };
}

const CAUSES = ["unreached", "ours", "refused"] as const;

function parseDeliveryResult(value: unknown): DeliveryResult | undefined {
  if (!isObject(value) || !isOptional(value.status, isCount)) return undefined;
  const status = value.status === undefined ? {} : { status: value.status };
  if (value.kind === "delivered") return { kind: "delivered", ...status };
  const { error, retryable, retryAfterMs } = value;
  if (value.kind !== "failed" || !isText(error, TEXT_MAX) || typeof retryable !== "boolean") return undefined;
  if (!isOptional(retryAfterMs, isCount)) return undefined;
  const cause = CAUSES.find((each) => each === value.cause);
  return {
    ...{ kind: "failed", ...status, error, retryable },
    ...(value.gone === true ? { gone: true } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** What only an owner is asked for: see `isOwners`. */
function parseResultOf(value: unknown): Answer | undefined {
  if (!isObject(value)) return undefined;
  const place = parseLogPlace(value.logged);
  const logged = place === undefined ? {} : { logged: place };
  switch (value.kind) {
    case "run": {
      const run = parseRun(value.run);
      return run === undefined ? undefined : { kind: "command", result: { kind: "run", run, ...logged } };
    }
    case "cancelled": {
      const { runs } = value;
      return isCount(runs) ? { kind: "command", result: { kind: "cancelled", runs, ...logged } } : undefined;
    }
    case "redriven":
    case "dismissed": {
      const { kind } = value;
      const runs = listOf(value.runs, REDRIVE_MAX, parseRun);
      const refused = listOf(value.refused, REDRIVE_MAX, parseRedriveRefusal);
      if (runs === undefined || refused === undefined) return undefined;
      return { kind: "command", result: { kind, runs, refused, ...logged } };
    }
    case "refused": {
      const why = (["not-found", "conflict", "busy", "unhealthy"] as const).find((each) => each === value.why) ??
        "busy";
      if (!isText(value.message, TEXT_MAX)) return undefined;
      return { kind: "command", result: { kind: "refused", why, message: value.message } };
    }
    default:
      return undefined;
  }
}

function parseOnce(value: unknown): OnceKey | undefined {
  if (!isObject(value) || !isText(value.key, KEY_MAX) || !isText(value.fingerprint, KEY_MAX)) return undefined;
  const { key, fingerprint, expiresAt } = value;
  return isInstantNumber(expiresAt) ? { key, fingerprint, expiresAt } : undefined;
}

function parseLogPlace(value: unknown): LogPlace | undefined {
  if (!isObject(value) || !isAuthor(value.author) || !isCount(value.seq)) return undefined;
  return { author: value.author, seq: value.seq };
}

function parseAgain(value: unknown): Again | undefined {
  if (!isObject(value) || !isOccurrenceId(value.id) || !isInstantNumber(value.at)) return undefined;
  const { id, at, instant } = value;
  if (!isOptional(instant, isInstantNumber)) return undefined;
  return { id, at, ...(instant === undefined ? {} : { instant }) };
}

function parseRedriveRefusal(value: unknown): RedriveRefusal | undefined {
  if (!isObject(value) || !isOccurrenceId(value.id) || !isText(value.message, TEXT_MAX)) return undefined;
  return { id: value.id, message: value.message };
}

export function parseEntity(value: unknown): Entity | undefined {
  if (!isObject(value) || !isObject(value.registers)) return undefined;
  const kind = ENTITY_KINDS.find((each) => each === value.kind);
  if (kind === undefined || !isText(value.key, KEY_MAX)) return undefined;
  if (kind === "task" && !isGuid(value.key)) return undefined;
  const names = Object.keys(value.registers);
  if (names.length === 0 || names.length > REGISTERS_MAX) return undefined;
  const registers: Record<string, Register> = {};
  for (const name of names) {
    const register = parseRegister(value.registers[name]);
    if (register === undefined || !/^[a-z][A-Za-z0-9]*$/.test(name) || name.length > NAME_MAX) return undefined;
    registers[name] = register;
  }
  return { kind, key: value.key, registers };
}

function parseRegister(value: unknown): Register | undefined {
  if (!isObject(value) || !isStamp(value.stamp) || !isValue(value.value)) return undefined;
  const { stamp, previous, past } = value;
  if (previous === undefined) return { value: value.value, stamp };
  if (!isStamp(previous)) return undefined;
  if (past === undefined) return { value: value.value, stamp, previous };
  const stamps = listOf(past, PAST_MAX, (each) => isStamp(each) ? each : undefined);
  return stamps === undefined ? undefined : { value: value.value, stamp, previous, past: stamps };
}

function parsePage(value: unknown): CarryPage | undefined {
  if (!isObject(value) || !isAuthor(value.author) || !isCount(value.after) || !isCount(value.to)) return undefined;
  const carries = listOf(value.carries, LIST_MAX, parseCarry);
  if (carries === undefined || value.to < value.after) return undefined;
  for (const [at, { seq }] of carries.entries()) {
    if (seq <= (carries[at - 1]?.seq ?? value.after) || seq > value.to) return undefined;
  }
  return { author: value.author, after: value.after, to: value.to, carries };
}

function parseCarry(value: unknown): Carry | undefined {
  if (!isObject(value) || !isCount(value.seq) || !isGuid(value.guid)) return undefined;
  const { seq, guid, through, schedule, failures } = value;
  if (!isInstantNumber(through) || !isCount(failures)) return undefined;
  const runs = listOf(value.runs, LIST_MAX, parseRun);
  if (runs === undefined) return undefined;
  if (schedule === undefined) return { seq, guid, through, failures, runs };
  return isStamp(schedule) ? { seq, guid, through, schedule, failures, runs } : undefined;
}

function parseResult(value: unknown): LastResult | undefined {
  if (!isObject(value) || !isGuid(value.guid)) return undefined;
  const progress = parseProgress(value.progress);
  const open = listOf(value.open, LIST_MAX, parseRun);
  return progress === undefined || open === undefined ? undefined : { guid: value.guid, progress, open };
}

function parseDossier(value: unknown): Dossier | undefined {
  const result = parseResult(value);
  if (result === undefined || !isObject(value)) return undefined;
  if (value.entity === undefined) return result;
  const entity = parseEntity(value.entity);
  return entity === undefined ? undefined : { ...result, entity };
}

type Dossier = LastResult & { readonly entity?: Entity };

function parseProgress(value: unknown): Progress | undefined {
  if (!isObject(value)) return undefined;
  const { through, schedule, open, failures, last } = value;
  if (!isInstantNumber(through) || !isCount(open) || !isCount(failures)) return undefined;
  if (schedule !== undefined && !isStamp(schedule)) return undefined;
  const progress = schedule === undefined ? { through, open, failures } : { through, schedule, open, failures };
  if (last === undefined) return progress;
  if (!isObject(last) || !isInstantNumber(last.instant) || !isOutcome(last.outcome)) return undefined;
  if (!isPeer(last.peer) || !isInstantNumber(last.settledAt)) return undefined;
  const { instant, outcome, peer, settledAt } = last;
  return { ...progress, last: { instant, outcome, peer, settledAt } };
}

function parseBallot(value: unknown): Ballot | undefined {
  if (!isObject(value) || !isGuid(value.guid) || !isOccurrenceId(value.id)) return undefined;
  const { guid, id, n, round, at } = value;
  if (!isCount(n) || !isCount(round) || !isInstantNumber(at)) return undefined;
  const ballot = { guid, id, n, round, at };
  if (value.over === undefined) return ballot;
  const over = listOf(value.over, LIST_MAX, (peer) => isPeer(peer) ? peer : undefined);
  return over === undefined ? undefined : { ...ballot, over };
}

function parseRefusal(value: unknown): Refusal | undefined {
  if (!isObject(value) || !isOccurrenceId(value.id)) return undefined;
  const { id, peer, at } = value;
  if (peer === undefined) return { id };
  return isPeer(peer) && isInstantNumber(at) ? { id, peer, at } : undefined;
}
