// The plain parts that messages are made of: numbers, texts and lists, each within its bounds.

import type { TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MAX, INSTANT_MIN } from "../values/instant.ts";
import type { Json } from "../values/json.ts";

export const KEY_MAX = 512;
export const TEXT_MAX = 4_096;
const PEER_ID_MAX = 128;
const CURSOR_MAX = 1_024;

export type Fields = { readonly [field: string]: unknown };

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf<T>(
  value: unknown,
  max: number,
  parse: (item: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined;
  const items: T[] = [];
  for (const item of value) {
    const parsed = parse(item);
    if (parsed === undefined) return undefined;
    items.push(parsed);
  }
  return items;
}

export function cursorIn(value: Fields): { readonly cursor?: string } | undefined {
  if (value.cursor === undefined) return {};
  return isText(value.cursor, CURSOR_MAX) ? { cursor: value.cursor } : undefined;
}

export function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined;
export function isOptional(value: unknown, is: (value: unknown) => boolean): value is string | undefined;
export function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

export function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax;
}

export function isPeer(value: unknown): value is string {
  return isText(value, PEER_ID_MAX) && value !== "";
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isInstantNumber(value: unknown): value is Instant {
  return typeof value === "number" && Number.isInteger(value) && value >= INSTANT_MIN && value <= INSTANT_MAX;
}

export function isGuid(value: unknown): value is TaskGuid {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** The mesh has decoded it: it is JSON, of a bounded depth and length. */
export function isValue(value: unknown): value is Json {
  return value !== undefined;
}
