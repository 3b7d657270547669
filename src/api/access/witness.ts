// The witness writes down what is changed through the API: every command passes it, and it knows for whom the request is
// that the command belongs to. What is changed in another way is written down as the request itself.

import { AsyncLocalStorage } from "node:async_hooks";
import { hash } from "node:crypto";
import { type Command, type CommandResult, isOwners } from "../../core/protocol/command.ts";
import type { Entity } from "../../core/register/register.ts";
import { maskTarget, type Target } from "../../core/targets/target.ts";
import { type Task, taskOf } from "../../core/task/task-entity.ts";
import type { TaskGuid } from "../../core/values/ids.ts";
import type { Json } from "../../core/values/json.ts";
import type { AuditAccess, Peer, Written } from "../../peer.ts";
import type { Access } from "./access.ts";

/** A value that is longer than this as JSON stands as its digest. */
const SHOWN_MAX = 1_024;

export type Witness = {
  /** The peer, whose commands are written down. */
  readonly peer: Peer;
  /** Carries out a request in the name of who asks. */
  during(of: Asked, work: () => Promise<Response>): Promise<Response>;
  /** What is no command: a sign-in that was refused. */
  note(what: string, on: string): void;
  /** What the request that is being carried out writes from now on. */
  collect(): ReadonlyMap<string, Written>;
  /** It has written this, by a command of an earlier one that it repeats. */
  wrote(written: Written): void;
};

export type Asked = {
  readonly access: Access;
  readonly method: string;
  readonly path: string;
  readonly remote?: string;
};

type Open = Asked & { count: number; written?: Map<string, Written> };

export function createWitness(peer: Peer, audit: Pick<AuditAccess, "append">): Witness {
  const asked = new AsyncLocalStorage<Open>();

  function append(what: string, on: string, change: { readonly before?: Json; readonly after?: Json } = {}) {
    const open = asked.getStore();
    if (open !== undefined) open.count++;
    const { access, remote } = open ?? {};
    return audit.append({
      at: peer.now(),
      user: access?.user ?? "",
      by: access?.kind ?? "peer",
      ...(remote === undefined ? {} : { from: remote }),
      ...{ what, on },
      ...change,
    });
  }

  /** Only for who has asked for it: a batch has no end. */
  function wrote(written: Written): void {
    const all = asked.getStore()?.written;
    if (written.kind !== "log") return void all?.set(`${written.kind}/${written.key}`, written);
    // Whoever holds a log up to a place holds all that is before it.
    const name = `log/${written.author}`;
    const known = all?.get(name);
    if (known?.kind !== "log" || known.seq < written.seq) all?.set(name, written);
  }

  async function submit(command: Command): Promise<CommandResult> {
    if (command.kind === "entity") {
      const result = await peer.submit(command);
      if (result.kind === "refused") return result;
      const { entity, values } = command;
      wrote({ kind: entity.kind, key: entity.key });
      const deed = entity.registers.life === undefined ? "make" : values.life === undefined ? "change" : "end";
      // A setting is made once and lives for ever.
      const what = entity.kind === "setting" ? "change" : deed;
      await append(`${entity.kind} ${what}`, nameOf(entity, values), {
        before: entityView(entity, values),
        after: valuesView(entity, values),
      });
      return result;
    }
    if (command.kind !== "task") return await peer.submit(command);
    const { guid, command: { kind } } = command;
    const isEdit = kind !== "trigger" && kind !== "cancel";
    const isWritten = !isOwners(command.command);
    // An edit says itself what was before.
    const known = ENDINGS.includes(kind) ? await find(guid) : undefined;
    const result = await peer.submit(command);
    if (result.kind === "refused") return result;
    if (isWritten) wrote({ kind: "task", key: guid });
    if ("logged" in result && result.logged !== undefined) wrote({ kind: "log", ...result.logged });
    const before = result.kind === "task" ? taskOf(result.before) : known;
    const after = result.kind === "task" ? taskOf(result.dossier.entity) : undefined;
    const id = after?.definition.id ?? before?.definition.id ?? (result.kind === "run" ? result.run.task : guid);
    await append(`task ${kind}`, id, isEdit ? changeOf(before, after) : {});
    return result;
  }

  async function find(guid: TaskGuid): Promise<Task | undefined> {
    return taskOf((await peer.dossier(guid)).entity);
  }

  return {
    peer: new Proxy(peer, {
      get(target, name) {
        if (name === "submit") return submit;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
    note: append,
    collect() {
      const open = asked.getStore();
      if (open === undefined) throw new Error("nothing is being asked");
      return open.written = new Map<string, Written>();
    },
    wrote,
    async during(of, work) {
      const open: Open = { ...of, count: 0 };
      const response = await asked.run(open, work);
      const isChange = !SAFE_METHODS.includes(of.method) && response.status < 400 && open.count === 0;
      if (isChange && !QUIET.test(of.path)) asked.run(open, () => append("request", `${of.method} ${of.path}`));
      return response;
    },
  };
}

/** Commands whose result does not say of which task it was. */
const ENDINGS: readonly string[] = ["remove", "cancel", "redrive"];

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
/** They change nothing; and what goes to another peer is written down there, a batch line by line. */
const QUIET = /^\/api\/v1\/(?:schedules\/preview|templates\/preview|tasks:batch|peers\/[^/]+\/api\/)/;

/** The parts that differ, as they were and as they are. */
function changeOf(
  before: Task | undefined,
  after: Task | undefined,
): { readonly before?: Json; readonly after?: Json } {
  const [was, is] = [partsOf(before), partsOf(after)];
  const isEdit = before !== undefined && after !== undefined;
  const all = Object.keys({ ...was, ...is });
  const names = isEdit ? all.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name])) : all;
  const pick = (parts: Parts) => Object.fromEntries(names.map((name) => [name, shown(parts[name] ?? null)]));
  return {
    ...(before === undefined ? {} : { before: pick(was) }),
    ...(after === undefined ? {} : { after: pick(is) }),
  };
}

type Parts = { readonly [name: string]: Json };

function partsOf(task: Task | undefined): Parts {
  if (task === undefined) return {};
  const { id: _, target, ...rest } = task.definition;
  return JSON.parse(JSON.stringify({ ...rest, target: maskTarget(target as Target), state: task.state }));
}

/** What is known to be no secret. */
const PLAIN: { readonly [kind: string]: readonly string[] } = {
  user: ["who", "role", "quota", "life"],
  setting: ["signUp", "quota"],
  member: ["life"],
  ticket: ["life"],
  token: ["life"],
  target: ["life"],
};

/** What people call it: a target has a key that says nothing. */
function nameOf({ kind, key, registers }: Entity, values: Parts): string {
  const meta = values.meta ?? registers.meta?.value;
  if (kind !== "target" || typeof meta !== "object" || meta === null || !("name" in meta)) return key;
  return typeof meta.name === "string" ? meta.name : key;
}

function entityView(entity: Entity, values: Parts): Json {
  return valuesView(
    entity,
    Object.fromEntries(
      Object.keys(values).flatMap((name): [string, Json][] => {
        const register = entity.registers[name];
        return register === undefined ? [] : [[name, register.value]];
      }),
    ),
  );
}

function valuesView({ kind }: Entity, values: Parts): Json {
  const plain = PLAIN[kind] ?? [];
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (plain.includes(name)) return [name, shown(value)];
      return [name, kind === "token" && name === "token" ? tokenView(value) : "***"];
    }),
  );
}

/** Of a token: all but the secret, which is not kept anywhere. */
function tokenView(value: Json): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { name, kind, user, scopes, expiresAt, role } = value as Parts;
  return shown(JSON.parse(JSON.stringify({ name, kind, user, scopes, expiresAt, role })));
}

function shown(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length <= SHOWN_MAX ? value : `sha256:${hash("sha256", text, "hex")}`;
}
