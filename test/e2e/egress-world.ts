// A program for the tests of the way out, alone in a network of its own: every address that can be forbidden and can be
// put on a link is one of its loopback link, a socket listens at all of them, and names are answered by a DNS server on
// it, which says something else each time. It sends events as a peer does, and prints who was connected to.

import { execFileSync, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { connect, createServer, isIP } from "node:net";
import { writeSync } from "node:fs";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { instant } from "../../src/core/values/instant.ts";
import { amqpTrigger } from "../../src/trigger/amqp.ts";
import { createEgress, egressRules } from "../../src/trigger/egress.ts";
import { httpTrigger } from "../../src/trigger/http.ts";
import { kafkaTrigger } from "../../src/trigger/kafka.ts";
import { mqttTrigger } from "../../src/trigger/mqtt.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { SPELLINGS } from "../forbidden.ts";

/** Types of records. */
const [A, AAAA, CNAME] = [1, 28, 5];
const PORT = 8_080;
/** Public, so that events may go there: only here, where no other network is. */
const PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07::1"] as const;
const ROUNDS = 6;
/** What a name turns into once it has been a public one. */
const INSIDE = ["127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.0.1", "100.64.0.1", "127.0.0.53"];

const literals = [...new Set(SPELLINGS.map((spelling) => literalOf(spelling)).filter((each) => each !== undefined))];
for (const address of [...literals, ...INSIDE, ...PUBLIC]) {
  // A loopback address is there; one of many hosts, and an address of no kind, can't be.
  spawnSync("ip", ["address", "add", `${address}/${isIP(address) === 6 ? "128" : "32"}`, "dev", "lo"], {
    stdio: "ignore",
  });
}
execFileSync("ip", ["route", "add", "local", "0.0.0.0/8", "dev", "lo"], { stdio: "ignore" });

/** Addresses that were connected to, and how often. */
const connected = new Map<string, number>();
const server = createServer((socket) => {
  const at = socket.localAddress?.replace("::ffff:", "") ?? "";
  connected.set(at, (connected.get(at) ?? 0) + 1);
  socket.on("error", () => {});
  // Each event looks the name up anew.
  socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
});
// Of both families.
await new Promise<void>((resolve) => server.listen({ host: "::", port: PORT }, resolve));
const queries = await serveNames();

/** Who reads the URL and connects without asking where to. */
const reached = [];
for (const spelling of SPELLINGS) {
  const address = literalOf(spelling);
  if (address !== undefined && await canConnect(address)) reached.push(spelling);
}
connected.clear();

const egress = createEgress(egressRules([], () => [], () => []));
const http = httpTrigger({ now: () => 0, egress });
const spelt = await Promise.all(SPELLINGS.map((spelling) => send(http, `http://${spelling}:${PORT}/`)));
const bySpelling = Object.fromEntries(connected);
connected.clear();

const outcomes: string[][] = [];
for (let round = 0; round < ROUNDS; round++) {
  outcomes.push(
    await Promise.all(
      ["flips", "flips-6", "both", "both-6", "mapped", "alias"].map((name) =>
        send(http, `http://${name}.rebind.test:${PORT}/`)
      ),
    ),
  );
}
const triggers: readonly (readonly [Trigger, string])[] = [
  [amqpTrigger({ now: () => 0, egress }), `amqp://amqp.rebind.test:${PORT}/v/e/k`],
  [kafkaTrigger({ now: () => 0, egress }), `kafka://kafka.rebind.test:${PORT}/t`],
  [mqttTrigger({ egress }), `mqtt://mqtt.rebind.test:${PORT}/t`],
];
const brokers = await Promise.all(
  triggers.map(async ([trigger, urn]) => [await send(trigger, urn), await send(trigger, urn)]),
);
writeSync(
  1,
  `${
    JSON.stringify({
      ...{ spellings: SPELLINGS.length, reached: reached.length, spelt, bySpelling },
      ...{ outcomes, brokers, connected: Object.fromEntries(connected), queries: Object.fromEntries(queries) },
    })
  }\n`,
);
process.exit(0);

async function send(trigger: Trigger, urn: string): Promise<string> {
  const result = await trigger.send({
    ...{
      id: "0".repeat(32) as OccurrenceId,
      attempt: 1,
      task: "t",
      instant: instant(0),
      toleranceMs: 0,
      payload: null,
    },
    ...{ connectMs: 3_000, totalMs: 5_000, target: { urn, isGuarded: true } },
  }, new AbortController().signal);
  return result.kind === "failed" ? result.error : result.kind;
}

/** The address that a URL with this host leads to; absent when it is a name, or none. */
function literalOf(spelling: string): string | undefined {
  const host = URL.parse(`http://${spelling}/`)?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  return isIP(host) === 0 ? undefined : host;
}

async function canConnect(host: string): Promise<boolean> {
  const socket = connect({ host, port: PORT });
  return await new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    setTimeout(resolve, 1_000, false).unref();
  }).finally(() => socket.destroy()) as boolean;
}

/** RFC 1035, with answers that nobody is to remember. Counts what it is asked for. */
async function serveNames(): Promise<Map<string, number>> {
  const asked = new Map<string, number>();
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    const key = `${name} ${type}`;
    const nth = asked.get(key) ?? 0;
    asked.set(key, nth + 1);
    const answers = answersTo(name, type, nth);
    const head = Uint8Array.of(query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, answers.length, 0, 0, 0, 0);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers.map(recordOf)]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(53, "127.0.0.1", resolve));
  return asked;
}

/** `of`: another name than the one that was asked for. */
type Answer = { readonly type: number; readonly text: string; readonly of?: string };

/** `nth`: how often the same was asked for before. */
function answersTo(name: string, type: number, nth: number): readonly Answer[] {
  const v4 = (...texts: string[]) => type === A ? texts.map((text) => ({ type: A, text })) : [];
  const v6 = (...texts: string[]) => type === AAAA ? texts.map((text) => ({ type: AAAA, text })) : [];
  const inside = INSIDE[nth % INSIDE.length] ?? "127.0.0.1";
  switch (name.split(".")[0]) {
    case "flips":
    case "amqp":
    case "kafka":
    case "mqtt":
      return v4(nth === 0 ? PUBLIC[0] : inside);
    case "flips-6":
      return v6(nth === 0 ? PUBLIC[1] : nth % 2 === 0 ? "::1" : "fd00::1");
    case "both":
      return v4(...nth % 2 === 0 ? [PUBLIC[0], inside] : [inside, PUBLIC[0]]);
    case "both-6":
      return [...v4(PUBLIC[0]), ...v6("::1")];
    case "mapped":
      return v6("::ffff:127.0.0.1");
    case "alias":
      return [{ type: CNAME, text: "localhost" }, ...type === A ? [{ type: A, text: inside, of: "localhost" }] : []];
    // The metadata of a cloud, as it is there.
    case "metadata":
    case "instance-data":
      return v4("169.254.169.254");
  }
  return [];
}

function questionOf(query: Uint8Array): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(String.fromCharCode(...query.subarray(at + 1, at + 1 + length)));
    at += length + 1;
  }
  return { name: labels.join(".").toLowerCase(), type: (query[at + 1] ?? 0) << 8 | (query[at + 2] ?? 0), end: at + 5 };
}

function recordOf({ type, text, of }: Answer): Uint8Array {
  const data = type === A ? v4Bytes(text) : type === AAAA ? v6Bytes(text) : nameBytes(text);
  const owner = of === undefined ? [0xc0, 12] : nameBytes(of);
  return Uint8Array.of(...owner, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length, ...data);
}

function v4Bytes(text: string): readonly number[] {
  return text.split(".").map(Number);
}

function v6Bytes(text: string): readonly number[] {
  const [, head = "", tail = ""] = /^(.*?)::(.*)$/.exec(URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) ?? "") ??
    [];
  const words = (part: string) => part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
  return all.flatMap((word) => [word >> 8, word & 0xff]);
}

function nameBytes(text: string): readonly number[] {
  return [...text.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]), 0];
}
