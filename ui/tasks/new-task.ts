// The task that a person is writing: the texts, what is wrong with them, and what the peer says of the schedule. It
// outlives the form, so that nothing typed is lost when the form closes, the session ends or the peer goes away.

import { computed, effect, signal } from "@preact/signals";
import { ask, failureText, type FieldProblem, fieldProblems } from "../api.ts";
import { peerNow } from "../clock.ts";
import { connection } from "../live.ts";
import { browserZone, zoneChoice } from "../settings.ts";
import type { Preview, Task } from "../views.ts";
import { show } from "./task-list.ts";

export const FIELDS = ["name", "id", "schedule", "target", "payload"] as const;
export type Field = typeof FIELDS[number];

export const isFormOpen = signal(false);
export const isSending = signal(false);
/** The task that this page added last. */
export const justAdded = signal("");
export const draft = {
  name: signal(""),
  id: signal(""),
  schedule: signal(""),
  target: signal(""),
  payload: signal(""),
};

/** What the peer, or reading the JSON, found wrong when the task was sent. */
const refused = signal<readonly FieldProblem[]>([]);

export type PreviewState =
  | { readonly kind: "none" }
  /** `isOld`: the text has changed since, and the answer to it is on its way. */
  | { readonly kind: "shown"; readonly preview: Preview; readonly isOld: boolean }
  | { readonly kind: "wrong"; readonly problem: FieldProblem };

export const preview = signal<PreviewState>({ kind: "none" });

const PREVIEW_COUNT = 5;
/** A pause in typing. */
const PREVIEW_AFTER_MS = 200;

/** What is wrong with one field, first of all while it is being written. */
export function problemOf(field: Field): FieldProblem | undefined {
  if (field === "schedule" && preview.value.kind === "wrong") return preview.value.problem;
  return refused.value.find((problem) => fieldOf(problem.field) === field);
}

/** What is wrong, but with no field of the form. */
export const otherProblems = computed(() => refused.value.filter(({ field }) => fieldOf(field) === undefined));

export function write(field: Field, text: string): void {
  draft[field].value = text;
  refused.value = refused.value.filter((problem) => fieldOf(problem.field) !== field);
}

/** A first task that works as it stands, but for its target, which a person starts with one line. */
export function writeExample(): void {
  write("name", "Hello");
  write("id", "hello");
  write("schedule", `R/${secondText(peerNow())}/PT5S/ET2S`);
  write("target", "http://127.0.0.1:9000/");
  write("payload", '{"say": "hello"}');
  isFormOpen.value = true;
}

/** `2026-11-24T10:07:05Z` */
export function secondText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Sends it; the task when it is made. */
export async function send(): Promise<Task | undefined> {
  const body = bodyOf();
  if (body === undefined || isSending.value) return undefined;
  isSending.value = true;
  const answer = await ask<Task>("POST", "/tasks", {
    body,
    headers: { "idempotency-key": onceKey(JSON.stringify(body)) },
  });
  isSending.value = false;
  if (answer.kind === "done") {
    for (const field of FIELDS) write(field, "");
    refused.value = [];
    show(answer.value);
    return answer.value;
  }
  refused.value = answer.kind === "problem"
    ? answer.problem.status === 409 ? [{ field: "id", message: answer.problem.detail }] : fieldProblems(answer.problem)
    : [{ field: "", message: failureText(answer) }];
  return undefined;
}

/** `schedule.cron` is at the schedule. */
function fieldOf(path: string): Field | undefined {
  return FIELDS.find((field) => path === field || path.startsWith(`${field}.`));
}

function bodyOf(): { readonly [field: string]: unknown } | undefined {
  const problems: FieldProblem[] = [];
  const payload = jsonOf("payload", draft.payload.value.trim() || "null", problems);
  const schedule = scheduleOf(problems);
  refused.value = problems;
  if (problems.length > 0) return undefined;
  const name = draft.name.value.trim();
  const id = draft.id.value.trim();
  const target = draft.target.value.trim();
  return {
    ...(id === "" ? {} : { id }),
    ...(name === "" ? {} : { name }),
    ...(schedule === "" ? {} : { schedule }),
    ...(target === "" ? {} : { target }),
    payload,
  };
}

/** A schedule is a text, or an object written as JSON. */
function scheduleOf(problems: FieldProblem[]): unknown {
  const text = draft.schedule.value.trim();
  return text.startsWith("{") ? jsonOf("schedule", text, problems) : text;
}

function jsonOf(field: Field, text: string, problems: FieldProblem[]): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    const position = /position (\d+)/.exec(said)?.[1];
    problems.push({
      field,
      message: `This is no JSON${
        said === "" ? "" : `: ${said.replace(/ in JSON.*$/, "")}`
      }. Texts stand in double quotes.`,
      ...(position === undefined ? {} : { position: Number(position) }),
    });
    return undefined;
  }
}

let sentBody = "";
let sentKey = "";

/** The same key for the same task, so that one sent again after a lost answer is made once. */
function onceKey(body: string): string {
  if (body !== sentBody) {
    sentKey = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
  }
  sentBody = body;
  return sentKey;
}

effect(() => {
  const text = draft.schedule.value.trim();
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
  const timer = setTimeout(() => void askPreview(zone, asking.signal), PREVIEW_AFTER_MS);
  return () => {
    clearTimeout(timer);
    asking.abort();
  };
});

async function askPreview(zone: string | undefined, signal: AbortSignal): Promise<void> {
  const problems: FieldProblem[] = [];
  const schedule = scheduleOf(problems);
  const [problem] = problems;
  if (problem !== undefined) {
    preview.value = { kind: "wrong", problem };
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
