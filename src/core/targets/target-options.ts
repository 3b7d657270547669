// The options of a broker's targets: an object whose properties each have a check of their own.

import { parseDuration } from "../values/duration.ts";
import { type Fault, fault, isFault } from "../values/fault.ts";

export type OptionCheck = (value: unknown, field: string) => Fault | undefined;

/** The first fault of `options`; `checks` are all that may stand there. */
export function optionsFault(
  options: unknown,
  field: string,
  checks: { readonly [name: string]: OptionCheck },
): Fault | undefined {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return fault(field, `The options of a target are an object with ${Object.keys(checks).join(", ")}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    const shown = name.length <= 64 ? name : `${name.slice(0, 63).toWellFormed()}…`;
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      return fault(`${field}.${shown}`, `There is no option "${shown}"; known are ${Object.keys(checks).join(", ")}.`);
    }
    const wrong = check(value, `${field}.${name}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

export function yesOrNo(value: unknown, field: string): Fault | undefined {
  return typeof value === "boolean" ? undefined : fault(field, "This is true or false.");
}

export function wholeNumber(min: number, max: number): OptionCheck {
  return (value, field) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : fault(field, `This is a whole number of ${min} to ${max}.`);
}

export function oneOf(words: readonly string[]): OptionCheck {
  return (value, field) => {
    if (typeof value === "string" && words.includes(value)) return undefined;
    const lower = typeof value === "string" ? value.toLowerCase() : "";
    return fault(field, `This is one of ${words.join(", ")}.`, words.includes(lower) ? { suggestion: lower } : {});
  };
}

export function textUpTo(maxBytes: number): OptionCheck {
  return (value, field) => {
    if (typeof value !== "string") return fault(field, "This is a text.");
    if (!value.isWellFormed()) return fault(field, "This holds half of a surrogate pair, which no text can.");
    const bytes = utf8Length(value);
    return bytes > maxBytes ? fault(field, `This is at most ${maxBytes} bytes; it is ${bytes}.`) : undefined;
  };
}

/** An ISO 8601 duration. */
export function lasting(minMs: number, maxMs: number, range: string): OptionCheck {
  return (value, field) => {
    const ms = parseDuration(value, field);
    if (isFault(ms)) return ms;
    return ms < minMs || ms > maxMs ? fault(field, `This is ${range}.`) : undefined;
  };
}

export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
