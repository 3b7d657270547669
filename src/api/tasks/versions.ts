// The routes of versions: what a task was, as this peer saw it, and the way back. Another peer may have seen more.

import type { Hono } from "hono";
import { pastOf, type PastTask, writtenOf } from "../../core/register/version.ts";
import { maskTarget } from "../../core/targets/target.ts";
import { type Task, taskOf } from "../../core/task/task-entity.ts";
import { type PeerId, taskGuid, type UserId } from "../../core/values/ids.ts";
import { formatInstant } from "../../core/values/instant.ts";
import { type Origin, type Stamp, stampMs, stampOrigin } from "../../core/values/stamp.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { problem } from "../request/problem.ts";
import { cursor, readQuery, sealCursor, whole } from "../request/query.ts";
import { putBack, writersOf, writtenAs } from "./put-back.ts";
import { bare, idOf, noSuchTask, PAGE, PAGE_MAX } from "./tasks.ts";
import { plainTarget } from "./view.ts";

/** Of one task; more are not looked at. */
const VERSIONS_MAX = 1_000;

function versionsQuery() {
  return { limit: whole(1, PAGE_MAX, PAGE), cursor: cursor(/^v\d{1,4}$/) };
}

type Found = PastTask & { readonly task: Task; readonly revision: Stamp };

export function addVersions(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer, targets } = doors;

  app.get("/api/v1/tasks/:id/versions", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const query = readQuery(c.env.url, versionsQuery());
    if (query instanceof Response) return query;
    const from = Number(query.cursor?.slice(1) ?? 0);
    const versions = await find(c.env.user, id);
    if (versions === undefined) return noSuchTask(id);
    const writers = await writersOf(peer);
    const end = from + query.limit;
    return json(200, {
      items: versions.slice(from, end).map((version) => versionView(version, writers)),
      cursor: sealCursor(versions.length > end ? `v${end}` : undefined),
    });
  });

  app.post("/api/v1/tasks/:id/versions/:revision/restore", async (c) => {
    const id = await bare(c);
    if (id instanceof Response) return id;
    const { user } = c.env;
    const versions = await find(user, id);
    if (versions === undefined) return noSuchTask(id);
    const found = versions.find(({ revision }) => revision === c.req.param("revision"));
    if (found === undefined) {
      return problem(404, `This peer has kept no version of the task ${id} with this revision; another may have.`, {
        field: "revision",
        suggestion: `/api/v1/tasks/${encodeURIComponent(id)}/versions`,
      });
    }
    return await putBack(
      doors,
      { guid: taskGuid(user, id), user },
      () => writtenAs(found.task, peer.now(), targets),
    );
  });

  /** Absent: there is no such task now. */
  async function find(user: UserId, id: string): Promise<readonly Found[] | undefined> {
    const guid = taskGuid(user, id);
    const { entity } = await peer.dossier(guid);
    if (entity === undefined || taskOf(entity) === undefined) return undefined;
    return pastOf(entity, await peer.versions(guid, VERSIONS_MAX)).flatMap((past) => {
      const [task, revision] = [taskOf(past.entity), writtenOf(past.entity)];
      return task === undefined || revision === undefined ? [] : [{ ...past, task, revision }];
    });
  }
}

function versionView({ revision, until, hasGap, task }: Found, writers: ReadonlyMap<Origin, PeerId>) {
  const { id: _, target, ...definition } = task.definition;
  return {
    revision,
    at: formatInstant(stampMs(revision)),
    by: writers.get(stampOrigin(revision)) ?? null,
    until: until === undefined ? null : formatInstant(until),
    ...(hasGap ? { gap: true } : {}),
    definition: { ...definition, target: plainTarget(maskTarget(target)) },
  };
}
