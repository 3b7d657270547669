// The routes of dead letters: runs that were given up, by target and error, and the ways to drive them again and to dismiss them.

import type { Context, Hono } from "hono";
import { isOccurrenceId, type OccurrenceId } from "../../core/task/occurrence.ts";
import type { Run } from "../../core/task/run.ts";
import { TASK_ID_MAX } from "../../core/task/task.ts";
import { canonicalId } from "../../core/values/canonical.ts";
import { Faults, kindOf, number, text } from "../../core/values/faults.ts";
import { formatInstant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { cursor, readQuery, sealCursor, whole, word } from "../request/query.ts";
import { PAGE, PAGE_MAX } from "../tasks/tasks.ts";
import { runView } from "../tasks/view.ts";
import { dismissAll, drive, drivenView, perSecondIn, refusalsView } from "./drive.ts";

/** Letters that one request drives again or dismisses. */
export const LETTERS_MAX = 10_000;
/** Ids that are named one by one. */
export const IDS_MAX = 500;
export const TARGET_MAX = 2_048;
export const ERROR_MAX = 256;

function deadLettersQuery() {
  return {
    limit: whole(1, PAGE_MAX, PAGE),
    cursor: cursor(),
    target: word(TARGET_MAX),
    error: word(ERROR_MAX),
    task: word(TASK_ID_MAX),
  };
}

function deadCausesQuery() {
  return { limit: whole(1, PAGE_MAX, PAGE), cursor: cursor() };
}

const WHICH = ["ids", "target", "error", "task", "all", "limit"];

type Letters = { readonly letters: readonly Run[]; readonly isMore: boolean };

type Which = { readonly target?: string; readonly error?: string; readonly task?: string };

export function addDeadLetters(app: Hono<ApiEnv>, { peer, quotas }: Doors): void {
  app.get("/api/v1/dead-letters", async (c) => {
    const query = readQuery(c.env.url, deadLettersQuery());
    if (query instanceof Response) return query;
    const { limit, cursor } = query;
    const page = await peer.deadLetters({
      ...whose(c),
      ...whichOf(query),
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    return json(200, { items: page.items.map(runView), cursor: sealCursor(page.cursor) });
  });

  app.get("/api/v1/dead-letters/causes", async (c) => {
    const query = readQuery(c.env.url, deadCausesQuery());
    if (query instanceof Response) return query;
    const { limit, cursor } = query;
    const page = await peer.deadCauses({ ...whose(c), limit, ...(cursor === undefined ? {} : { cursor }) });
    const items = page.items.map(({ latest, ...cause }) => ({ ...cause, latest: formatInstant(latest) }));
    return json(200, { items, cursor: sealCursor(page.cursor) });
  });

  app.post("/api/v1/dead-letters/redrive", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    const perSecond = perSecondIn(body.perSecond, faults);
    const found = await chosen(c, body, ["perSecond"], faults);
    if (found instanceof Response) return found;
    const { letters, isMore } = found;
    const over = await quotas.fire(c.env.user, {
      count: letters.length,
      ...(perSecond === undefined ? {} : { perSecond }),
    });
    if (over !== undefined) return refusalResponse(over);
    const driven = await drive(peer, letters, {
      start: peer.now(),
      ...(perSecond === undefined ? {} : { perSecond }),
    });
    return json(202, { ...drivenView(driven), more: isMore });
  });

  app.post("/api/v1/dead-letters/dismiss", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const found = await chosen(c, body, [], new Faults());
    if (found instanceof Response) return found;
    const { runs, refused } = await dismissAll(peer, found.letters);
    return json(200, { dismissed: runs.length, ...refusalsView(refused), more: found.isMore });
  });

  /** The letters that a body names: by their ids, by what they have in common, or all; the latest first, up to a limit. */
  async function chosen(
    c: Context<ApiEnv>,
    body: { readonly [field: string]: unknown },
    more: readonly string[],
    faults: Faults,
  ): Promise<Letters | Response> {
    faults.unknown(body, "", [...WHICH, ...more]);
    const ids = body.ids === undefined ? undefined : idsIn(body.ids, faults);
    const which: Which = {
      ...(body.target === undefined ? {} : { target: text(body.target, "target", 0, TARGET_MAX, faults) }),
      ...(body.error === undefined ? {} : { error: text(body.error, "error", 1, ERROR_MAX, faults) }),
      ...(body.task === undefined ? {} : { task: text(body.task, "task", 1, TASK_ID_MAX, faults) }),
    };
    const isChosen = Object.keys(which).length > 0;
    const limit = body.limit === undefined ? LETTERS_MAX : number(body.limit, "limit", 1, LETTERS_MAX, faults);
    if (body.all !== undefined && body.all !== true) faults.add("all", '"all" is true, or left out.');
    if ([ids !== undefined, isChosen, body.all === true].filter(Boolean).length !== 1) {
      faults.add("", 'Say which: "ids", or some of "target", "error" and "task", or "all": true.', {
        suggestion: '{"all": true}',
      });
    }
    if (faults.all.length > 0) return faultsResponse(faults.all);
    return ids === undefined ? await lettersOf(c, which, limit) : await namedOf(c, ids);
  }

  /** The oldest first, as they were due. */
  async function lettersOf(
    c: Context<ApiEnv>,
    which: Which,
    most: number,
  ): Promise<Letters> {
    const letters: Run[] = [];
    let cursor: string | undefined;
    do {
      const limit = Math.min(PAGE_MAX, most - letters.length);
      const page = await peer.deadLetters({
        ...whose(c),
        ...which,
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      letters.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined && letters.length < most);
    return { letters: letters.sort((a, b) => a.instant - b.instant), isMore: cursor !== undefined };
  }

  async function namedOf(
    c: Context<ApiEnv>,
    ids: readonly OccurrenceId[],
  ): Promise<Letters | Response> {
    const letters: Run[] = [];
    for (const [at, id] of ids.entries()) {
      const run = await ownRun(peer, c, id);
      if (run === undefined) return problem(422, `There is no run with the id ${id}.`, { field: `ids.${at}` });
      letters.push(run);
    }
    return { letters, isMore: false };
  }
}

/** A run that who asks may see. */
export async function ownRun(
  peer: Pick<Peer, "run">,
  { env }: Pick<Context<ApiEnv>, "env">,
  id: OccurrenceId,
): Promise<Run | undefined> {
  const run = await peer.run(id);
  return run !== undefined && (run.user === env.user || env.isEveryone) ? run : undefined;
}

function whose({ env: { user, isEveryone } }: Context<ApiEnv>): { readonly user?: string } {
  return isEveryone ? {} : { user };
}

function whichOf({ target, error, task }: { readonly [K in keyof Which]: Which[K] | undefined }): Which {
  return {
    ...(target === undefined ? {} : { target }),
    ...(error === undefined ? {} : { error }),
    ...(task === undefined ? {} : { task: canonicalId(task) }),
  };
}

function idsIn(value: unknown, faults: Faults): readonly OccurrenceId[] {
  if (!Array.isArray(value)) {
    faults.add("ids", `"ids" is a list of the ids of runs, not ${kindOf(value)}.`);
    return [];
  }
  if (value.length === 0 || value.length > IDS_MAX) {
    faults.add("ids", `"ids" holds 1 to ${IDS_MAX} ids; more are chosen by "target", "error" or "task".`);
    return [];
  }
  const ids: readonly unknown[] = value;
  const wrong = ids.findIndex((id) => typeof id !== "string" || !isOccurrenceId(id));
  if (wrong >= 0) faults.add(`ids.${wrong}`, "The id of a run has 32 hex digits, in lower case.");
  return ids.filter((id): id is OccurrenceId => typeof id === "string" && isOccurrenceId(id));
}
