// One deed done to many tasks in one request: to each by its own route, with an answer of its own. What one refuses keeps
// no other from it.

import type { Hono } from "hono";
import { parseTaskId } from "../../core/task/definition.ts";
import { isFault } from "../../core/values/fault.ts";
import { Faults, isObject, kindOf } from "../../core/values/faults.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { wordIn } from "../people/user-body.ts";
import { json } from "../request/answer.ts";
import { type JsonObject, readObject } from "../request/body.ts";
import { faultsResponse } from "../request/problem.ts";

/** Tasks of one request: as many as a page of the list has. */
export const EACH_MAX = 500;
/** Under way at a time: they share the syncs of the disk. */
const AT_ONCE = 32;

export const DEEDS = ["pause", "resume", "trigger", "skip", "cancel", "change", "delete"] as const;
export type Deed = typeof DEEDS[number];

/** What is asked of each: `change` takes a merge patch. */
const ROUTES: { readonly [deed in Deed]: { readonly method: string; readonly path: string } } = {
  pause: { method: "POST", path: "/pause" },
  resume: { method: "POST", path: "/resume" },
  trigger: { method: "POST", path: "/trigger" },
  skip: { method: "POST", path: "/skip" },
  cancel: { method: "POST", path: "/cancel" },
  change: { method: "PATCH", path: "" },
  delete: { method: "DELETE", path: "" },
};

type Item = { readonly id: string; readonly status: number; readonly problem?: unknown };

export function addEach(app: Hono<ApiEnv>, { here }: Doors): void {
  app.post("/api/v1/tasks:each", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["do", "ids", "with"]);
    const deed = wordIn(body.do, "do", DEEDS, faults);
    const ids = idsIn(body.ids, faults);
    const given = givenIn(body.with, deed, faults);
    if (faults.all.length > 0 || deed === undefined) return faultsResponse(faults.all);
    const { env } = c;
    const items: Item[] = [];
    const waiting = [...ids.entries()];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [n, id] = next;
        items[n] = await doTo(env, deed, id, given);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, work));
    return json(200, { items });
  });

  /** By the route that a request for this one task would come to, which says who may. */
  async function doTo(
    env: ApiEnv["Bindings"],
    deed: Deed,
    id: string,
    given: JsonObject | undefined,
  ): Promise<Item> {
    const { method, path } = ROUTES[deed];
    const url = new URL(`/api/v1/tasks/${encodeURIComponent(id)}${path}`, env.url.origin);
    if (env.user !== env.access.user) url.searchParams.set("user", env.user);
    const request = new Request(url, {
      method,
      ...(method === "DELETE"
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(given ?? {}) }),
    });
    const { status, ...answer } = await readAnswer(await here(request, { ...env, url, path: url.pathname }));
    return { id, status, ...answer };
  }
}

async function readAnswer(response: Response): Promise<{ readonly status: number; readonly problem?: unknown }> {
  const { status } = response;
  return status < 400 ? { status } : { status, problem: await response.json() };
}

function idsIn(value: unknown, faults: Faults): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > EACH_MAX) {
    const what = Array.isArray(value) ? `a list of ${value.length}` : kindOf(value);
    faults.add("ids", `"ids" is a list of 1 to ${EACH_MAX} ids of tasks, not ${what}.`);
    return [];
  }
  const ids = value.flatMap((each, n) => {
    const id = parseTaskId(each);
    if (!isFault(id)) return [id];
    faults.add(`ids.${n}`, id.message);
    return [];
  });
  if (new Set(ids).size < ids.length) faults.add("ids", "Each id is named once.");
  return ids;
}

function givenIn(value: unknown, deed: Deed | undefined, faults: Faults): JsonObject | undefined {
  if (value === undefined) {
    if (deed === "change") faults.add("with", 'A change says in "with" what is changed, as a merge patch.');
    return undefined;
  }
  if (!isObject(value)) faults.add("with", `"with" is what each is asked with, an object, not ${kindOf(value)}.`);
  else if (deed === "delete") faults.add("with", 'A deletion takes no "with".');
  else return value;
  return undefined;
}
