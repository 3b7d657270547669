// A world of its own for each test: a real node over the memory store, a clock that is moved, a target that obeys.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomUUID, scryptSync } from "node:crypto";
import { issueToken } from "../../src/api/access/token.ts";
import { type Api, createApi } from "../../src/api/app.ts";
import type { Asset } from "../../src/api/assets.ts";
import { digest, newToken } from "../../src/api/request/secret.ts";
import type { Clock } from "../../src/clock.ts";
import type { Delivery, DeliveryResult } from "../../src/core/delivery/delivery.ts";
import { type AuditEntry, NO_AUDIT } from "../../src/core/people/audit.ts";
import { createUser, type Role, SCOPES_OF } from "../../src/core/people/user.ts";
import { parseSchedule } from "../../src/core/schedule/schedule-source.ts";
import { describe } from "../../src/core/schedule/sentence.ts";
import { egressFault, PLAIN_RULES } from "../../src/core/targets/egress.ts";
import { isFault } from "../../src/core/values/fault.ts";
import type { UserId } from "../../src/core/values/ids.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { createExchanges, type Exchanges } from "../../src/exchanges.ts";
import { meshSeal } from "../../src/mesh/seal.ts";
import { type Node, startNode } from "../../src/node/node.ts";
import { type AuditAccess, ForwardFailure, type MeshAccess, type TargetAccess } from "../../src/peer.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { targetTester } from "../../src/target-test.ts";
import { openedTrigger } from "../../src/trigger/opened.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { Vault } from "../../src/secrets/vault.ts";
import { STRANGER } from "../introduction.ts";

export const USER: UserId = "admin";
export const PORT = 8081;
export const START = instant(Date.UTC(2026, 11, 1, 9, 30));
export const ADMIN_TOKEN = "the-admin-token-of-the-tests-0123456789";
export const LOCAL_KEY = "the-local-key-of-the-tests-0123456789";
export const CODE = "one-time-code";
export const JWT_KEY = "the-key-of-the-mesh-of-the-tests";

export const HOURLY = "R/2026-01-01T00:00:00Z/PT1H";
export const URN = "http://localhost:3000/tick";

export type World = {
  readonly node: Node;
  readonly api: Api;
  readonly clock: TestClock;
  readonly targets: TargetAccess;
  readonly sent: readonly Delivery[];
  readonly logged: readonly string[];
  /** What was written down, the earliest first. */
  readonly audited: readonly AuditEntry[];
  readonly exchanges: Exchanges;
  /** What the target answers from now on. */
  answer(result: DeliveryResult | "nothing"): void;
  call(line: string, more?: Call): Promise<Reply>;
  fetch(line: string, more?: Call): Promise<Response>;
  close(): Promise<void>;
};

export type Call = {
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
  /** null: none. */
  readonly token?: string | null;
  readonly type?: string;
  readonly remote?: string;
};

export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON, and typed as such: tests compare it whole, or reach into it. */
  readonly body: ReturnType<typeof JSON.parse>;
};

export async function makeWorld(
  more: {
    readonly assets?: ReadonlyMap<string, Asset>;
    readonly hosts?: readonly string[];
    readonly origins?: readonly string[];
    readonly mesh?: MeshAccess;
  } = {},
): Promise<World> {
  const clock = new TestClock(START);
  const sent: Delivery[] = [];
  const logged: string[] = [];
  let result: DeliveryResult | "nothing" = { kind: "delivered", status: 200 };
  const trigger = openedTrigger({
    schemes: ["http", "https"],
    async send(delivery, signal): Promise<DeliveryResult> {
      sent.push(delivery);
      if (result !== "nothing") return result;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return { kind: "failed", error: "aborted", retryable: true };
    },
    close: () => Promise.resolve(),
  }, (target) => VAULT.openTarget(target));
  const store = recordStore(memoryKeyValue());
  const node = await startNode({
    ...STRANGER,
    id: "peer-1",
    name: "test",
    origin: 1,
    clock,
    store,
    trigger,
    chance: () => 0.5,
    keep: { runs: 10_000, ageMs: 86_400_000 },
    log: (_level, message, facts) => void logged.push(`${message} ${JSON.stringify(facts)}`),
  });
  await rest();
  const audit = memoryAudit();
  const exchanges = createExchanges(store);
  let code: string | undefined = CODE;
  const targets = targetAccess(trigger, clock);
  const api = createApi({
    peer: node,
    mesh: more.mesh ?? ALONE,
    targets,
    auth: {
      adminToken: ADMIN_TOKEN,
      localKey: LOCAL_KEY,
      redeemCode(candidate) {
        if (candidate !== code) return false;
        code = undefined;
        return true;
      },
    },
    hosts: more.hosts ?? [],
    origins: more.origins ?? [],
    exchanges,
    audit,
    jwtKey: JWT_KEY,
    assets: more.assets ?? new Map(),
    version: "0.0.0-test",
    port: () => PORT,
    log: (_level, message, facts) => void logged.push(`${message} ${JSON.stringify(facts)}`),
  });
  const fetch = (line: string, call: Call = {}) =>
    api.fetch(request(line, call), { remote: call.remote ?? "127.0.0.1" });
  return {
    node,
    api,
    clock,
    targets,
    sent,
    logged,
    audited: audit.entries,
    exchanges,
    fetch,
    answer: (next) => void (result = next),
    call: async (line, call) => await replyOf(await fetch(line, call)),
    async close() {
      api.close();
      await exchanges.close();
      await node.drain(0);
      await store.close();
    },
  };
}

export const PASSWORD = "correct horse";

export type Person = { readonly id: string; readonly token: string };

/** As a peer keeps it, but for its cost: a test has better things to do. */
export const PASSWORD_HASH = (() => {
  const salt = new Uint8Array(16);
  const key = scryptSync(PASSWORD, salt, 32, { N: 2 ** 10, r: 8, p: 1 });
  return `scrypt$10$8$1$${Buffer.from(salt).toString("base64url")}$${key.toString("base64url")}`;
})();

/** A user, and a token of all that the role allows. */
export async function person(
  { node }: { readonly node: Pick<Node, "submit" | "now"> },
  name: string,
  role: Role = "editor",
): Promise<Person> {
  const [id, token, createdAt] = [randomUUID(), newToken(), node.now()];
  await node.submit(createUser({ ...{ id, name, role, createdAt }, password: PASSWORD_HASH, quota: {} }));
  const scopes = SCOPES_OF[role];
  await node.submit(issueToken({ ...{ key: digest(token), name: "", kind: "api", user: id, scopes, createdAt } }));
  return { id, token };
}

export const VAULT = new Vault(meshSeal([new Uint8Array(32)]));

/** As the composition root makes it, with the vault of the tests. */
export function targetAccess(trigger: Trigger, clock: Pick<Clock, "now">): TargetAccess {
  const vault = VAULT;
  return {
    close: (credentials, key) => vault.close(credentials, key),
    open: (sealed, key) => vault.open(sealed, key),
    closeTarget: (target, isTemplate) => vault.closeTarget(target, isTemplate),
    openTarget: (target) => vault.openTarget(target),
    outOfReach: (urn, isGuarded, field) => egressFault(urn, isGuarded, PLAIN_RULES, field),
    test: targetTester({ trigger, now: () => clock.now() }),
  };
}

/** The audit of a peer that keeps it in memory, as one page. */
export function memoryAudit(): AuditAccess & { readonly entries: AuditEntry[] } {
  const entries: AuditEntry[] = [];
  return {
    entries,
    append: (entry) => void entries.push(entry),
    page: () => Promise.resolve({ items: [] }),
    async *bytes() {},
    verify: () => Promise.resolve({ first: 0, head: NO_AUDIT, sealed: 0 }),
  };
}

/** Nobody is there to be asked. */
export const ALONE: MeshAccess = {
  invite: () => Promise.reject(new Error("the peer is alone")),
  forward: () => Promise.reject(new ForwardFailure("unreachable", "the peer is alone")),
  refusals: () => ({}),
};

/** Runs a test in a world, and ends it. */
export async function withWorld(
  run: (world: World) => Promise<void>,
  more: Parameters<typeof makeWorld>[0] = {},
): Promise<void> {
  const world = await makeWorld(more);
  try {
    await run(world);
    assert.deepEqual(world.logged, []);
  } finally {
    await world.close();
  }
}

export function sentenceOf(source: string): string {
  const schedule = parseSchedule(source);
  assert.ok(!isFault(schedule));
  return describe(schedule);
}

/** `GET /api/v1/tasks`, or a path alone, which stands below `/api/v1`. */
export function request(line: string, call: Call): Request {
  const [method = "GET", path = "/"] = line.split(" ");
  const { body, token = ADMIN_TOKEN, type = "application/json" } = call;
  const headers = new Headers(call.headers);
  if (token !== null && !headers.has("authorization") && !headers.has("cookie")) {
    headers.set("authorization", `Bearer ${token}`);
  }
  if (body !== undefined && !headers.has("content-type") && type !== "") headers.set("content-type", type);
  const url = path.startsWith("http")
    ? path
    : `http://localhost:${PORT}${path.startsWith("/") ? path : `/api/v1/${path}`}`;
  return new Request(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: bodyOf(body), duplex: "half" }),
  } as RequestInit);
}

export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = /json$/.test(response.headers.get("content-type") ?? "") &&
    !/ndjson/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: isJson && text !== "" ? JSON.parse(text) : text };
}

function bodyOf(body: unknown): BodyInit {
  if (typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream) return body as BodyInit;
  return JSON.stringify(body);
}

/** Time that moves when it is told to; its alarm rings on the way. */
export class TestClock implements Clock {
  #now: Instant;
  #alarm: { readonly at: Instant; readonly ring: () => void } | undefined;

  constructor(now: Instant) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  alarm(at: Instant, ring: () => void): void {
    this.#alarm = { at, ring };
    if (at <= this.#now) queueMicrotask(() => this.#ring());
  }

  soon(deed: () => void): void {
    deed();
  }

  later(ms: number, deed: () => void): void {
    setTimeout(deed, ms);
  }

  close(): void {
    this.#alarm = undefined;
  }

  /** Moves on, and lets what the alarms set off come to rest. */
  async pass(ms: number): Promise<void> {
    const end = instant(this.#now + ms);
    while (this.#alarm !== undefined && this.#alarm.at <= end) {
      this.#now = instant(Math.max(this.#now, this.#alarm.at));
      this.#ring();
      await rest();
    }
    this.#now = end;
    await rest();
  }

  /** Moves on at once, as when the machine slept: what was due meanwhile rings late. */
  async jump(ms: number): Promise<void> {
    this.#now = instant(this.#now + ms);
    this.#ring();
    await rest();
  }

  #ring(): void {
    const alarm = this.#alarm;
    if (alarm === undefined || alarm.at > this.#now) return;
    this.#alarm = undefined;
    alarm.ring();
  }
}

/** Until promises and the store have done what they had to do. */
export async function rest(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}
