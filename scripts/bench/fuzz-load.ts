// Sends a peer what is made of its own description, and what is no request at all, and counts what it says and how long
// it takes. Prints one line of JSON.
//
//   fuzz-load.ts URL TOKEN PEER COUNT SEED

import { Agent, request } from "node:http";
import process from "node:process";
import { chanceOf } from "../../test/chance.ts";
import { RAW_MESSAGES, rawMessage, sendRaw } from "../../test/raw-messages.ts";
import { type MadeRequest, requestsOf } from "../../test/requests.ts";
import { withSeedRoutes } from "../../test/seed-document.ts";

const [url = "", token = "", peer = "", ...numbers] = process.argv.slice(2);
const [count = 0, seed = 1] = numbers.map(Number);

const LANES = 4;
/** Of all that is sent, one in so many is none of HTTP's. */
const RAW_EVERY = 20;
/** Longer than a peer may wait for a body. */
const PATIENCE_MS = 45_000;
const PLANT_EVERY = 500;

const TIMEOUT = "it did not answer in time";
const agent = new Agent({ keepAlive: true, maxSockets: LANES });
const chance = chanceOf(seed);
const counts: Record<string, number> = {};
const times: number[] = [];
/** Of what reads no more than a page: a whole chain, or all tasks, takes as long as there is of it. */
const pages: number[] = [];
const WHOLE = /audit:(verify|export)|tasks:export/;
/** How long each kind of request took, by its name and status. */
const byName = new Map<string, number[]>();
const broken: string[] = [];
let hangs = 0;
let unsendable = 0;

type Answer = { readonly status: number; readonly text: string };

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  return await send({
    ...{ operation: "", method, target: `/api/v1/${path}`, headers: { "content-type": "application/json" } },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function send({ method, target, headers, body }: MadeRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const all = { authorization: `Bearer ${token}`, ...headers };
  const sending = request(url + target, { method, headers: all, agent, timeout: PATIENCE_MS, path: target });
  sending.on("timeout", () => sending.destroy(new Error(TIMEOUT))).on("error", reject);
  sending.on("response", (answer) => {
    const status = answer.statusCode ?? 0;
    // A stream has no end.
    if (answer.headers["content-type"] === "text/event-stream") {
      answer.destroy();
      return resolve({ status, text: "" });
    }
    let text = "";
    answer.setEncoding("utf8").on("data", (part: string) => text += part).on("error", reject);
    answer.on("end", () => resolve({ status, text }));
  });
  sending.end(body === undefined || method === "GET" || method === "HEAD" ? undefined : body);
  return promise;
}

/** What the requests refer to, made again where it was taken away. */
async function plant(): Promise<void> {
  await ask("PUT", "targets/a", { urn: "http://127.0.0.1:9/x" });
  for (const id of ["a", "b"]) {
    await ask("PUT", `tasks/${id}`, { schedule: "R/2026-01-01T00:00:00Z/PT1H", target: { name: "a" } });
  }
}

async function idOf(path: string, body: unknown = {}): Promise<string> {
  const { text } = await ask("POST", path, body);
  return String(JSON.parse(text).id);
}

await plant();
const ids = {
  ...{ tasks: ["a", "b"], targets: ["a"], task: ["a"], peers: [peer], conflicts: ["YQ"] },
  runs: [await idOf("tasks/a/trigger")],
  users: [await idOf("users", { name: "bo", password: "correct horse" })],
  tokens: [await idOf("tokens")],
  invites: [await idOf("invites")],
};
const document = withSeedRoutes(JSON.parse((await ask("GET", "openapi.json")).text));
const next = requestsOf({ document, chance, ids });
let sent = 0;

function note(status: number, what: string, ms: number, text = ""): void {
  counts[status] = (counts[status] ?? 0) + 1;
  times.push(ms);
  if (!WHOLE.test(what)) pages.push(ms);
  const name = `${what} ${status}`;
  const own = byName.get(name);
  if (own === undefined) byName.set(name, [ms]);
  else own.push(ms);
  if (status >= 500 && broken.length < 20) broken.push(`${what}: ${status} ${text.slice(0, 300)}`);
}

async function raw(n: number): Promise<void> {
  const at = Math.floor(n / RAW_EVERY);
  const message = RAW_MESSAGES[at] ?? rawMessage(chance);
  const { statuses, isEnded } = await sendRaw(Number(new URL(url).port), message, PATIENCE_MS);
  if (!isEnded) {
    hangs++;
    broken.push(`${message.name} was never ended`);
  }
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  for (const status of statuses) if (status >= 500) broken.push(`${message.name}: ${status}`);
}

async function lane(): Promise<void> {
  while (sent < count) {
    const n = sent++;
    if (n % PLANT_EVERY === PLANT_EVERY - 1) await plant();
    if (n % RAW_EVERY === 0) {
      await raw(n);
      continue;
    }
    const made = next();
    const began = performance.now();
    try {
      const { status, text } = await send(made);
      const what = `${made.method} ${made.operation}`;
      note(status, what, performance.now() - began, `${made.target} ${made.body ?? ""} ${text}`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const code = "code" in error ? String(error.code) : "";
      // What no client writes.
      if (/^ERR_(INVALID|UNESCAPED|HTTP)/.test(code)) {
        unsendable++;
        continue;
      }
      if (error.message === TIMEOUT) hangs++;
      broken.push(`${made.method} ${made.target} ${made.body ?? ""}: ${error.message}`);
    }
  }
}

const began = performance.now();
await Promise.all(Array.from({ length: LANES }, lane));
const seconds = (performance.now() - began) / 1_000;
agent.destroy();

/** As the benchmark's own: the value that so many of them do not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const slowest = [...byName].map(([name, all]) => ({
  name,
  count: all.length,
  over: all.filter((ms) => ms > 50).length,
  p50: quantile(all, 0.5),
  worst: quantile(all, 1),
})).filter(({ over }) => over > 0).sort((a, b) => b.over - a.over).slice(0, 10);
const told = {
  ...{ counts, hangs, unsendable, seconds, slowest },
  ...{ broken: broken.slice(0, 20), failed: broken.length, asked: times.length },
  ...{ p50: quantile(times, 0.5), p99: quantile(times, 0.99), pagesP99: quantile(pages, 0.99) },
};
// A program that ends loses what its pipe has not taken yet.
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
