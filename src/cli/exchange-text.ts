// What an attempt sent and what came back, as it went over the wire, with how long each part took.

import { listIn, maybe, number, objectIn, text } from "./shapes.ts";
import { printable } from "./text.ts";

export function exchangeText(value: unknown): string {
  const { request, response, timings } = objectIn(value);
  const { method, url, headers, body } = objectIn(request);
  const parts = [`${text(method)} ${printable(text(url))}\n${headerLines(headers)}\n${bodyLines(body)}`];
  if (response === undefined) parts.push("No answer came.\n");
  else {
    const { status, headers, body } = objectIn(response);
    parts.push(`${number(status)}\n${headerLines(headers)}\n${bodyLines(body)}`);
  }
  const { connection, wait, read } = objectIn(timings);
  const spans: readonly (readonly [string, unknown])[] = [["connection", connection], ["wait", wait], ["read", read]];
  parts.push(`${spans.flatMap(([name, ms]) => ms === undefined ? [] : [`${name} ${number(ms)} ms`]).join(", ")}\n`);
  return parts.join("\n");
}

function headerLines(value: unknown): string {
  return listIn(value).map((pair) => `${listIn(pair).map((each) => printable(text(each))).join(": ")}\n`).join("");
}

function bodyLines(value: unknown): string {
  if (value === undefined) return "";
  const { text: shown, isHex, bytes } = objectIn(value);
  const body = text(shown).split("\n").map(printable).join("\n");
  const note = maybe(isHex, () => true) === undefined ? "" : ", as hex";
  return `${body}\n(${number(bytes)} bytes${note})\n`;
}
