// Rotating what is secret of a target: new values beside the old ones, which stay good until they are confirmed, or a date.
// Signatures are made with both, so a receiver may change over at any moment in between; of the rest the new is used, and
// the old when that is refused.

import type { Context, Hono } from "hono";
import { revisionOf } from "../../core/register/register.ts";
import {
  confirmed,
  type CredentialChanges,
  type Credentials,
  credentialsIn,
  reverted,
  rotated,
} from "../../core/targets/credentials.ts";
import { instantIn } from "../../core/task/definition.ts";
import { fault } from "../../core/values/fault.ts";
import { Faults } from "../../core/values/faults.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { readTags } from "../request/etag.ts";
import { faultsResponse, problem } from "../request/problem.ts";
import { changedSince, type Found, isMatched, tagOf } from "./found-target.ts";
import { targetView } from "./target-view.ts";
import { writeTarget } from "./target-write.ts";

type Find = (c: Context<ApiEnv>) => Promise<Found | Response>;

export function addRotation(app: Hono<ApiEnv>, doors: Doors, find: Find): void {
  const { peer, targets } = doors;

  app.post("/api/v1/targets/:name/rotate", async (c) => {
    const found = await find(c);
    if (found instanceof Response) return found;
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["credentials", "previousUntil"]);
    const changes = credentialsIn(body.credentials ?? {}, "credentials", faults);
    const until = body.previousUntil === undefined ? undefined : instantIn(body.previousUntil, "previousUntil", faults);
    if (until !== undefined && until <= peer.now() && faults.all.length === 0) {
      faults.add("previousUntil", "The old credentials stay good for a while: this is past already.");
    }
    rotatable(changes, found, faults);
    const { key, credentials } = found.target;
    const current = credentials === undefined ? undefined : targets.open(credentials.sealed, key);
    const same = Object.keys(changes).find((name) => current?.[name]?.value === changes[name]);
    if (same !== undefined && faults.all.length === 0) {
      faults.add(`credentials.${same}`, "This is the one that is used already: a rotation brings another.");
    }
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const how = { now: peer.now(), ...(until === undefined ? {} : { until }) };
    return await write(c, found, changes, (current, wanted) => rotated(current, wanted, how));
  });

  app.post("/api/v1/targets/:name/confirm", async (c) => {
    const found = await bare(c);
    return found instanceof Response ? found : await write(c, found, {}, confirmed);
  });

  app.post("/api/v1/targets/:name/revert", async (c) => {
    const found = await bare(c);
    return found instanceof Response ? found : await write(c, found, {}, (current) => reverted(current, peer.now()));
  });

  /** A target whose credentials are being rotated; the body says nothing. */
  async function bare(c: Context<ApiEnv>): Promise<Found | Response> {
    const found = await find(c);
    if (found instanceof Response) return found;
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const [unknown] = Object.keys(body);
    if (unknown !== undefined) return problem(422, "This takes no properties.", { field: unknown.slice(0, 64) });
    const isRotating = Object.values(found.target.credentials?.held ?? {}).some(({ previous }) =>
      previous !== undefined
    );
    return isRotating ? found : problem(409, "Nothing of this target is being rotated.");
  }

  async function write(
    c: Context<ApiEnv>,
    found: Found,
    credentials: CredentialChanges,
    change: (current: Credentials, changes: CredentialChanges) => Credentials,
  ): Promise<Response> {
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    if (!isMatched(found, match)) return changedSince();
    const { definition } = found.target;
    if (definition === undefined) throw new Error("a target that can't be read was found");
    const parsed = { definition, credentials };
    const written = await writeTarget({ ...doors, user: c.env.user }, {
      parsed,
      found,
      match: [revisionOf(found.entity)],
      change,
    });
    return written instanceof Response ? written : json(200, targetView(written, peer.now()), { etag: tagOf(written) });
  }
}

function rotatable(changes: CredentialChanges, { target }: Found, faults: Faults): void {
  const names = Object.keys(changes);
  if (names.length === 0 && faults.all.length === 0) {
    faults.add("credentials", "A rotation brings at least one new credential.");
  }
  for (const name of names) {
    const field = `credentials.${name}`;
    if (changes[name] === null) faults.take(fault(field, "A rotation takes nothing away: that is a PATCH."));
    else if (name === "key") {
      faults.take(fault(field, "A key goes with its certificate: PATCH both in one request."));
    } else if (target.credentials?.held[name] === undefined) {
      faults.take(fault(field, "There is none yet, so there is none to rotate: PATCH the target with it."));
    }
  }
}
