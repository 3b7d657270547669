// A record as it lies on the disk: eight hex digits of a CRC-32 over its key and its text, then the text. LevelDB 1.20
// as we get it verifies nothing when it reads: one flipped bit gave 29 wrong values of 5,000, without an error.

import { crc32 } from "node:zlib";

const DIGITS = 8;

/** `key` is the whole one, with its space: a record that turns up in a wrong place is damaged too. */
export function sealRecord(key: string, text: string): string {
  return checksum(key, text) + text;
}

/** The text of a sealed record; absent when it is damaged. */
export function openRecord(key: string, sealed: string): string | undefined {
  const text = sealed.slice(DIGITS);
  return sealed.slice(0, DIGITS) === checksum(key, text) ? text : undefined;
}

function checksum(key: string, text: string): string {
  // Of both at once: the same number, in one native call.
  return crc32(key + text).toString(16).padStart(DIGITS, "0");
}
