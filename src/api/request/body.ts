// A body is read once, within bounds: of its type, its bytes, its time and its depth.

import { DEPTH_MAX, isShallow } from "../../core/task/definition.ts";
import { isObject, kindOf } from "../../core/values/faults.ts";
import { type Problem, problem, problemOf, problemResponse } from "./problem.ts";

/** A payload has 256 KiB; the rest of a task has as much again, escapes in its text included. */
export const BODY_MAX_BYTES = 512 * 1024;
/** A client that takes longer than this to send so little is not coming. */
const BODY_WAIT_MS = 30_000;

export type JsonObject = { readonly [name: string]: unknown };

/** The body as a JSON object; `{}` when there is none and that is `optional`. */
export async function readObject(
  request: Request,
  more: { readonly types?: readonly string[]; readonly isOptional?: boolean } = {},
): Promise<JsonObject | Response> {
  const { types = ["application/json"], isOptional = false } = more;
  const text = await readText(request, types);
  if (text instanceof Response) return text;
  return text === "" && isOptional ? {} : parseObject(text);
}

/** The text as a JSON object. */
export function parseObject(text: string): JsonObject | Response {
  const value = parseJson(text, "body");
  if (value.kind === "problem") return problemResponse(value.problem);
  if (isObject(value.json)) return value.json;
  return problem(422, `The body is a JSON object, not ${kindOf(value.json)}.`, { field: "body" });
}

/** The text of the body, of one of these types, or of any. An empty body needs none. */
export async function readText(
  request: Request,
  types: readonly string[] | undefined,
  maxBytes = BODY_MAX_BYTES,
): Promise<string | Response> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) return tooLarge(maxBytes);
  const isTyped = types === undefined || isOfType(request, types);
  const coded = encoded(request);
  if (coded !== undefined) return coded;
  if (request.body === null) return isTyped || request.headers.get("content-type") === null ? "" : wrongType(types);
  if (!isTyped && request.headers.get("content-type") !== null) return wrongType(types);
  const bytes = await readBytes(request.body, maxBytes);
  if (bytes instanceof Response) return bytes;
  if (bytes.length > 0 && !isTyped) return wrongType(types);
  return decode(bytes) ?? problem(400, "The body is not UTF-8.", { field: "body" });
}

/** Parses JSON; what is not JSON, or too deep, is a problem of the `body` or the `line`. */
export function parseJson(
  text: string,
  where: "body" | "line",
): { readonly kind: "json"; readonly json: unknown } | { readonly kind: "problem"; readonly problem: Problem } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const detail = text.trim() === ""
      ? `The ${where} is empty; it is to be JSON.`
      : `The ${where} is not JSON: ${reasonOf(error)}.`;
    const place = { ...fieldOf(where), ...(position === undefined ? {} : { position: Number(position) }) };
    return { kind: "problem", problem: problemOf(400, detail, place) };
  }
  // One more than a payload may have, for the object that it stands in.
  if (isShallow(json, DEPTH_MAX + 1)) return { kind: "json", json };
  const deep = `The ${where} nests arrays and objects more than ${DEPTH_MAX + 1} deep.`;
  return { kind: "problem", problem: problemOf(400, deep, fieldOf(where)) };
}

/** A line is known by its number. */
function fieldOf(where: "body" | "line"): { readonly field?: string } {
  return where === "body" ? { field: "body" } : {};
}

export function isOfType(request: Request, types: readonly string[]): boolean {
  const [type, ...parameters] = (request.headers.get("content-type") ?? "").toLowerCase().split(";").map((part) =>
    part.trim()
  );
  const isUtf8 = parameters.every((parameter) =>
    !parameter.startsWith("charset=") || /^charset="?utf-8"?$/.test(parameter)
  );
  return type !== undefined && types.includes(type) && isUtf8;
}

export function wrongType(types: readonly string[]): Response {
  return problem(415, `The body is to be ${types.join(" or ")}, in UTF-8.`, {
    field: "Content-Type",
    suggestion: types[0] ?? "application/json",
    headers: { accept: types.join(", ") },
  });
}

/** Nothing is unpacked: a body of few bytes could be one of many. */
export function encoded(request: Request): Response | undefined {
  const coding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (coding === "identity") return undefined;
  return problem(415, "A body is sent as it is, and not compressed.", {
    field: "Content-Encoding",
    suggestion: "identity",
    headers: { "accept-encoding": "identity" },
  });
}

export function tooLarge(maxBytes = BODY_MAX_BYTES): Response {
  return problem(413, `A body has at most ${maxBytes} bytes.`, { field: "body", headers: { connection: "close" } });
}

/** UTF-8 to text; absent when it is none. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function readBytes(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array | Response> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => {});
  }, BODY_WAIT_MS);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > maxBytes) {
        reader.cancel().catch(() => {});
        return tooLarge(maxBytes);
      }
      chunks.push(value);
    }
  } catch {
    // The connection broke; nobody reads this answer.
    return problem(400, "The body ended before it was whole.", { field: "body" });
  } finally {
    clearTimeout(timer);
  }
  if (isLate) {
    return problem(408, `The body took longer than ${BODY_WAIT_MS / 1000} s.`, {
      field: "body",
      headers: { connection: "close" },
    });
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : concatenate(chunks, length);
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** V8's reason, without the text that it quotes. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  if (message.includes("Unexpected end")) return "it ends too early";
  return message.includes("control character") ? "a text holds a bare control character" : "an unexpected character";
}
