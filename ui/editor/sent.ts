// What the peer would send by the template that is being written.

import { computed, effect, signal } from "@preact/signals";
import { ask, type FieldProblem, fieldProblems } from "../api.ts";
import { connection } from "../live.ts";
import { draft, written } from "./draft.ts";
import { preview } from "./preview.ts";

export type Sent =
  | { readonly kind: "none" }
  | { readonly kind: "shown"; readonly payload: unknown; readonly target?: unknown }
  | { readonly kind: "wrong"; readonly problem: FieldProblem };

export const sent = signal<Sent>({ kind: "none" });

/** A pause in typing. */
const ASK_AFTER_MS = 200;

/** As a text: it is asked anew only when it is another. */
const question = computed(() => {
  const definition = written.value;
  if (definition?.template !== true) return "";
  const { payload, target, id, name } = definition;
  const next = preview.value.kind === "shown" ? preview.value.preview.next[0] : undefined;
  return JSON.stringify({ payload, target, id: id ?? (draft.value.id || undefined), name, instant: next });
});

/** Begins; the answer ends it. */
export function keepSent(): () => void {
  return effect(() => {
    const body = question.value;
    if (body === "") {
      sent.value = { kind: "none" };
      return;
    }
    if (connection.value.kind === "lost") return;
    const asking = new AbortController();
    const timer = setTimeout(() => void askSent(body, asking.signal), ASK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  });
}

async function askSent(body: string, signal: AbortSignal): Promise<void> {
  const answer = await ask<{ payload: unknown; target?: unknown }>("POST", "/templates/preview", {
    body: JSON.parse(body),
    signal,
  });
  if (signal.aborted) return;
  if (answer.kind === "done") sent.value = { kind: "shown", ...answer.value };
  else if (answer.kind === "problem") {
    const [first = { field: "payload", message: answer.problem.detail }] = fieldProblems(answer.problem);
    sent.value = { kind: "wrong", problem: first };
  }
}
