// The task that a person is writing: the texts, what is wrong with them, and whose task it was. It outlives the page, so
// that nothing typed is lost when the session ends, the peer goes away or the page is loaded anew.

import { computed, signal } from "@preact/signals";
import { type Answer, ask, failureProblems, failureText, type FieldProblem } from "../api.ts";
import { isFaults, type Json, jsonIn, type Texts } from "../parts/fields.ts";
import type { Task } from "../views.ts";
import { definitionOf, FIELDS, textsOf } from "./fields.ts";

export type Draft = {
  /** The task that is edited; "" for a new one. */
  readonly id: string;
  /** The task that it began as a copy of; "" for none. */
  readonly copyOf: string;
  readonly texts: Texts;
  /** What the form shows no field for. */
  readonly rest: Json;
  /** What the task was when it was read. */
  readonly before: Json | undefined;
  readonly etag: string | undefined;
  readonly isPaused: boolean;
  /** The whole as JSON, while that is written by hand. */
  readonly raw: string | undefined;
};

const NEW: Draft = {
  ...{ id: "", copyOf: "", texts: {}, rest: {}, isPaused: false },
  ...{ before: undefined, etag: undefined, raw: undefined },
};

const STORAGE_KEY = "metronome.draft";

export const draft = signal<Draft>(kept() ?? NEW);
export const isSending = signal(false);
/** What the peer, or reading the JSON, found wrong when the task was sent. */
export const refused = signal<readonly FieldProblem[]>([]);
/** Somebody else changed the task meanwhile: what it is now. */
export const theirs = signal<{ readonly task: Task; readonly etag: string | undefined } | undefined>(undefined);

export const isTouched = computed(() => JSON.stringify(draft.value.texts) !== textsBefore(draft.value));

/** The definition as far as it can be read while it is being written. */
export const written = computed((): Json | undefined => {
  const { texts, rest, raw } = draft.value;
  const definition = raw === undefined ? definitionOf(texts, rest) : jsonIn(raw, "raw", []);
  return typeof definition !== "object" || definition === null || Array.isArray(definition)
    ? undefined
    : definition as Json;
});

export function text(path: string): string {
  return draft.value.texts[path] ?? "";
}

export function write(path: string, value: string): void {
  set({ ...draft.peek(), texts: { ...draft.peek().texts, [path]: value } });
  refused.value = refused.peek().filter(({ field }) => fieldOf(field) !== path);
}

export function writeRaw(value: string | undefined): void {
  set({ ...draft.peek(), raw: value });
  refused.value = [];
}

export function writePaused(isPaused: boolean): void {
  set({ ...draft.peek(), isPaused });
}

/** Shows the whole as JSON, or takes the fields from it again. */
export function toggleRaw(): void {
  const { raw, texts, rest } = draft.peek();
  refused.value = [];
  if (raw === undefined) {
    const definition = definitionOf(texts, rest);
    if (isFaults(definition)) refused.value = definition;
    else set({ ...draft.peek(), raw: JSON.stringify(definition, null, 2) });
    return;
  }
  const faults: FieldProblem[] = [];
  const definition = jsonIn(raw, "raw", faults);
  if (faults.length > 0 || typeof definition !== "object" || definition === null) {
    refused.value = faults.length > 0 ? faults : [{ field: "raw", message: "A task is a JSON object." }];
  } else set({ ...draft.peek(), ...textsOf(definition as Json), raw: undefined });
}

export function begin(task?: Task, etag?: string): void {
  refused.value = [];
  theirs.value = undefined;
  if (task === undefined) return set(NEW);
  const before = definitionIn(task);
  set({ ...NEW, id: task.id, ...textsOf(before), before, etag });
}

/** A new task that says the same as this one. */
export function beginCopy(task: Task): void {
  const { texts, rest } = textsOf(definitionIn(task));
  refused.value = [];
  set({ ...NEW, copyOf: task.id, texts: { ...texts, id: "", name: `${task.name} (copy)` }, rest });
}

/** The definition that is sent; absent when the texts make none, which is then said at the fields. */
function compose(): Json | undefined {
  const { texts, rest, raw, isPaused } = draft.peek();
  const faults: FieldProblem[] = [];
  const definition = raw === undefined ? definitionOf(texts, rest) : jsonIn(raw, "raw", faults) as Json;
  if (isFaults(definition) || faults.length > 0) {
    refused.value = isFaults(definition) ? definition : faults;
    return undefined;
  }
  return isPaused ? { ...definition, state: { paused: true } } : definition;
}

/** Sends it; the task when it is made or changed. */
export async function send(): Promise<Task | undefined> {
  const body = compose();
  if (body === undefined || isSending.peek()) return undefined;
  const { id, etag } = draft.peek();
  isSending.value = true;
  const answer = id === "" ? await add(body) : await ask<Task>("PUT", `/tasks/${encodeURIComponent(id)}`, {
    body,
    ...(etag === undefined ? {} : { headers: { "if-match": etag } }),
  });
  isSending.value = false;
  if (answer.kind === "done") {
    begin();
    return answer.value;
  }
  if (answer.kind === "problem" && answer.problem.status === 412) await showTheirs(id);
  else {
    refused.value = answer.kind === "problem" && answer.problem.status === 409
      ? [{ field: "id", message: answer.problem.detail }]
      : failureProblems(answer);
  }
  return undefined;
}

/** Who gives a name and no id finds it by its name among the runs and the letters too, unless another has that id. */
async function add(body: Json): Promise<Answer<Task>> {
  const own = typeof body.name === "string" && body.id === undefined ? idOf(body.name) : "";
  const answer = own === "" ? undefined : await post({ ...body, id: own });
  const isTaken = answer?.kind === "problem" && answer.problem.status === 409;
  return answer === undefined || isTaken ? await post(body) : answer;
}

function post(body: Json): Promise<Answer<Task>> {
  return ask<Task>("POST", "/tasks", { body, headers: { "idempotency-key": onceKey(JSON.stringify(body)) } });
}

/** `Water the plants` is `water-the-plants`. */
function idOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "").slice(0, OWN_ID_MAX);
}

/** Characters: a half of what an id may have, in letters of any script. */
const OWN_ID_MAX = 64;

async function showTheirs(id: string): Promise<void> {
  const answer = await ask<Task>("GET", `/tasks/${encodeURIComponent(id)}`);
  if (answer.kind === "done") theirs.value = { task: answer.value, etag: answer.etag };
  else refused.value = [{ field: "", message: failureText(answer) }];
}

/** Goes on from what it is now: the own texts stay, and are sent over it. */
export function keepMine(): void {
  const now = theirs.peek();
  if (now === undefined) return;
  set({ ...draft.peek(), etag: now.etag, before: definitionIn(now.task) });
  theirs.value = undefined;
}

export function problemOf(path: string): FieldProblem | undefined {
  return refused.value.find(({ field }) => fieldOf(field) === path);
}

/** What is wrong, but with no field of the form. */
export const otherProblems = computed(() => refused.value.filter(({ field }) => fieldOf(field) === undefined));

/** The part of a task that its user writes. */
export function definitionIn(task: Task): Json {
  const { id, name, schedule, target, payload, template, policy, labels } = task;
  return { id, name, schedule, target, payload, ...(template === undefined ? {} : { template }), policy, labels };
}

/** `schedule.cron` is at the schedule, `target` at its URN. */
function fieldOf(field: string): string | undefined {
  if (field === "raw") return "raw";
  if (/^target(\.(name|path))?$/.test(field)) return "target.urn";
  return Object.keys(FIELDS).find((path) => field === path || field.startsWith(`${path}.`));
}

function textsBefore({ before }: Draft): string {
  return JSON.stringify(before === undefined ? {} : textsOf(before).texts);
}

function set(next: Draft): void {
  draft.value = next;
  try {
    if (next === NEW) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  } catch {
    // Storage is denied or full: the draft lasts as long as the page.
  }
}

function kept(): Draft | undefined {
  try {
    const text = sessionStorage.getItem(STORAGE_KEY);
    return text === null ? undefined : { ...NEW, ...JSON.parse(text) as Draft };
  } catch {
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
