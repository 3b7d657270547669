// How the seed's API answers: bare values, `{"err"}`, and lists of what is wrong with a body. Its own paths are here too.

import { json } from "../request/answer.ts";
import type { Problem } from "../request/problem.ts";

export type V0Fault = { readonly field: string; readonly type: V0FaultType; readonly description: string };

export type V0FaultType =
  | "required"
  | "invalid_type"
  | "additional_property_not_allowed"
  | "pattern"
  | "string_gte"
  | "string_lte"
  | "enum"
  | "duplicated";

const PATH_PATTERN = /^\/(?:user|auth|auth\/logout|task|task\/[^/]+|tasks|ws)\/?$/;

/** Whether the path is one of the seed's: only of how it is answered, never of who may. */
export function isV0(path: string): boolean {
  return PATH_PATTERN.test(path);
}

export function v0Error(status: number, err: string, headers: { readonly [name: string]: string } = {}): Response {
  return json(status, { err }, headers);
}

export function v0Faults(faults: readonly V0Fault[]): Response {
  return json(422, faults);
}

/** A problem in the seed's words. */
export async function asV0(response: Response): Promise<Response> {
  if (response.headers.get("content-type") !== "application/problem+json") return response;
  const text = await response.text();
  // Of a HEAD nothing but the head was asked for.
  const detail = text === "" ? "" : (JSON.parse(text) as Problem).detail;
  const headers = new Headers(response.headers);
  headers.set("content-type", "application/json");
  const err = response.status === 401 ? "Unauthorized" : response.status === 404 ? "Not found" : detail;
  return new Response(text === "" ? null : JSON.stringify({ err }), { status: response.status, headers });
}
