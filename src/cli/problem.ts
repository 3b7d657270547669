// A problem of the API (RFC 9457) as text: what is wrong, in which field, a caret under the place, and the way out.

import { EXIT, Failure } from "./failure.ts";
import { isObject, type JsonObject } from "./shapes.ts";
import { printable, widthOf } from "./text.ts";

type Place = {
  readonly message: string;
  readonly field: string | undefined;
  readonly position: number | undefined;
  readonly suggestion: string | undefined;
};

/** What the API refused, or could not do. `sent` is what the fields of the problem are fields of. */
export function problemFailure(
  status: number,
  problem: JsonObject,
  sent: unknown,
  { path, hint }: { readonly path: string; readonly hint?: string | undefined },
): Failure {
  // Of what is not there, the list says what is.
  const list = status === 404 && problem.suggestion === undefined ? `/api/v1/${path.split("/")[0] ?? ""}` : undefined;
  const places = placesOf(list === undefined ? problem : { ...problem, suggestion: list });
  const isRefused = status < 500;
  const title = isRefused ? "Refused" : `Failed (${status})`;
  const blocks = places.map((place) => block(place, sent));
  const message = [...blocks.map((text) => `${title}: ${text}`), ...(hint === undefined ? [] : [hint])].join("\n");
  return new Failure(isRefused ? EXIT.refused : EXIT.failed, message, { ...problem, status });
}

/** The same in one line, for a report of many. */
export function problemLine(problem: unknown): string {
  return placesOf(isObject(problem) ? problem : {}).map(({ message, field, position, suggestion }) => {
    const where = field === undefined ? "" : `${printable(field)}: `;
    const at = position === undefined ? "" : ` (at character ${position + 1})`;
    const way = suggestion === undefined ? "" : ` Try ${printable(suggestion)}`;
    return `${where}${printable(message)}${at}${way}`;
  }).join(" · ");
}

function placesOf(problem: JsonObject): readonly Place[] {
  const errors = Array.isArray(problem.errors) ? problem.errors.filter(isObject) : [];
  if (errors.length > 0) return errors.map((error) => placeOf(error, error.message));
  return [placeOf(problem, problem.detail ?? problem.title)];
}

function placeOf(from: JsonObject, message: unknown): Place {
  return {
    message: typeof message === "string" ? message : "The peer gives no reason.",
    field: typeof from.field === "string" && from.field !== "" ? from.field : undefined,
    position: typeof from.position === "number" ? from.position : undefined,
    suggestion: typeof from.suggestion === "string" ? wayOut(from.suggestion) : undefined,
  };
}

/** A path of the API is a way out for who speaks HTTP; the others have a command for it, or none. */
function wayOut(suggestion: string): string | undefined {
  const [, path] = /^\/api\/v1\/(.*)$/.exec(suggestion) ?? [];
  if (path === undefined) return suggestion.startsWith("/") ? undefined : suggestion;
  const [start = "", search = ""] = path.split("?");
  const [kind = "", id, below] = start.split("/");
  const target = new URLSearchParams(search).get("target");
  if (kind === "tasks" && target !== null) return `metronome task ls --target ${target}`;
  if (kind === "tasks" && below === "versions") return `metronome task versions ${decodeURIComponent(id ?? "")}`;
  if (kind === "runs" && id !== undefined) return `metronome runs show ${id}`;
  return LISTS.get(kind);
}

const LISTS: ReadonlyMap<string, string> = new Map([
  ["tasks", "metronome task ls"],
  ["targets", "metronome target ls"],
  ["runs", "metronome runs ls"],
  ["users", "metronome user ls"],
  ["auth", "metronome user sessions"],
  ["tokens", "metronome token ls"],
  ["invites", "metronome user invite ls"],
  ["conflicts", "metronome conflicts"],
  ["peers", "metronome peers"],
  ["mesh", "metronome peers"],
]);

function block({ message, field, position, suggestion }: Place, sent: unknown): string {
  const lines = [printable(message)];
  // What nobody saw being typed is not shown for being wrong.
  const value = field === undefined || SECRET.test(field) ? undefined : valueAt(sent, field);
  const label = field === undefined || value === undefined ? "" : `${printable(field)}:`;
  const width = Math.max(label.length, suggestion === undefined ? 0 : TRY.length);
  if (label !== "") {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const isPlaced = typeof value === "string" && position !== undefined && position <= value.length;
    const { shown, before } = windowOf(printable(text), isPlaced ? position : 0);
    lines.push(`  ${label.padEnd(width)} ${shown}`);
    if (isPlaced) lines.push(" ".repeat(width + 3 + widthOf(before)) + "^");
  }
  if (suggestion !== undefined) lines.push(`  ${TRY.padEnd(width)} ${printable(suggestion)}`);
  return lines.join("\n");
}

const SECRET = /^(?:password|currentPassword|credentials(?:\..+)?)$/;

const TRY = "try:";

/** Characters of a long text that are shown before and after the place. */
const AROUND = 60;

function windowOf(text: string, position: number): { readonly shown: string; readonly before: string } {
  const start = position > AROUND ? position - AROUND : 0;
  const end = Math.min(text.length, position + AROUND);
  const before = (start > 0 ? "…" : "") + text.slice(start, position);
  return { before, shown: before + text.slice(position, end) + (end < text.length ? "…" : "") };
}

function valueAt(sent: unknown, path: string): unknown {
  let value = sent;
  for (const name of path.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}
