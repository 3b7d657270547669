// Who is the first of a mesh is not for one peer to say: it may have just joined, or was off, or is cut off, and has not
// heard of those who were before. So it asks the others, and takes it from most of the mesh, as two sides of a cut can't.

import { isObject } from "../../core/values/faults.ts";
import { ForwardFailure } from "../../peer.ts";
import { NOBODY } from "../access/access.ts";
import { sayFor } from "../access/on-behalf.ts";
import type { Doors } from "../doors.ts";
import { problem } from "../request/problem.ts";

/** A peer that lives answers within some milliseconds. */
const ANSWER_MS = 3_000;

export type First =
  | { readonly kind: "nobody-yet" | "has-users" }
  /** It can't be known now. */
  | { readonly kind: "unknown"; readonly response: Response };

type Answer = "nobody-yet" | "has-users" | "other-rules" | "silent";

/** Whether nobody has signed up anywhere in the mesh, where the first may. */
export async function askWhetherFirst(doors: Pick<Doors, "peer" | "mesh" | "closing">): Promise<First> {
  const { peer } = doors;
  const members = peer.mesh().peers.filter(({ state }) => state !== "left");
  const others = members.filter((each) => each.peer !== peer.id);
  const answers = await Promise.all(others.map((each) => ask(doors, each.peer)));
  if (answers.includes("has-users")) return { kind: "has-users" };
  const own = others.length === members.length ? 0 : 1;
  const heard = answers.filter((answer) => answer !== "silent").length + own;
  if (heard * 2 <= members.length) return { kind: "unknown", response: tooFew(heard, members.length) };
  return answers.includes("other-rules") ? { kind: "unknown", response: notHeardYet() } : { kind: "nobody-yet" };
}

async function ask({ mesh, closing }: Pick<Doors, "mesh" | "closing">, peer: string): Promise<Answer> {
  const request = new Request("http://peer/api/v1/auth");
  sayFor(request.headers, NOBODY);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  try {
    const answer = await mesh.forward(peer, request, AbortSignal.any([late.signal, closing]));
    const said: unknown = await answer.json();
    if (!isObject(said) || typeof said.canSignUp !== "boolean") return "silent";
    if (said.signUp !== "first") return "other-rules";
    return said.canSignUp ? "nobody-yet" : "has-users";
  } catch (error) {
    // Half an answer is none.
    if (error instanceof ForwardFailure || error instanceof SyntaxError || late.signal.aborted) return "silent";
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const WAY_OUT = "an admin makes users without that, with `metronome user add` on a peer's own machine";

function tooFew(heard: number, members: number): Response {
  return problem(
    503,
    `The first to sign up is an admin of the whole mesh, and only ${heard} of its ${members} peers can say now whether it ` +
      `has users already. Try again when most of them can be reached; ${WAY_OUT}.`,
    { field: "name", suggestion: "/api/v1/mesh", headers: { "retry-after": "5" } },
  );
}

function notHeardYet(): Response {
  return problem(503, `This peer has not heard yet who may sign up in its mesh. Try again in a moment; ${WAY_OUT}.`, {
    field: "name",
    headers: { "retry-after": "1" },
  });
}
