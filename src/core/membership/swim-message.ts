// The parser of what members say of each other. Whatever it is given becomes a checked message of SWIM or nothing. Unknown fields are dropped; what is
// too long, out of range or of another type makes the whole message nothing.

import { isShardsText } from "../ownership/groups.ts";
import type { PeerNews, PresenceState, Rumor, SwimMessage } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";
import { type Instant, INSTANT_MAX, INSTANT_MIN } from "../values/instant.ts";
import { LABEL_NAME_MAX, LABEL_VALUE_MAX, LABELS_MAX } from "../values/labels.ts";

/** Four times the length of a libp2p id. */
export const PEER_ID_MAX = 128;
const PEER_NAME_MAX = 256;
/** Four times what a peer sends. */
const RUMORS_MAX = 64;
const WEIGHT_MAX = 1_000_000;
/** Milliseconds in 48 bits, as in stamps: the year 10889. */
export const INCARNATION_MAX = 2 ** 48 - 1;
export const SEQ_MAX = 2 ** 32 - 1;
const WORD_MAX = 64;
const FORMAT_MAX = 2 ** 31 - 1;

type Fields = { readonly [name: string]: unknown };

export function parseSwimMessage(value: unknown): SwimMessage | undefined {
  if (!isObject(value)) return undefined;
  const rumors = rumorsIn(value.rumors);
  if (rumors === undefined) return undefined;
  if (value.kind === "rumors") return { kind: "rumors", rumors };
  const { kind, seq, target, reached, incarnation } = value;
  if (!isWhole(seq, 0, SEQ_MAX)) return undefined;
  switch (kind) {
    case "probe":
    case "ack": {
      const news = newsIn(value.news);
      if (news === undefined || !isWhole(incarnation, 1, INCARNATION_MAX)) return undefined;
      if (kind === "probe" || value.refused === undefined) return { kind, seq, incarnation, news, rumors };
      const { refused } = value;
      return isShardsText(refused) ? { kind, seq, incarnation, news, rumors, refused } : undefined;
    }
    case "probe-for-me":
      return isPeerId(target) ? { kind, seq, target, rumors } : undefined;
    case "probed": {
      if (!isPeerId(target) || typeof reached !== "boolean" || !isWhole(incarnation, 0, INCARNATION_MAX)) {
        return undefined;
      }
      if (value.news === undefined) return { kind, seq, target, reached, incarnation, rumors };
      const news = newsIn(value.news);
      return news === undefined ? undefined : { kind, seq, target, reached, incarnation, news, rumors };
    }
  }
  return undefined;
}

function rumorsIn(value: unknown): Rumor[] | undefined {
  if (!Array.isArray(value) || value.length > RUMORS_MAX) return undefined;
  const rumors: Rumor[] = [];
  for (const item of value) {
    if (!isObject(item)) return undefined;
    const { peer, state, incarnation } = item;
    if (!isPeerId(peer) || !isPresenceState(state) || !isWhole(incarnation, 1, INCARNATION_MAX)) return undefined;
    rumors.push({ peer, state, incarnation });
  }
  return rumors;
}

function newsIn(value: unknown): PeerNews | undefined {
  if (!isObject(value)) return undefined;
  const { name, wall, weight, version, format, tzdata, digest, vector, runs, shards, shardsVersion } = value;
  const { draining, fenced, writable } = value;
  const labels = labelsIn(value.labels);
  if (labels === undefined || !isText(name, PEER_NAME_MAX) || !isWhole(wall, INSTANT_MIN, INSTANT_MAX)) {
    return undefined;
  }
  if (typeof weight !== "number" || !(weight >= 0 && weight <= WEIGHT_MAX)) return undefined;
  if (!isText(version, WORD_MAX) || !isWhole(format, 0, FORMAT_MAX) || !isText(tzdata, WORD_MAX)) return undefined;
  // Who has just started does not know it yet.
  if (!isText(digest, 16) || !/^([0-9a-f]{16})?$/.test(digest)) return undefined;
  if (!isText(vector, WORD_MAX) || !isText(runs, WORD_MAX)) return undefined;
  if (!isShardsText(shards)) return undefined;
  if (!isWhole(shardsVersion, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  if (typeof draining !== "boolean" || typeof fenced !== "boolean" || typeof writable !== "boolean") return undefined;
  return {
    name,
    wall: wall as Instant,
    weight,
    labels,
    version,
    format,
    tzdata,
    digest,
    vector,
    runs,
    shards,
    shardsVersion,
    draining,
    fenced,
    writable,
  };
}

function labelsIn(value: unknown): PeerNews["labels"] | undefined {
  if (!isObject(value)) return undefined;
  const labels: [string, string][] = [];
  for (const [name, label] of Object.entries(value)) {
    if (labels.length === LABELS_MAX) return undefined;
    if (name.length > LABEL_NAME_MAX || !isText(label, LABEL_VALUE_MAX)) return undefined;
    labels.push([name, label]);
  }
  return Object.fromEntries(labels);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPeerId(value: unknown): value is PeerId {
  return isText(value, PEER_ID_MAX) && value !== "";
}

function isPresenceState(value: unknown): value is PresenceState {
  return value === "alive" || value === "suspect" || value === "dead" || value === "left";
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax && value.isWellFormed();
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}
