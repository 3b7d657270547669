// What a user hands to a command beside plain words: JSON, from the command line, a file, or the standard input.

import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { PAYLOAD_MAX_BYTES } from "../core/task/task.ts";
import type { Bytes } from "./client.ts";
import { EXIT, Failure, fileFailure } from "./failure.ts";
import type { Parts } from "./parts.ts";
import { printable } from "./text.ts";

/** The JSON of an option: written out, `@file`, or `-` for the standard input. */
export async function readJson(option: string, given: string, { stdin }: Pick<Parts, "stdin">): Promise<unknown> {
  const text = given === "-"
    ? await readAll(option, stdin)
    : given.startsWith("@")
    ? await readWhole(option, given.slice(1))
    : given;
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(EXIT.usage, `${option} is not JSON: ${printable(text.slice(0, 80))}${hintOf(text)}`);
  }
}

/** A text, or the JSON object that it begins to be. */
export function textOrObject(option: string, given: string): unknown {
  if (!given.trimStart().startsWith("{")) return given;
  try {
    return JSON.parse(given);
  } catch {
    throw new Failure(
      EXIT.usage,
      `${option} begins like a JSON object, but is not JSON: ${printable(given.slice(0, 80))}`,
    );
  }
}

export type Input = { readonly bytes: Bytes; readonly size?: number };

/** A file, or the standard input for `-`. */
export async function openInput(file: string, { stdin }: Pick<Parts, "stdin">): Promise<Input> {
  if (file === "-") return { bytes: stdin };
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new Failure(EXIT.failed, `Can't read ${file}: it is a folder.`);
    return { bytes: fileBytes(file), ...(found.isFile() ? { size: found.size } : {}) };
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure("read", file, error);
  }
}

async function* fileBytes(file: string): Bytes {
  try {
    yield* createReadStream(file);
  } catch (error) {
    throw fileFailure("read", file, error);
  }
}

async function readAll(option: string, bytes: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > PAYLOAD_MAX_BYTES) throw tooLong(option);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function readWhole(option: string, file: string): Promise<string> {
  try {
    if ((await stat(file)).size > PAYLOAD_MAX_BYTES) throw tooLong(option);
    return await readFile(file, "utf8");
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure("read", file, error);
  }
}

function tooLong(option: string): Failure {
  return new Failure(EXIT.usage, `${option} has at most ${PAYLOAD_MAX_BYTES} bytes of JSON.`);
}

function hintOf(text: string): string {
  return /^[^\s"'{[\]}]+$/.test(text) ? `\nA text stands in double quotes: '${JSON.stringify(text)}'.` : "";
}
