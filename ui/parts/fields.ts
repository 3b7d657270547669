// Fields of a form, each with the place that it has in a JSON and the way its text becomes a value. What the form has no
// field for is kept as it is.

export type Kind =
  | "text"
  | "number"
  /** true, or not there. */
  | "flag"
  | "json"
  /** A text, or an object as JSON. */
  | "schedule"
  /** `name: value`, a line each. */
  | "pairs";

export type Fields = { readonly [path: string]: Kind };
export type Texts = { readonly [path: string]: string };
export type Json = { readonly [name: string]: unknown };

export type Fault = { readonly field: string; readonly message: string; readonly position?: number };

/** The texts of the fields, and what no field shows. */
export function textsIn(json: Json, fields: Fields): { readonly texts: Texts; readonly rest: Json } {
  const rest: { [name: string]: unknown } = structuredClone(json);
  const texts: { [path: string]: string } = {};
  for (const [path, kind] of Object.entries(fields)) {
    const value = take(rest, path.split("."));
    if (value !== undefined) texts[path] = textOf(value, kind);
  }
  return { texts, rest: withoutEmpty(rest) };
}

/** What the texts and the rest make; or what is wrong with the texts. A field without a text is left out. */
export function jsonOf(texts: Texts, rest: Json, fields: Fields): Json | readonly Fault[] {
  const faults: Fault[] = [];
  const json: { [name: string]: unknown } = structuredClone(rest);
  for (const [path, kind] of Object.entries(fields)) {
    const text = texts[path] ?? "";
    if (text.trim() === "") continue;
    const value = valueOf(text, kind, path, faults);
    if (value !== undefined) put(json, path.split("."), value);
  }
  return faults.length > 0 ? faults : json;
}

export function isFaults(value: Json | readonly Fault[]): value is readonly Fault[] {
  return Array.isArray(value);
}

/** Read as JSON, with the place where it is none. */
export function jsonIn(text: string, field: string, faults: Fault[]): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    const position = /position (\d+)/.exec(said)?.[1];
    faults.push({
      field,
      message: `This is no JSON${
        said === "" ? "" : `: ${said.replace(/ in JSON.*$/, "")}`
      }. Texts stand in double quotes.`,
      ...(position === undefined ? {} : { position: Number(position) }),
    });
    return undefined;
  }
}

function textOf(value: unknown, kind: Kind): string {
  switch (kind) {
    case "text":
    case "number":
    case "flag":
      return String(value);
    case "json":
      return JSON.stringify(value, null, 2);
    case "schedule":
      return typeof value === "string" ? value : JSON.stringify(value);
    case "pairs":
      return Object.entries(value ?? {}).map(([name, each]) => `${name}: ${each}`).join("\n");
  }
}

function valueOf(text: string, kind: Kind, field: string, faults: Fault[]): unknown {
  const trimmed = text.trim();
  switch (kind) {
    case "text":
      return trimmed;
    case "number":
      // What is no number goes as it is: the peer says what was expected.
      return Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
    case "flag":
      return trimmed === "true" ? true : undefined;
    case "json":
      return jsonIn(trimmed, field, faults);
    case "schedule":
      return trimmed.startsWith("{") ? jsonIn(trimmed, field, faults) : trimmed;
    case "pairs":
      return pairsIn(trimmed, field, faults);
  }
}

function pairsIn(text: string, field: string, faults: Fault[]): Json {
  const pairs = text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const at = line.search(/[:=]/);
    if (at < 1) faults.push({ field, message: `“${line.trim()}” is no name and value: write name: value.` });
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return Object.fromEntries(pairs);
}

function take(from: { [name: string]: unknown }, [name = "", ...further]: readonly string[]): unknown {
  const value = from[name];
  if (further.length === 0) {
    delete from[name];
    return value;
  }
  return isObject(value) ? take(value, further) : undefined;
}

function put(into: { [name: string]: unknown }, [name = "", ...further]: readonly string[], value: unknown): void {
  if (further.length === 0) {
    into[name] = value;
    return;
  }
  const inner = into[name];
  const object = isObject(inner) ? inner : {};
  into[name] = object;
  put(object, further, value);
}

function withoutEmpty(json: Json): Json {
  const entries = Object.entries(json).map(([name, value]) => [name, isObject(value) ? withoutEmpty(value) : value]);
  return Object.fromEntries(entries.filter(([, value]) => !isObject(value) || Object.keys(value).length > 0));
}

export function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
