// What is sent to the seed's API, checked as it did: by a list of properties, each a text of a length and a form, and
// nothing else.

import { isObject, kindOf } from "../../core/values/faults.ts";
import { parseJson, readText } from "../request/body.ts";
import { problemResponse } from "../request/problem.ts";
import { asV0, type V0Fault, v0Faults } from "./v0-answer.ts";

const V0_BODY_MAX_BYTES = 1024 * 1024;

export type V0Property = {
  readonly isRequired?: true;
  /** Without a length it may be whatever JSON there is. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
};

export type V0Body = { readonly [name: string]: unknown };

/** Of any content type: what the seed's clients send is JSON, whatever they call it, and no cookie comes in here. */
export async function readV0(
  request: Request,
  properties: { readonly [name: string]: V0Property },
): Promise<V0Body | Response> {
  const text = await readText(request, undefined, V0_BODY_MAX_BYTES);
  if (text instanceof Response) return await asV0(text);
  const value = parseJson(text, "body");
  if (value.kind === "problem") return await asV0(problemResponse(value.problem));
  const { json } = value;
  if (!isObject(json)) return v0Faults([wrongType("(root)", "object", json)]);
  const faults = faultsOf(json, properties);
  return faults.length > 0 ? v0Faults(faults) : json;
}

function faultsOf(body: V0Body, properties: { readonly [name: string]: V0Property }): readonly V0Fault[] {
  const faults: V0Fault[] = [];
  for (const [name, { isRequired }] of Object.entries(properties)) {
    if (isRequired && body[name] === undefined) {
      faults.push({ field: name, type: "required", description: `${name} is required` });
    }
  }
  for (const [name, value] of Object.entries(body)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property !== undefined) {
      faults.push(...faultsIn(name, value, property));
      continue;
    }
    const shown = name.slice(0, 64).toWellFormed();
    const description = `Additional property ${shown} is not allowed`;
    faults.push({ field: shown, type: "additional_property_not_allowed", description });
    if (faults.length >= FAULTS_MAX) break;
  }
  return faults;
}

const FAULTS_MAX = 32;

function faultsIn(field: string, value: unknown, { min, max, pattern, oneOf }: V0Property): readonly V0Fault[] {
  if (min === undefined || max === undefined) return [];
  if (typeof value !== "string") return [wrongType(field, "string", value)];
  if (value.length < min) {
    return [{ field, type: "string_gte", description: `String length must be greater than or equal to ${min}` }];
  }
  if (value.length > max) {
    return [{ field, type: "string_lte", description: `String length must be less than or equal to ${max}` }];
  }
  if (oneOf !== undefined && !oneOf.includes(value)) {
    const allowed = oneOf.map((each) => `"${each}"`).join(", ");
    return [{ field, type: "enum", description: `${field} must be one of the following: ${allowed}` }];
  }
  if (!value.isWellFormed() || (pattern !== undefined && !pattern.test(value))) {
    return [{ field, type: "pattern", description: `Does not match pattern '${pattern?.source ?? "UTF-8"}'` }];
  }
  return [];
}

function wrongType(field: string, expected: string, value: unknown): V0Fault {
  const given = kindOf(value).replace(/^an? /, "");
  return { field, type: "invalid_type", description: `Invalid type. Expected: ${expected}, given: ${given}` };
}
