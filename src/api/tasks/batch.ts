// Many tasks in one request: a line of JSON for each, and a line of answer, in order, when it is durable. Reading,
// writing to the disk and answering overlap, and none runs further ahead of the others than its bound.

import type { Hono } from "hono";
import { isFaults, parseDefinition } from "../../core/task/definition.ts";
import { isObject } from "../../core/values/faults.ts";
import { taskGuid, type UserId } from "../../core/values/ids.ts";
import { whileHeld } from "../access/held.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { BODY_MAX_BYTES, decode, encoded, isOfType, parseJson, wrongType } from "../request/body.ts";
import { type Line, readLines } from "../request/lines.ts";
import { type Concern, readConcern } from "../request/prefer.ts";
import { faultsProblem, type Problem, problemOf, refusalProblem } from "../request/problem.ts";
import { newTaskId } from "../request/secret.ts";
import { putTask } from "./put.ts";

export const LINES_TYPE = "application/x-ndjson";

/** Lines on their way to the disk: some commits' worth at 20,000 a second, so that a slow sync does not stall the rest. */
const RUNNING_MAX = 1_024;
/** Bytes of those lines: each may be as large as a body. */
const RUNNING_MAX_BYTES = 8 * 1024 * 1024;
/**
 * Bytes of answers that wait to be fetched. Some clients send all before they read: this is room for 150,000 answers.
 * Beyond it we stop reading until the client does.
 */
const ANSWERS_MAX_BYTES = 8 * 1024 * 1024;
const FLUSH_MS = 1;
/** A client that sends nothing for so long has gone. */
const WAIT_MS = 60_000;

type LineAnswer =
  | { readonly line: number; readonly status: 200 | 201; readonly id: string }
  | { readonly line: number; readonly status: number; readonly problem: Problem };

export function addBatch(app: Hono<ApiEnv>, doors: Doors): void {
  app.post("/api/v1/tasks:batch", (c) => {
    const request = c.req.raw;
    if (!isOfType(request, [LINES_TYPE])) return wrongType([LINES_TYPE]);
    const coded = encoded(request);
    if (coded !== undefined) return coded;
    const concern = readConcern(request, doors.peer);
    if (concern instanceof Response) return concern;
    const { user } = c.env;
    const answers = request.body === null ? undefined : batch(doors, { user, concern }, request.body);
    return new Response(answers === undefined ? "" : whileHeld(answers, c.env.access, doors.gatekeeper), {
      headers: { "content-type": LINES_TYPE },
    });
  });
}

/** A line's place in the order of answers. */
type Slot = { answer?: LineAnswer };

type How = { readonly user: UserId; readonly concern: Concern | undefined };

function batch(doors: Doors, { user, concern }: How, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const stopped = new AbortController();
  const signal = AbortSignal.any([doors.closing, stopped.signal]);
  const slots: Slot[] = [];
  let runningBytes = 0;
  let flushing: ReturnType<typeof setTimeout> | undefined;
  let onRoom: (() => void) | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      void run(controller);
    },
    pull() {
      onRoom?.();
    },
    cancel() {
      stopped.abort();
      onRoom?.();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: ANSWERS_MAX_BYTES }));

  async function run(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      let number = 0;
      for await (const line of readLines(body, { lineMaxBytes: BODY_MAX_BYTES, waitMs: WAIT_MS, signal })) {
        number++;
        if (isEmpty(line)) continue;
        const bytes = line.kind === "line" ? line.bytes.length : 0;
        while (isFull(controller, bytes) && !signal.aborted) await room();
        if (signal.aborted) break;
        const slot: Slot = {};
        slots.push(slot);
        runningBytes += bytes;
        void answer(line, number).then((answered) => {
          slot.answer = answered;
          runningBytes -= bytes;
          // Those of one commit come one after the other: they go out as one chunk.
          if (slots[0] === slot) flushing ??= setTimeout(flush, FLUSH_MS, controller);
        });
      }
      while (slots.length > 0 && !stopped.signal.aborted) await room();
      if (!stopped.signal.aborted) controller.close();
    } catch (error) {
      if (!stopped.signal.aborted) controller.error(error);
    }
  }

  function isFull(controller: ReadableStreamDefaultController<Uint8Array>, bytes: number): boolean {
    if (slots.length === 0) return (controller.desiredSize ?? 0) <= 0;
    return slots.length >= RUNNING_MAX || runningBytes + bytes > RUNNING_MAX_BYTES ||
      (controller.desiredSize ?? 0) <= 0;
  }

  function room(): Promise<void> {
    return new Promise((resolve) => onRoom = resolve);
  }

  /** Hands out the answers that are ready, up to the first that is not. */
  function flush(controller: ReadableStreamDefaultController<Uint8Array>): void {
    flushing = undefined;
    let text = "";
    let ready = 0;
    for (const { answer } of slots) {
      if (answer === undefined) break;
      text += JSON.stringify(answer) + "\n";
      ready++;
    }
    slots.splice(0, ready);
    if (!stopped.signal.aborted) controller.enqueue(encoder.encode(text));
    onRoom?.();
  }

  async function answer(line: Line, number: number): Promise<LineAnswer> {
    const refused = (problem: Problem): LineAnswer => ({ line: number, status: problem.status, problem });
    if (line.kind === "too long") return refused(problemOf(413, `A line has at most ${BODY_MAX_BYTES} bytes.`));
    if (line.kind === "broken") {
      const late = `Nothing came for ${WAIT_MS / 1000} s; this line and those behind it were not read.`;
      return refused(
        line.why === "late" ? problemOf(408, late) : problemOf(400, "The body ended before it was whole."),
      );
    }
    const text = decode(line.bytes);
    if (text === undefined) return refused(problemOf(400, "The line is not UTF-8."));
    const value = parseJson(text, "line");
    if (value.kind === "problem") return refused(value.problem);
    const hasId = isObject(value.json) && value.json.id !== undefined;
    const parsed = parseDefinition(value.json, hasId ? {} : { id: newTaskId() });
    if (isFaults(parsed)) return refused(faultsProblem(parsed));
    try {
      const result = await putTask({ ...doors, user }, parsed, { mode: "put" });
      switch (result.kind) {
        case "task": {
          const { id } = parsed.definition;
          const unmet = await concern?.unmet([{ kind: "task", key: taskGuid(user, id) }]);
          return unmet === undefined ? { line: number, status: result.created ? 201 : 200, id } : refused(unmet);
        }
        case "refused":
          return refused(refusalProblem(result));
        case "removed":
        case "run":
        case "redriven":
        case "dismissed":
        case "cancelled":
        case "written":
          throw new Error(`a put was answered with ${result.kind}`);
      }
    } catch (error) {
      doors.log("error", "a line of a batch failed", { error: String(error) });
      return refused(problemOf(500, "Something broke here; it is in the log."));
    }
  }
}

function isEmpty(line: Line): boolean {
  return line.kind === "line" && line.bytes.every((byte) => byte === 32 || byte === 9 || byte === 13);
}
