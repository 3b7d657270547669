// Whatever a user writes as a target, and whatever a task is called, the wire sees one request, or nothing at all.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { isNamed, parseTarget } from "../../src/core/targets/target.ts";
import { isFault } from "../../src/core/values/fault.ts";
import { httpTrigger } from "../../src/trigger/http.ts";
import { chanceOf } from "../chance.ts";
import { headerOf, OK, rawServer } from "../contract/trigger-server.ts";
import { deliveryTo, NEVER } from "../contract/trigger.suite.ts";

const CASES = 6_000;

/** Pieces that have split messages before, and such that stand beside them in good ones. */
// deno-fmt-ignore
const PIECES = [
  "\r\n", "\n", "\r", "\t", " ", "\0", "\x0b", "\x7f", "\x85", "\u2028", "\u010d\u010a", "\u560d\u560a", "é", "😀", "\ud800",
  "%0d%0a", "%00", "%zz", "%", "%25", ":", "@", "/", "\\", "?", "#", "&", "=", ";", ",", "..", "//", '"', "'", "<", ">", "|", "{", "}",
  "HTTP/1.1", "GET /x HTTP/1.1\r\nhost: y\r\n\r\n", "content-length: 0", "transfer-encoding: chunked", "0\r\n\r\n", "host", "ce-id", "time=1", "&at=2",
  "a", "b", "x-a", "1", "-", "_", "user", "pass",
];

test("one request on the wire, or a fault", async () => {
  const seed = Number(process.env.METRONOME_TEST_SEED ?? 20261201);
  const chance = chanceOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] ?? assert.fail("an empty list");
  const mix = (max: number) => Array.from({ length: Math.floor(chance() * (max + 1)) }, () => pick(PIECES)).join("");
  const tame = (max: number) =>
    Array.from(
      { length: Math.floor(chance() * (max + 1)) },
      () => pick(["a", "b", "%20", "/", "=", "&", "é", "'", "~", ";"]),
    ).join("");
  await using server = await rawServer(() => OK);
  const trigger = httpTrigger({ now: Date.now });
  let sent = 0;
  let refused = 0;
  const one = async (n: number) => {
    const wild = chance() < 0.5 ? mix : tame;
    const userinfo = chance() < 0.2 ? `${wild(2)}:${wild(2)}@` : "";
    const urn = `http://${userinfo}127.0.0.1:${server.port}/${wild(4)}${chance() < 0.5 ? `?${wild(5)}` : ""}`;
    const headers = Object.fromEntries(
      Array.from(
        { length: Math.floor(chance() * 4) },
        () => [chance() < 0.3 ? mix(2) : `x-${n}`, wild === mix ? mix(3) : "a b~"],
      ),
    );
    const method = chance() < 0.05 ? mix(2) : pick(["POST", "PUT", "PATCH", "GET", "DELETE"]);
    const target = parseTarget({ urn, method, headers });
    if (isFault(target) || isNamed(target)) {
      refused++;
      return;
    }
    // One that leads elsewhere is no matter of this server.
    if (new URL(target.urn).host !== `127.0.0.1:${server.port}`) return;
    sent++;
    const result = await trigger.send(
      deliveryTo(target, { task: `${n}-${mix(3)}`, payload: mix(3), attempt: n + 1 }),
      NEVER,
    );
    assert.equal(result.kind, "delivered", JSON.stringify({ seed, n, target, result }));
  };
  for (let n = 0; n < CASES; n += 50) await Promise.all(Array.from({ length: 50 }, (_, i) => one(n + i)));
  await trigger.close();
  assert.ok(sent > 1_000 && refused > 1_000, `${sent} sent, ${refused} refused`);
  assert.equal(server.requests.length, sent, `seed ${seed}`);
  const attempts = new Set(server.requests.map((request) => headerOf(request, "ce-attempt")));
  assert.equal(attempts.size, sent, `seed ${seed}: an attempt came twice`);
  let bytes = 0;
  for (const request of server.requests) {
    assert.match(
      request.line,
      /^(POST|PUT|PATCH|GET|DELETE) \/[\x21-\x7e]*[?&]time=-?\d+&epsilon=[\d.]+&at=\d+ HTTP\/1\.1$/,
      `seed ${seed}`,
    );
    assert.equal(headerOf(request, "host"), `127.0.0.1:${server.port}`);
    assert.equal(headerOf(request, "transfer-encoding"), undefined);
    assert.match(request.head, /^[\t\x20-\x7e\r\n]*$/);
    assert.doesNotMatch(request.head.replaceAll("\r\n", ""), /[\r\n]/);
    bytes += request.head.length + 4 + Number(headerOf(request, "content-length") ?? 0);
  }
  assert.equal(server.bytes().length, bytes, "every byte that came belongs to a request");
});
