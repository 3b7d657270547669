// The API of another peer, through the mesh: `/api/v1/peers/:id/api/v1/…` at any peer, also of one whose HTTP port can't
// be reached from here. Who asks is known to the peer that is asked first, which says so with what it passes on. It is carried out
// once: nothing is tried again, and nothing that was passed on is passed on further.

import type { Context, Hono } from "hono";
import { ForwardFailure } from "../../peer.ts";
import type { Access } from "../access/access.ts";
import { whileHeld } from "../access/held.ts";
import { sayFor } from "../access/on-behalf.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { waitMsOf } from "../request/prefer.ts";
import { problem } from "../request/problem.ts";

/** From the last piece of the request that was sent to the first of the answer, beside what it is to wait for others. */
export const ANSWER_MS = 15_000;

export const FORWARD_PATH = "/api/v1/peers/:id/api/v1/*";

/** As it was sent: what is encoded in it stays so, and another text than this is no way through. */
const PATH_PATTERN = /^\/api\/v1\/peers\/([^/]+)(\/api\/v1\/.+)$/;

export function addForward(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer, here } = doors;

  const forward = async (c: Context<ApiEnv>): Promise<Response> => {
    const { path, url, access, remote, isSecure, isForwarded } = c.env;
    const [, id, rest] = PATH_PATTERN.exec(path) ?? [];
    if (id === undefined || rest === undefined) return await c.notFound();
    if (isForwarded === true) {
      return problem(508, "This has come through the mesh already, and is not sent on. Ask the peer itself.", {
        suggestion: path,
      });
    }
    const found = peer.mesh().peers.find((each) => each.peer === id);
    if (found === undefined) {
      return problem(404, `There is no peer with the id ${id} in this mesh.`, {
        field: "id",
        suggestion: "/api/v1/mesh",
      });
    }
    const target = new URL(rest + url.search, url.origin);
    if (id !== peer.id) return await pass(doors, { id, name: found.name }, target, c.req.raw, access);
    return await here(rewritten(c.req.raw, target, c.req.raw.body), {
      ...{
        url: target,
        path: target.pathname,
        access,
        user: access.user,
        isEveryone: false,
        isSecure,
        isForwarded: true,
      },
      ...(remote === undefined ? {} : { remote }),
    });
  };

  app.get(FORWARD_PATH, forward);
  app.post(FORWARD_PATH, forward);
  app.put(FORWARD_PATH, forward);
  app.patch(FORWARD_PATH, forward);
  app.delete(FORWARD_PATH, forward);
}

export type Named = { readonly id: string; readonly name: string };

/** Asks that peer, in the name of who asks here. */
export async function pass(
  { mesh, gatekeeper, closing }: Pick<Doors, "mesh" | "gatekeeper" | "closing">,
  to: Named,
  target: URL,
  request: Request,
  access: Access,
): Promise<Response> {
  const late = new AbortController();
  const patienceMs = ANSWER_MS + waitMsOf(request.headers);
  let isAnswered = false;
  let timer = setTimeout(() => late.abort(), patienceMs);
  const body = request.body === null ? null : request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        clearTimeout(timer);
        if (!isAnswered) timer = setTimeout(() => late.abort(), patienceMs);
        controller.enqueue(piece);
      },
    }),
  );
  let answer: Response;
  try {
    const signal = AbortSignal.any([late.signal, request.signal, closing]);
    const passed = rewritten(request, target, body);
    sayFor(passed.headers, access);
    answer = await mesh.forward(to.id, passed, signal);
  } catch (error) {
    if (!(error instanceof ForwardFailure)) throw error;
    return late.signal.aborted ? tooLate(to, patienceMs) : unreachable(to, error.message);
  } finally {
    isAnswered = true;
    clearTimeout(timer);
  }
  if (answer.status === 431 && answer.body === null) {
    return problem(431, "The request's head is too long to be sent on.");
  }
  if (answer.body === null) return answer;
  return new Response(whileHeld(answer.body, access, gatekeeper), {
    status: answer.status,
    headers: headersOf(answer),
  });
}

/** A client that was refused for the length or the slowness of its body still sends it: its connection ends. */
function headersOf({ status, headers }: Response): Headers {
  if (status === 408 || status === 413) headers.set("connection", "close");
  return headers;
}

function unreachable({ id, name }: Named, reason: string): Response {
  return problem(
    502,
    `The peer ${name} (${id}) can't be reached from here: ${reason}. See that it runs, and that one of its addresses ` +
      "can be reached; links are made again by themselves.",
    { suggestion: "/api/v1/mesh", headers: { "retry-after": "1" } },
  );
}

function tooLate({ id, name }: Named, afterMs: number): Response {
  return problem(
    504,
    `The peer ${name} (${id}) has not answered for ${afterMs / 1000} s. It may have done what it was asked for, or ` +
      "do it yet: look before you ask again.",
    { suggestion: "/api/v1/mesh" },
  );
}

function rewritten({ method, headers }: Request, target: URL, body: ReadableStream<Uint8Array> | null): Request {
  const init: RequestInit & { readonly duplex: "half" } = {
    method,
    headers,
    ...(body === null ? {} : { body }),
    duplex: "half",
  };
  return new Request(target, init);
}
