// The routes of users together: who signs up, and who there is.

import { randomUUID } from "node:crypto";
import type { Context, Hono } from "hono";
import { ADMIN, createUser, type Role, type User } from "../../core/people/user.ts";
import { isAlive } from "../../core/register/register.ts";
import { canonicalName } from "../../core/values/canonical.ts";
import { Faults, text } from "../../core/values/faults.ts";
import type { UserId } from "../../core/values/ids.ts";
import { isAdmin, roleOf } from "../access/access.ts";
import { USERS_MAX } from "../access/directory.ts";
import { revokeToken, tokenOf } from "../access/token.ts";
import { createTurnstile, SIGN_UP_ATTEMPTS } from "../access/turnstile.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { type JsonObject, readObject } from "../request/body.ts";
import { isLocal } from "../request/local.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { cursor, readQuery, sealCursor, whole } from "../request/query.ts";
import { digest, isToken } from "../request/secret.ts";
import { submit } from "../tasks/put.ts";
import { PAGE, PAGE_MAX } from "../tasks/tasks.ts";
import { askWhetherFirst } from "./first.ts";
import { SECRET_MAX, type SessionSettings } from "./session.ts";
import { tooBusy, tooMany } from "./sign-in.ts";
import { nameIn, passwordIn, quotaIn, roleIn } from "./user-body.ts";
import { userView } from "./user-view.ts";

/** Who signs up where anybody may. */
const OPEN_ROLE: Role = "editor";

function usersQuery() {
  return { limit: whole(1, PAGE_MAX, PAGE), cursor: cursor(/^[^\0]+\0\d{16}\0[0-9a-f-]{36}$/) };
}

export type NewUser = { readonly name: string; readonly password: string };

/** Why a sign-up is refused: in the words of the API, and for others to tell it in theirs. */
export type SignUpRefusal = { readonly kind: "taken" | "closed" | "busy" | "failed"; readonly response: Response };

export type From = {
  readonly remote: string;
  /** From the peer's own machine. */
  readonly isLocal: boolean;
  readonly code?: string;
  readonly invite?: string;
};

export type SignUps = {
  /** Signs up who has shown nothing but what is in the request. */
  signUp(
    user: NewUser,
    from: From,
  ): Promise<User | SignUpRefusal>;
};

export function createSignUps(doors: Doors, settings: SessionSettings): SignUps & {
  create(user: NewUser, role: Role, quota?: User["quota"]): Promise<User | SignUpRefusal>;
} {
  const { peer, directory, passwords } = doors;
  const turnstile = createTurnstile(SIGN_UP_ATTEMPTS);
  /** One at a time, so that no two find the same name free, or themselves the first. */
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  async function write(
    { name, hash, role, quota }: { name: string; hash: string; role: Role; quota: User["quota"] },
  ): Promise<User | SignUpRefusal> {
    directory.forget();
    const users = await directory.all();
    if (users.some((each) => each.name === name) || name === ADMIN) return taken(name);
    if (users.length >= USERS_MAX) {
      return { kind: "failed", response: problem(409, `There are ${USERS_MAX} users, which is all that a mesh has.`) };
    }
    const user: User = { id: randomUUID(), name, role, password: hash, quota, createdAt: peer.now() };
    const result = await submit(peer, createUser(user));
    directory.forget();
    return result.kind === "refused" ? { kind: "failed", response: refusalResponse(result) } : user;
  }

  return {
    async create({ name: written, password }, role, quota = {}) {
      const name = canonicalName(written);
      // Said before a hash is made for nothing; it is asked again in turn.
      if (await isTaken(name)) return taken(name);
      const hash = await passwords.hash(password);
      if (hash === undefined) return { kind: "busy", response: tooBusy() };
      return await inTurn(() => write({ name, hash, role, quota }));
    },
    async signUp({ name: written, password }, from) {
      const name = canonicalName(written);
      const { remote, isLocal, code, invite } = from;
      const pass = turnstile.enter(remote, peer.now());
      if (pass.kind === "wait") return { kind: "busy", response: tooMany(pass.seconds, "sign up") };
      // So is this: what counts is asked in turn.
      const early = await mayBe(from) ?? await mayBeOfMesh();
      if (early !== undefined) return early;
      if (await isTaken(name)) return taken(name);
      const hash = await passwords.hash(password);
      if (hash === undefined) return { kind: "busy", response: tooBusy() };
      return await inTurn(async () => {
        directory.forget();
        const late = await mayBe(from);
        if (late !== undefined) return late;
        const { signUp } = await directory.settings();
        switch (signUp) {
          case "closed":
            return closed();
          case "open":
            return await write({ name, hash, role: OPEN_ROLE, quota: {} });
          case "first":
            if (!isLocal && !settings.redeemCode(code ?? "")) return needsCode();
            return await write({ name, hash, role: "admin", quota: {} });
          case "invite":
            return await invited({ name, hash, invite: invite ?? "" });
        }
      });
    },
  };

  /** Absent: as far as can be said before, it may. */
  async function mayBe({ isLocal, code, invite }: From): Promise<SignUpRefusal | undefined> {
    switch ((await directory.settings()).signUp) {
      case "closed":
        return closed();
      case "open":
        return undefined;
      case "first":
        if ((await directory.all()).length > 0) return closed();
        return isLocal || code !== undefined ? undefined : needsCode();
      case "invite":
        return await invitation(invite ?? "") === undefined ? notInvited() : undefined;
    }
  }

  /** The same of what other peers may know. They are not asked again in turn: they are many, and that would take long. */
  async function mayBeOfMesh(): Promise<SignUpRefusal | undefined> {
    if ((await directory.settings()).signUp !== "first") return undefined;
    const first = await askWhetherFirst(doors);
    switch (first.kind) {
      case "nobody-yet":
        return undefined;
      case "has-users":
        return closed();
      case "unknown":
        return { kind: "busy", response: first.response };
    }
  }

  /** The peers' own keys stand for a user of that name. */
  async function isTaken(name: string): Promise<boolean> {
    return name === ADMIN || await directory.named(name) !== undefined;
  }

  async function invitation(invite: string) {
    const entity = isToken(invite) ? await peer.entity("token", digest(invite)) : undefined;
    const token = tokenOf(entity, peer.now());
    if (entity === undefined || token?.kind !== "invite") return undefined;
    // Who is no admin any more invites nobody.
    return await roleOf(peer, token.user) === "admin" ? { entity, role: token.role ?? "viewer" } : undefined;
  }

  async function invited(
    { name, hash, invite }: { readonly name: string; readonly hash: string; readonly invite: string },
  ): Promise<User | SignUpRefusal> {
    const found = await invitation(invite);
    if (found === undefined) return notInvited();
    const user = await write({ name, hash, role: found.role, quota: {} });
    if ("response" in user || !isAlive(found.entity)) return user;
    const used = await submit(peer, revokeToken(found.entity));
    return used.kind === "refused" ? { kind: "failed", response: refusalResponse(used) } : user;
  }
}

export function addUsers(app: Hono<ApiEnv>, doors: Doors, signUps: ReturnType<typeof createSignUps>): void {
  const { directory } = doors;

  app.post("/api/v1/users", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const user = isAdmin(c.env.access) ? await create(body) : await signUp(c, body);
    if (user instanceof Response) return user;
    if ("response" in user) return user.response;
    return json(201, userView(user, await directory.settings()), { location: `/api/v1/users/${user.id}` });
  });

  app.get("/api/v1/users", async (c) => {
    const query = readQuery(c.env.url, usersQuery());
    if (query instanceof Response) return query;
    const { limit, cursor } = query;
    const [users, settings] = await Promise.all([directory.all(), directory.settings()]);
    const rest = cursor === undefined ? users : users.filter((user) => placeOf(user) > cursor);
    const items = rest.slice(0, limit);
    const last = rest.length > limit ? items.at(-1) : undefined;
    return json(200, {
      items: items.map((user) => userView(user, settings)),
      cursor: sealCursor(last === undefined ? undefined : placeOf(last)),
    });
  });

  async function create(body: JsonObject) {
    const faults = new Faults();
    faults.unknown(body, "", ["name", "password", "role", "quota"]);
    const user = { name: nameIn(body.name, faults), password: passwordIn(body.password, "password", faults) };
    const role = body.role === undefined ? OPEN_ROLE : roleIn(body.role, faults);
    const quota = body.quota === undefined ? {} : quotaIn(body.quota, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const set = Object.fromEntries(Object.entries(quota).filter(([, limit]) => limit !== null)) as User["quota"];
    return await signUps.create(user, role, set);
  }

  async function signUp(c: Context<ApiEnv>, body: JsonObject) {
    const faults = new Faults();
    faults.unknown(body, "", ["name", "password", "code", "invite"]);
    const user = { name: nameIn(body.name, faults), password: passwordIn(body.password, "password", faults) };
    const code = body.code === undefined ? undefined : text(body.code, "code", 1, SECRET_MAX, faults);
    const invite = body.invite === undefined ? undefined : text(body.invite, "invite", 1, SECRET_MAX, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    return await signUps.signUp(user, {
      remote: c.env.remote ?? "",
      isLocal: isLocal(c.req.raw, c.env.remote),
      ...(code === undefined ? {} : { code }),
      ...(invite === undefined ? {} : { invite }),
    });
  }
}

function placeOf({ name, createdAt, id }: { name: string; createdAt: number; id: UserId }): string {
  return `${name}\0${String(createdAt).padStart(16, "0")}\0${id}`;
}

function taken(name: string): SignUpRefusal {
  return { kind: "taken", response: problem(409, `There is a user of the name ${name}.`, { field: "name" }) };
}

function closed(): SignUpRefusal {
  return {
    kind: "closed",
    response: problem(403, "Nobody signs up here by themselves: an admin makes users.", { field: "name" }),
  };
}

function needsCode(): SignUpRefusal {
  return {
    kind: "closed",
    response: problem(
      403,
      "The first user signs up on the peer's own machine, or with the code of the address that it showed when it started.",
      { field: "code" },
    ),
  };
}

function notInvited(): SignUpRefusal {
  return {
    kind: "closed",
    response: problem(403, "Who signs up here was invited: that invitation is unknown, used or over.", {
      field: "invite",
    }),
  };
}
