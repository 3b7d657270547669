// How long something lasts, as people write it: 10m, 1h, 30d, or an ISO 8601 duration.

import { parseDuration } from "../core/values/duration.ts";
import { isFault } from "../core/values/fault.ts";
import { EXIT, Failure } from "./failure.ts";

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Of `--ttl`, in whole seconds. */
export function ttlSeconds(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (digits !== "") return Number(digits) * SECONDS[unit as keyof typeof SECONDS];
  const ms = parseDuration(text, "--ttl");
  if (!isFault(ms)) return Math.ceil(ms / 1_000);
  throw new Failure(EXIT.usage, `--ttl: ${ms.message} Try ${ms.suggestion ?? "10m, 1h or 30d"}.`);
}
