// The fields of a task's definition.

import {
  type Fault,
  type Fields,
  isFaults,
  isObject,
  type Json,
  jsonOf,
  type Texts,
  textsIn,
} from "../parts/fields.ts";

export const FIELDS: Fields = {
  id: "text",
  name: "text",
  schedule: "schedule",
  "target.urn": "text",
  "target.name": "text",
  "target.path": "text",
  "target.method": "text",
  "target.headers": "pairs",
  "target.cloudEvents": "text",
  "target.success": "json",
  "target.amqp": "json",
  "target.kafka": "json",
  "target.mqtt": "json",
  payload: "json",
  template: "flag",
  labels: "pairs",
  "policy.tolerance": "text",
  "policy.misfire": "text",
  "policy.misfireWindow": "text",
  "policy.overlap": "text",
  "policy.retry.limit": "number",
  "policy.retry.base": "text",
  "policy.retry.factor": "number",
  "policy.retry.cap": "text",
  "policy.retry.maxAge": "text",
  "policy.timeout.connect": "text",
  "policy.timeout.total": "text",
  "policy.delivery": "text",
  "policy.partition": "text",
  "policy.pauseAfterFailures": "number",
  "policy.removeWhenDone": "flag",
  "policy.fallback": "json",
  "policy.placement": "json",
};

/** The texts of a definition, and what no field shows. */
export function textsOf(definition: Json): { readonly texts: Texts; readonly rest: Json } {
  const { target, ...others } = definition;
  const { texts: found, rest } = textsIn({
    ...others,
    ...(target === undefined ? {} : { target: typeof target === "string" ? { urn: target } : target }),
  }, FIELDS);
  const texts: { [path: string]: string } = { ...found };
  if (texts.name !== undefined && texts.name === texts.id) texts.name = "";
  if (texts.payload === "null") texts.payload = "";
  const { "target.name": name, "target.path": path, ...shown } = texts;
  return name === undefined ? { texts, rest } : { texts: { ...shown, "target.urn": `@${name}${path ?? ""}` }, rest };
}

/** The definition that the texts and the rest make; or what is wrong with the texts. */
export function definitionOf(texts: Texts, rest: Json): Json | readonly Fault[] {
  const definition = jsonOf(texts, rest, FIELDS);
  if (isFaults(definition)) return definition;
  const { target } = definition;
  if (!isObject(target)) return definition;
  const { urn, ...others } = target;
  // As it is said of one that is kept apart: @billing/path.
  const named = typeof urn === "string" ? /^@([^/]+)(\/.*)?$/.exec(urn) : null;
  if (named !== null) {
    const [, name, path] = named;
    return { ...definition, target: { ...others, name, ...(path === undefined ? {} : { path }) } };
  }
  return Object.keys(others).length === 0 ? { ...definition, target: urn } : definition;
}
