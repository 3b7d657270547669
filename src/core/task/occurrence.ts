// An occurrence is one instant of one task. Its id depends on nothing else: no revision, no peer, no attempt, so every
// peer on either side of a partition gives the same event the same name (guarantee G3).

import { hash } from "node:crypto";
import type { TaskGuid } from "../values/ids.ts";
import { formatInstant, type Instant } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";

declare const occurrenceBrand: unique symbol;
/** 32 lower-case hex digits. */
export type OccurrenceId = string & { readonly [occurrenceBrand]: true };

const OCCURRENCE_PATTERN = /^[0-9a-f]{32}$/;

export function occurrenceId(guid: TaskGuid, at: Instant): OccurrenceId {
  return hash("sha256", `${guid}\n${formatInstant(at)}`, "hex").slice(0, 32) as OccurrenceId;
}

/** A manual fire is an occurrence of its own, named by the command's stamp: two of them in one millisecond never merge. */
export function manualOccurrenceId(guid: TaskGuid, stamp: Stamp): OccurrenceId {
  return hash("sha256", `${guid}\nmanual ${stamp}`, "hex").slice(0, 32) as OccurrenceId;
}

/** The same of a command that may be sent twice, by the key that it is then sent with, at whichever peer. */
export function keyedOccurrenceId(guid: TaskGuid, key: string): OccurrenceId {
  return hash("sha256", `${guid}\nkey ${key}`, "hex").slice(0, 32) as OccurrenceId;
}

export function isOccurrenceId(text: unknown): text is OccurrenceId {
  return typeof text === "string" && OCCURRENCE_PATTERN.test(text);
}
