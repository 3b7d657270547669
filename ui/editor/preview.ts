// What the peer says of the schedule that is being written.

import { computed, effect, signal } from "@preact/signals";
import { ask, type FieldProblem, fieldProblems } from "../api.ts";
import { connection } from "../live.ts";
import { jsonIn } from "../parts/fields.ts";
import { browserZone, zoneChoice } from "../settings.ts";
import type { Preview } from "../views.ts";
import { draft, written } from "./draft.ts";

export type PreviewState =
  | { readonly kind: "none" }
  /** `isOld`: the text has changed since, and the answer to it is on its way. */
  | { readonly kind: "shown"; readonly preview: Preview; readonly isOld: boolean }
  | { readonly kind: "wrong"; readonly problem: FieldProblem };

export const preview = signal<PreviewState>({ kind: "none" });

const PREVIEW_COUNT = 10;
/** A pause in typing. */
const PREVIEW_AFTER_MS = 200;

/** In the form, or in the whole as JSON. */
const scheduleText = computed(() => {
  if (draft.value.raw === undefined) return (draft.value.texts.schedule ?? "").trim();
  const schedule = written.value?.schedule;
  return schedule === undefined ? "" : typeof schedule === "string" ? schedule.trim() : JSON.stringify(schedule);
});

/** Begins; the answer ends it. */
export function keepPreview(): () => void {
  return effect(() => {
    const text = scheduleText.value;
    const zone = { task: undefined, browser: browserZone, UTC: "UTC" }[zoneChoice.value];
    const isLost = connection.value.kind === "lost";
    const before = preview.peek();
    if (text === "") {
      preview.value = { kind: "none" };
      return;
    }
    if (before.kind === "shown") preview.value = { ...before, isOld: true };
    if (isLost) return;
    const asking = new AbortController();
    // Of a schedule that was there before anybody typed, at once.
    const pauseMs = before.kind === "none" ? 0 : PREVIEW_AFTER_MS;
    const timer = setTimeout(() => void askPreview(text, zone, asking.signal), pauseMs);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  });
}

async function askPreview(text: string, zone: string | undefined, signal: AbortSignal): Promise<void> {
  const faults: FieldProblem[] = [];
  const schedule = text.startsWith("{") ? jsonIn(text, "schedule", faults) : text;
  const [fault] = faults;
  if (fault !== undefined) {
    preview.value = { kind: "wrong", problem: fault };
    return;
  }
  const body = { schedule, count: PREVIEW_COUNT, ...(zone === undefined ? {} : { zone }) };
  const answer = await ask<Preview>("POST", "/schedules/preview", { body, signal });
  if (signal.aborted) return;
  if (answer.kind === "done") preview.value = { kind: "shown", preview: answer.value, isOld: false };
  else if (answer.kind === "problem") {
    const [first = { field: "schedule", message: answer.problem.detail }] = fieldProblems(answer.problem);
    preview.value = { kind: "wrong", problem: first };
  }
}
