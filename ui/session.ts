// Who is signed in. The session itself is a cookie that no script can read; this is what the page knows of it.

import { signal } from "@preact/signals";
import { type Answer, ask, whenRefused } from "./api.ts";
import { connect, disconnect, listen } from "./live.ts";
import { self } from "./router.ts";
import { lastSession } from "./settings.ts";
import type { SessionView } from "./views.ts";

export type Session =
  | { readonly kind: "unknown"; readonly isUnreachable: boolean }
  /** `why`: what to tell a person who did not sign out by themselves. */
  | { readonly kind: "out"; readonly why?: string }
  | { readonly kind: "in"; readonly name: string; readonly peer: { readonly id: string; readonly name: string } };

export const session = signal<Session>({ kind: "unknown", isUnreachable: false });

const AGAIN_MS = 1_000;

/** Uses up the one-time code of a first start's address, if there is one, and finds out who is signed in. */
export async function startSession(): Promise<void> {
  whenRefused(() => end({ kind: "out", why: OVER }));
  listen({ hello: enter });
  globalThis.addEventListener("hashchange", () => void redeem());
  if (await redeem()) return;
  if (lastSession.peek() === "in") begin();
  else await look();
}

/** Absent when it went well, else what to say. */
export async function signIn(
  shown: { readonly token: string } | { readonly name: string; readonly password: string },
): Promise<string | undefined> {
  const answer = await ask<undefined>("POST", "/auth/session", { body: shown });
  if (answer.kind === "done") {
    begin();
    return undefined;
  }
  return answer.kind === "problem" ? answer.problem.detail : UNREACHABLE;
}

export async function signOut(): Promise<Answer<undefined>> {
  const answer = await ask<undefined>("DELETE", "/auth/session");
  if (answer.kind === "done") end({ kind: "out" });
  return answer;
}

/** Asks the peer who is signed in, until there is an answer. */
export async function look(): Promise<void> {
  const answer = await ask<SessionView>("GET", "/auth/session");
  if (answer.kind === "done") {
    enter(answer.value);
    connect(look);
  } else if (answer.kind === "problem" && answer.problem.status === 401) {
    end(session.value.kind === "in" ? { kind: "out", why: OVER } : { kind: "out" });
  } else {
    // A peer that is starting or stopping is as good as absent.
    if (session.value.kind === "unknown") session.value = { kind: "unknown", isUnreachable: true };
    setTimeout(() => void look(), AGAIN_MS);
  }
}

const OVER = "The session is over. Sign in to go on; what you typed is kept.";
const UNREACHABLE = "The peer can't be reached. Is it running?";

/** Whether the address held a code that opened a session. */
async function redeem(): Promise<boolean> {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code === null) return false;
  const answer = await ask<undefined>("POST", "/auth/session", { body: { code } });
  history.replaceState(history.state, "", location.pathname + location.search);
  if (answer.kind === "done") {
    begin();
    return true;
  }
  if (session.value.kind === "in") return true;
  const why = answer.kind === "problem"
    ? `${answer.problem.detail} A link signs in once, soon after it was printed.`
    : UNREACHABLE;
  await look();
  if (session.peek().kind === "out") session.value = { kind: "out", why };
  return true;
}

/** Whose session it is, the stream says. */
function begin(): void {
  disconnect();
  connect(look);
}

function enter({ user, name, peer }: SessionView): void {
  lastSession.value = "in";
  self.value = user;
  session.value = { kind: "in", name, peer };
}

function end(now: Session): void {
  lastSession.value = "out";
  disconnect();
  session.value = now;
}
