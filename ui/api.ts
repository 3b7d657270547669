// The peer's REST API, as the page asks it: an answer, a problem, or nobody there. Never an exception.

import { hearDate } from "./clock.ts";

/** RFC 9457, as the peer writes it. */
export type Problem = {
  readonly status: number;
  readonly detail: string;
  readonly field?: string;
  readonly position?: number;
  readonly suggestion?: string;
  readonly errors?: readonly FieldProblem[];
};

export type FieldProblem = {
  readonly field: string;
  readonly message: string;
  readonly position?: number;
  readonly suggestion?: string;
};

export type Answer<T> =
  | { readonly kind: "done"; readonly value: T; readonly etag?: string }
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "unreachable" }
  /** Its signal was aborted: whoever asked does not want to know any more. */
  | { readonly kind: "aborted" };

export type Question = {
  readonly body?: unknown;
  readonly query?: { readonly [name: string]: string | number | undefined };
  readonly headers?: { readonly [name: string]: string };
  readonly signal?: AbortSignal;
};

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How long an answer may take; a peer on the same machine needs a hundredth of it. */
const ANSWER_MS = 15_000;

let refused: () => void = () => {};

/** What to do when the peer says that nobody is signed in (any more). */
export function whenRefused(act: () => void): void {
  refused = act;
}

/** `path` is below /api/v1 and already encoded. */
export async function ask<T>(method: Method, path: string, question: Question = {}): Promise<Answer<T>> {
  const { body, query = {}, headers = {}, signal } = question;
  const timeout = AbortSignal.timeout(ANSWER_MS);
  const sentAt = Date.now();
  try {
    const response = await fetch(`/api/v1${path}${queryText({ ...query, ...whose(path) })}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    hearDate(response.headers.get("date"), sentAt, Date.now());
    const value: unknown = response.status === 204 ? undefined : await response.json();
    // The page and the peer are of one build, so what it answers has the shape that it describes.
    if (response.ok) {
      const etag = response.headers.get("etag");
      return { kind: "done", value: value as T, ...(etag === null ? {} : { etag }) };
    }
    if (response.status === 401 && path !== "/auth/session") refused();
    return { kind: "problem", problem: problemOf(value, response.status) };
  } catch {
    return signal?.aborted ? { kind: "aborted" } : { kind: "unreachable" };
  }
}

/** All that a problem says, each at its field; what has no field is at "". */
export function fieldProblems(problem: Problem): readonly FieldProblem[] {
  if (problem.errors !== undefined) return problem.errors;
  const { field = "", detail, position, suggestion } = problem;
  return [{
    field,
    message: detail,
    ...(position === undefined ? {} : { position }),
    ...(suggestion === undefined ? {} : { suggestion }),
  }];
}

/** In words, for whoever acted: what is not done and why. */
export function failureText(answer: Exclude<Answer<unknown>, { kind: "done" }>): string {
  return answer.kind === "problem"
    ? answer.problem.detail
    : `The peer at ${location.host} can't be reached. Whether it heard this is seen when it is back.`;
}

/** What a form shows of an answer that is not what was wanted: each at its field, what has none at "". */
export function failureProblems(answer: Exclude<Answer<unknown>, { kind: "done" }>): readonly FieldProblem[] {
  return answer.kind === "problem" ? fieldProblems(answer.problem) : [{ field: "", message: failureText(answer) }];
}

/** On the page of another user's task, which its address says, all that is asked of a task is asked of theirs. */
function whose(path: string): { readonly user?: string } {
  const user = /^\/(tasks|runs)\//.test(path) ? new URLSearchParams(location.search).get("user") : null;
  return user === null ? {} : { user };
}

function queryText(query: { readonly [name: string]: string | number | undefined }): string {
  const sent = Object.entries(query).flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)]]);
  return sent.length === 0 ? "" : `?${new URLSearchParams(sent)}`;
}

function problemOf(value: unknown, status: number): Problem {
  const isProblem = typeof value === "object" && value !== null && "detail" in value &&
    typeof value.detail === "string";
  return isProblem ? value as Problem : { status, detail: `The peer answered with status ${status}.` };
}
