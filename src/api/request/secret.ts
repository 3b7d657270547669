// Secrets are compared by their digests, in a time that says nothing about them, and kept as digests only.

import { hash, randomBytes, timingSafeEqual } from "node:crypto";

const TOKEN_PREFIX = "mtr_";
/** 256 bits, in base64url. */
const TOKEN_PATTERN = /^mtr_[A-Za-z0-9_-]{43}$/;

export function newToken(): string {
  return TOKEN_PREFIX + randomBytes(32).toString("base64url");
}

/** Whether the text has the form of a token that a peer made. */
export function isToken(text: string): boolean {
  return TOKEN_PATTERN.test(text);
}

/** 64 hex digits: under this a token is stored. */
export function digest(secret: string): string {
  return hash("sha256", secret, "hex");
}

/** A question that only the secret answers. An absent or empty secret is never matched. */
export function matcher(secret: string | undefined): (candidate: string) => boolean {
  if (secret === undefined || secret === "") return () => false;
  const expected = hash("sha256", secret, "buffer");
  return (candidate) => timingSafeEqual(expected, hash("sha256", candidate, "buffer"));
}

const ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const ID_LENGTH = 24;

/** The id of a task whose user gave none: 120 bits, in letters and digits that are not mistaken for one another. */
export function newTaskId(): string {
  let id = "";
  for (const byte of randomBytes(ID_LENGTH)) id += ID_ALPHABET.charAt(byte & 31);
  return id;
}
