// The API of one peer, as the commands ask it: JSON in and out, streams, and every way of not being answered as one
// failure with its exit code.

import { randomUUID } from "node:crypto";
import { EXIT, Failure } from "./failure.ts";
import type { Parts } from "./parts.ts";
import { problemFailure } from "./problem.ts";
import { isObject, parseAnswer } from "./shapes.ts";
import type { Where } from "./where.ts";

export type Query = { readonly [name: string]: string | readonly string[] | undefined };

export type Client = {
  get(path: string, query?: Query): Promise<unknown>;
  /**
   * Undefined when the answer is empty. With `isOnce` a broken connection is tried again: it is carried out once.
   */
  send(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    more?: { readonly isOnce?: boolean },
  ): Promise<unknown>;
  /** A body that is read as it comes. */
  stream(path: string): Promise<Bytes>;
  upload(path: string, type: string, bytes: Uint8Array): Promise<Bytes>;
};

export type Bytes = AsyncIterable<Uint8Array>;

/** A peer answers within milliseconds; one that is catching up after a sleep may take seconds. */
const WAIT_MS = 30_000;
/** Of an answer that says no. */
const PROBLEM_MAX_BYTES = 256 * 1024;

/**
 * `under`: where the API is below that of the peer, of another one that is asked through it. `replicas`: so many peers are
 * to have what is written.
 */
export function createClient(
  where: Where,
  { fetch, interrupted }: Pick<Parts, "fetch" | "interrupted">,
  { under = "", replicas }: { readonly under?: string; readonly replicas?: number | undefined } = {},
): Client {
  const { url, token } = where;
  const signal = interrupted();

  return {
    async get(path, query = {}) {
      return await answerOf(await ask("GET", path + search(query), query));
    },
    async send(method, path, body, { isOnce = false } = {}) {
      const headers: Record<string, string> = {
        ...prefer(replicas),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(isOnce ? { "idempotency-key": randomUUID() } : {}),
      };
      const more = { headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      try {
        return await answerOf(await ask(method, path, body, more));
      } catch (error) {
        const isLost = isOnce && error instanceof Failure && error.exitCode === EXIT.unreachable && !signal.aborted;
        if (!isLost) throw error;
        return await answerOf(await ask(method, path, body, more));
      }
    },
    async stream(path) {
      return bodyOf(await ask("GET", path, undefined));
    },
    async upload(path, type, bytes) {
      const headers = { "content-type": type, ...prefer(replicas) };
      // A copy of its own: what is read ahead is a piece of a larger buffer.
      return bodyOf(await ask("POST", path, undefined, { headers, body: new Uint8Array(bytes) }));
    },
  };

  /** An answer whose status is of success; whatever else comes is thrown. */
  async function ask(
    method: string,
    path: string,
    sent: unknown,
    more: { readonly headers?: Record<string, string>; readonly body?: string | Uint8Array<ArrayBuffer> } = {},
  ): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), WAIT_MS);
    let response: Response;
    try {
      response = await fetch(`${url}/api/v1/${under}${path}`, {
        method,
        redirect: "manual",
        signal: AbortSignal.any([signal, late.signal]),
        ...more,
        headers: { ...more.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      });
    } catch (error) {
      throw late.signal.aborted ? unreachable(`it has not answered for ${WAIT_MS / 1000} s`) : broken(error);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return response;
    throw await refusalOf(response, sent, path.split("?")[0] ?? "");
  }

  async function answerOf(response: Response): Promise<unknown> {
    let body: string;
    try {
      body = await response.text();
    } catch (error) {
      throw broken(error);
    }
    return body === "" ? undefined : parseAnswer(body);
  }

  async function* bodyOf({ body }: Response): Bytes {
    try {
      if (body !== null) yield* body;
    } catch (error) {
      throw broken(error);
    }
  }

  async function refusalOf(response: Response, sent: unknown, path: string): Promise<Failure> {
    const { status, headers } = response;
    const type = headers.get("content-type") ?? "";
    const text = await beginning(response);
    let problem: unknown;
    try {
      problem = type.startsWith("application/problem+json") ? JSON.parse(text) : undefined;
    } catch {
      problem = undefined;
    }
    if (!isObject(problem)) {
      return new Failure(EXIT.failed, `What answers at ${url} is no Metronome peer: it says HTTP ${status}.`);
    }
    return problemFailure(status, problem, sent, {
      path,
      hint: status === 401 && path !== SIGN_IN ? TOKEN_HINT : undefined,
    });
  }

  function broken(error: unknown): Failure {
    if (error instanceof Failure) return error;
    return signal.aborted ? new Failure(EXIT.failed, "Interrupted.") : unreachable(reasonOf(error));
  }

  function unreachable(reason: string): Failure {
    const way = where.folder === undefined
      ? "Check the URL, and that a peer runs there."
      : `This address is what the last peer left in ${where.folder}. Start it again with \`metronome start\`.`;
    return new Failure(EXIT.unreachable, `The peer at ${url} can't be reached: ${reason}.\n${way}`);
  }
}

/** Who signs in has a password in place of a token. */
const SIGN_IN = "auth/token";

const TOKEN_HINT =
  "Give a token with METRONOME_TOKEN, METRONOME_TOKEN_FILE or --token: `metronome token` on the peer's own machine makes one.";

function prefer(replicas: number | undefined): Record<string, string> {
  return replicas === undefined ? {} : { prefer: `replicas=${replicas}` };
}

function search(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of value === undefined ? [] : typeof value === "string" ? [value] : value) pairs.append(name, each);
  }
  return pairs.size === 0 ? "" : `?${pairs}`;
}

async function beginning({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > PROBLEM_MAX_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return text;
}

/** The two runtimes say the same in different words, one of them in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error
    ? `${error.cause.message} ${codeOf(error.cause)}`
    : "";
  const said = error instanceof Error ? `${error.message} ${cause}` : String(error);
  if (/refused/i.test(said)) return "nothing listens there";
  if (/ENOTFOUND|EAI_AGAIN|dns|lookup/i.test(said)) return "there is no host of that name";
  if (/certificate|self.signed|UNABLE_TO_VERIFY/i.test(said)) return "its certificate is not trusted here";
  if (/NotCapable|net access/i.test(said)) return "this program was started without the permission to connect there";
  if (/unreachable|ENETUNREACH|EHOSTUNREACH/i.test(said)) return "there is no way to that address";
  if (/blocked|bad port/i.test(said)) return "the port is one that HTTP is not spoken on (the Fetch standard, 2.9)";
  return "the connection broke";
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
