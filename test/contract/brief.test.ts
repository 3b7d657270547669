import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import type { PeerMessage } from "../../src/core/protocol/message.ts";
import { instant } from "../../src/core/values/instant.ts";
import { Brief } from "../../src/mesh/brief.ts";
import { decodeValue, encodeValue } from "../../src/mesh/wire.ts";
import { newsOf } from "../core/members-world.ts";

const NOW = instant(Date.parse("2026-05-01T12:00:00Z"));

test("what a peer says of itself is said once on a stream, and then what has changed of it", () => {
  const [from, to] = [new Brief(), new Brief()];
  const say = (message: PeerMessage) => {
    const bytes = encodeValue(from.shorten(message));
    from.said(message);
    const decoded = decodeValue(bytes);
    assert.ok(decoded.kind === "value");
    const heard = parsePeerMessage(to.complete(decoded.value));
    assert.ok(heard !== undefined);
    to.heard(heard);
    assert.deepEqual(heard, message);
    return bytes.length;
  };
  const news = newsOf("p1", NOW);
  // Who has just started has not read yet what it holds.
  const probe: PeerMessage = { kind: "probe", seq: 1, incarnation: NOW, news: { ...news, digest: "" }, rumors: [] };
  const first = say(probe);
  const wall = instant(NOW + 1_000);
  const second = say({ ...probe, seq: 2, news: { ...news, wall } });
  assert.ok(first > 900 && second < 150, `${first} and ${second} bytes`);
  // A message of another kind is as it is, and changes nothing of it.
  say({ kind: "rumors", rumors: [] });
  say({ kind: "ack", seq: 3, incarnation: NOW, news: { ...news, wall, draining: true, shardsVersion: 7 }, rumors: [] });
  assert.ok(say({ ...probe, seq: 4, news: { ...news, wall, draining: true, shardsVersion: 7 } }) < 150);
  say({ ...probe, seq: 5, news: { ...news, labels: { site: "lyon" }, digest: "0123456789abcdef" } });
});

test("what was not sent is said again", () => {
  const from = new Brief();
  const news = newsOf("p1", NOW);
  const probe: PeerMessage = { kind: "probe", seq: 1, incarnation: NOW, news, rumors: [] };
  from.shorten(probe);
  assert.deepEqual(from.shorten(probe), probe);
  from.said(probe);
  assert.deepEqual(from.shorten({ ...probe, seq: 2, news: { ...news, fenced: true } }), {
    ...probe,
    seq: 2,
    news: { fenced: true },
  });
});

test("what is no message is completed to none, and is not remembered", () => {
  const to = new Brief();
  const news = newsOf("p1", NOW);
  const probe: PeerMessage = { kind: "probe", seq: 1, incarnation: NOW, news, rumors: [] };
  assert.equal(parsePeerMessage(to.complete({ ...probe, news: { wall: NOW } })), undefined);
  to.heard(probe);
  for (const bad of [null, 7, [], "x", {}, { kind: "probe", news: [] }, { ...probe, news: { wall: "then" } }]) {
    assert.equal(parsePeerMessage(to.complete(bad)), undefined, JSON.stringify(bad));
  }
  const odd: unknown = JSON.parse(
    '{"kind":"probe","seq":2,"incarnation":1,"news":{"__proto__":{"name":"q"},"x":1},"rumors":[]}',
  );
  assert.deepEqual(parsePeerMessage(to.complete(odd)), { ...probe, seq: 2, incarnation: 1 });
});
