// A problem is how the API says no: RFC 9457, naming the field, what was expected, and the way out.

import type { Refusal } from "../../core/protocol/command.ts";
import type { Fault } from "../../core/values/fault.ts";
import type { Headers } from "./answer.ts";

export type Problem = {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly field?: string;
  readonly position?: number;
  readonly suggestion?: string;
  /** All faults of the request, when it has more than one. */
  readonly errors?: readonly {
    readonly field: string;
    readonly message: string;
    readonly position?: number;
    readonly suggestion?: string;
  }[];
};

/** Where in the request it lies. */
export type Place = { readonly field?: string; readonly position?: number; readonly suggestion?: string };

export function problem(status: number, detail: string, more: Place & { readonly headers?: Headers } = {}): Response {
  const { headers, ...place } = more;
  return problemResponse(problemOf(status, detail, place), headers);
}

export function problemOf(status: number, detail: string, place: Place = {}): Problem {
  return { type: "about:blank", title: TITLES[status] ?? "Error", status, detail, ...place };
}

export function problemResponse(body: Problem, headers: Headers = {}): Response {
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** What the faults say, led by the first. */
export function faultsProblem(faults: readonly Fault[], status = 422): Problem {
  const first = faults[0];
  if (first === undefined) throw new Error("a problem was made of no fault");
  const { kind: _, field, message, ...where } = first;
  return {
    ...problemOf(status, message, { ...(field === "" ? {} : { field }), ...where }),
    ...(faults.length === 1 ? {} : { errors: faults.map(({ kind: _, ...error }) => error) }),
  };
}

export function faultsResponse(faults: readonly Fault[], status = 422): Response {
  return problemResponse(faultsProblem(faults, status));
}

/** `Retry-After` of what is over soon by itself. */
const RETRY_AFTER_S = 1;

export function refusalProblem(refusal: Refusal): Problem {
  if (refusal.why === "invalid") return faultsProblem([refusal.fault]);
  const status = statusOf(refusal.why);
  const detail = refusal.why === "unwritable"
    ? `${sentence(refusal.message)} Nothing was changed.`
    : sentence(refusal.message);
  return problemOf(status, detail, refusal.why === "changed" ? { field: "If-Match" } : {});
}

export function refusalResponse(refusal: Refusal): Response {
  const body = refusalProblem(refusal);
  return problemResponse(body, body.status === 503 ? { "retry-after": String(RETRY_AFTER_S) } : {});
}

function statusOf(why: Exclude<Refusal["why"], "invalid">): number {
  switch (why) {
    case "not-found":
      return 404;
    case "exists":
    case "conflict":
      return 409;
    case "changed":
      return 412;
    case "unwritable":
      return 507;
    case "busy":
    case "unhealthy":
      return 503;
  }
}

const TITLES: { readonly [status: number]: string } = {
  400: "Bad request",
  401: "Not signed in",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  409: "Conflict",
  412: "Precondition failed",
  413: "Content too large",
  415: "Unsupported media type",
  421: "Misdirected request",
  422: "Invalid content",
  429: "Too many requests",
  431: "Headers too large",
  500: "Internal error",
  502: "Bad gateway",
  503: "Unavailable",
  504: "Gateway timeout",
  507: "Insufficient storage",
  508: "Loop detected",
};

function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
