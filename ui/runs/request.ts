// The request of a run, as a person would send it by hand.

import { type Run, targetUrn, type Task } from "../views.ts";

/** For a shell; absent when the target is none of HTTP's. */
export function requestOf(run: Run, task: Task): string | undefined {
  const urn = targetUrn(task.target);
  const url = URL.parse(urn);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const target: { readonly method?: string; readonly headers?: { readonly [name: string]: string } } =
    typeof task.target === "string" ? {} : task.target;
  const method = target.method ?? "POST";
  url.searchParams.set("time", String(Math.floor(Date.parse(run.instant) / 1_000)));
  const headers: readonly (readonly [string, string])[] = [
    ...Object.entries(target.headers ?? {}),
    ["idempotency-key", run.id],
    ["ce-specversion", "1.0"],
    ["ce-id", run.id],
    ["ce-source", `/tasks/${encodeURIComponent(task.id)}`],
    ["ce-type", "metronome.occurrence"],
    ["ce-time", run.instant],
  ];
  const hasBody = method !== "GET" && method !== "DELETE";
  return [
    `curl -X ${method} ${quoted(url.href)}`,
    ...hasBody ? ["-H 'content-type: application/json'"] : [],
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...hasBody ? [`-d ${quoted(JSON.stringify(task.payload))}`] : [],
  ].join(" \\\n  ");
}

/** A word of a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
