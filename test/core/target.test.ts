import assert from "node:assert/strict";
import { test } from "node:test";
import { HEADERS_MAX, HEADERS_MAX_BYTES } from "../../src/core/targets/target-http.ts";
import { maskUrn, URN_MAX, userinfoOf } from "../../src/core/targets/target-urn.ts";
import { maskTarget, originOf, parseTarget } from "../../src/core/targets/target.ts";
import { isFault } from "../../src/core/values/fault.ts";

const URN = "http://localhost:3000/tick";

test("a target is returned as it was written", () => {
  const targets = [
    { urn: URN },
    { urn: "HTTPS://Example.ORG" },
    { urn: URN, method: "GET" },
    { urn: URN, headers: {} },
    {
      urn: URN,
      method: "DELETE",
      headers: { "X-Site": "lyon", "authorization": "Bearer x", "x-empty": "", "__proto__x": "a\tb c~" },
    },
  ];
  for (const target of targets) assert.deepEqual(parseTarget(target), target);
  assert.deepEqual(parseTarget(URN), { urn: URN });
  const parsed = parseTarget(JSON.parse(`{"urn":"${URN}","headers":{"__proto__":"x","constructor":"y"}}`));
  assert.deepEqual(isFault(parsed) ? parsed : Object.entries(parsed.headers ?? {}), [["__proto__", "x"], [
    "constructor",
    "y",
  ]]);
});

test("these URNs are targets", () => {
  const urns = [
    "http://a",
    "https://a?",
    "http://a?b=http://c/#".replace("#", ""),
    "http://127.0.0.1:1/",
    "http://[::1]:65535/x",
    "http://user@host/",
    "http://user:@host/",
    "http://:pass@host/",
    "http://a@b:c@host/",
    "http://u%40:p%3A%25@host/",
    "http://bücher.example/ü?ß=é",
    "http://host:/x",
    "http://host/a|b{c}^`'\"<>",
    "http://host/?a\\b",
    `http://a/${"x".repeat(URN_MAX - 9)}`,
  ];
  for (const urn of urns) assert.deepEqual(parseTarget(urn), { urn });
});

test("what is wrong with a URN is told at its place, with the way out", () => {
  const cases:
    readonly (readonly [urn: string, message: RegExp, position?: number | undefined, suggestion?: string])[] = [
      ["", /can't be empty/, undefined, URN],
      ["localhost:3000/tick", /starts with its scheme/, 0, "http://localhost:3000/tick"],
      ["example.org", /known schemes are http, https/, 0, "http://example.org"],
      ["//example.org/a", /scheme/, 0, "http://example.org/a"],
      ["/a/b", /scheme/, 0, "http://a/b"],
      ["http:example.org", /scheme/, 0, "http://example.org"],
      ["https:/example.org/x", /scheme/, 0, "https://example.org/x"],
      ["user:secret@example.org", /scheme/, 0],
      ["gopher://x", /"gopher" is not a scheme .* http, https/, 0],
      ["javascript:alert(1)", /scheme/, 0],
      ["http://", /names a host/, 7, URN],
      ["http:///a", /names a host/, 7, URN],
      ["http://?a", /names a host/, 7, URN],
      ["http://:80/", /names a host/, 7, URN],
      ["http://u:p@/", /names a host/, 7, URN],
      ["http://host:0/", /port/, 12],
      ["http://host:65536/", /port/, 12],
      ["http://u:p@host:99999", /port/, 16],
      ["http://host:8o/", /host/, 7],
      ["http://[::1/", /host/, 7],
      ["http://a%zz/", /host/, 7],
      ["http://999.1.1.1/", /host/, 7],
      ["http://a b/", /white space/, 8],
      [" http://a/", /white space/, 0],
      ["http://a/\n", /white space/, 9],
      ["http://a/\r\nHost: b", /white space/, 9],
      ["http://a/\u0000", /control/, 9],
      ["http://a/\u0085", /control/, 9],
      ["http://a/\u2028", /white space/, 9],
      ["http://a/\ud800", /surrogate/],
      ["http://a\\@b/", /back slash/, 8],
      ["http://a/b\\c", /back slash/, 10],
      ["http://a/#b", /fragment/, 9],
      ["http://a/?b#", /fragment/, 11],
      ["http://%zz@a/", /percent-encoded/, 7],
      ["http://u:%ff@a/", /percent-encoded/, 7],
      ["http://u%3Av:p@a/", /colon/, 7],
      ["http://u:p%0d%0a@a/", /control/, 7],
      [`http://a/${"x".repeat(URN_MAX - 8)}`, /at most 2048 characters; this one is 2049/],
    ];
  for (const [urn, message, position, suggestion] of cases) {
    for (const [value, field] of [[urn, "target"], [{ urn }, "target.urn"]] as const) {
      const found = parseTarget(value);
      assert.ok(isFault(found), urn);
      assert.match(found.message, message, urn);
      assert.deepEqual([found.field, found.position, found.suggestion], [field, position, suggestion], urn);
      if (suggestion !== undefined) assert.equal(isFault(parseTarget(suggestion)), false);
      assert.equal(JSON.stringify(found).includes("secret"), false);
    }
  }
});

test("what is not a target is told by its field", () => {
  const cases: readonly (readonly [value: unknown, field: string, suggestion?: string])[] = [
    [null, "x", URN],
    [5, "x", URN],
    [[URN], "x", URN],
    [undefined, "x", URN],
    [{}, "x.urn", URN],
    [{ urn: 5 }, "x.urn", URN],
    [{ url: URN }, "x.url", "urn"],
    [{ urn: URN, constructor: 1 }, "x.constructor"],
    [{ urn: URN, ["y".repeat(99)]: 1 }, `x.${"y".repeat(63)}…`],
    [{ urn: URN, method: "post" }, "x.method", "POST"],
    [{ urn: URN, method: "FETCH" }, "x.method"],
    [{ urn: URN, method: "GET / HTTP/1.1\r\n" }, "x.method"],
    [{ urn: URN, method: null }, "x.method"],
    [{ urn: URN, headers: null }, "x.headers"],
    [{ urn: URN, headers: ["a: b"] }, "x.headers"],
    [{ urn: URN, headers: { "x-a": 5 } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "x-a": null } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "": "b" } }, 'x.headers.""'],
    [{ urn: URN, headers: { "a b": "c" } }, "x.headers.a b"],
    [{ urn: URN, headers: { "a:": "c" } }, "x.headers.a:"],
    [{ urn: URN, headers: { "a\r\nb": "c" } }, "x.headers.a\r\nb"],
    [{ urn: URN, headers: { "é": "c" } }, "x.headers.é"],
    [{ urn: URN, headers: { "x-a": "b\r\nc: d" } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "x-a": "b\u0000" } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "x-a": "\u007f" } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "x-a": "é" } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "x-a": " b" } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "x-a": "b\t" } }, "x.headers.x-a"],
    [{ urn: URN, headers: { "x-a": "b", "X-A": "c" } }, "x.headers.X-A"],
    [{ urn: "http://u:p@host/", headers: { Authorization: "Bearer x" } }, "x.headers.Authorization"],
    [
      { urn: URN, headers: Object.fromEntries(Array.from({ length: HEADERS_MAX + 1 }, (_, n) => [`x-${n}`, "b"])) },
      "x.headers",
    ],
    [{ urn: URN, headers: { "x-a": "b".repeat(HEADERS_MAX_BYTES - 2) } }, "x.headers"],
  ];
  for (const [value, field, suggestion] of cases) {
    const found = parseTarget(value, "x");
    assert.ok(isFault(found), JSON.stringify(value));
    assert.deepEqual([found.field, found.suggestion], [field, suggestion]);
  }
  assert.equal(isFault(parseTarget({ urn: URN, headers: { "x-a": "b".repeat(HEADERS_MAX_BYTES - 3) } })), false);
});

test("headers that frame the message or carry the event can't be set", () => {
  const names =
    "host content-length content-type content-encoding content-range transfer-encoding connection upgrade te trailer expect keep-alive http2-settings proxy-authorization proxy-connection idempotency-key traceparent tracestate ce-id ce-anything webhook-id webhook-signature";
  for (const name of names.split(" ")) {
    for (const written of [name, name.toUpperCase()]) {
      const found = parseTarget({ urn: URN, headers: { [written]: "x" } });
      assert.ok(
        isFault(found) && found.field === `target.headers.${written}` && /set by Metronome/.test(found.message),
        written,
      );
    }
  }
});

test("an origin is scheme, host and port, however the URN writes them", () => {
  const cases = [
    ["http://host", "http://host:80"],
    ["HTTP://u:p@HOST:80/a?b", "http://host:80"],
    ["https://host/", "https://host:443"],
    ["https://host:8443?x", "https://host:8443"],
    ["http://[::1]:8080/", "http://[::1]:8080"],
    ["kafka://u:p@a:1,b:2/topic", "kafka://a:1,b:2"],
  ] as const;
  for (const [urn, origin] of cases) assert.equal(originOf({ urn }), origin);
});

test("no password is shown", () => {
  const cases = [
    ["http://user:pass@host/a", "http://user:***@host/a"],
    ["http://user:p@ss:w@rd@host/a@b:c@d", "http://user:***@host/a@b:c@d"],
    ["http://u@v:pass@host?x@y", "http://u@v:***@host?x@y"],
    ["http://key@host", "http://***@host"],
    ["http://key:@host", "http://***@host"],
    ["http://:pass@host", "http://***@host"],
    ["http://host:80/a@b", "http://host:80/a@b"],
    ["http://host/?a=b:c@d", "http://host/?a=b:c@d"],
    ["amqps://u:p@host/v/e/k", "amqps://u:***@host/v/e/k"],
    ["kafka://u:p@a:1,b:2/t", "kafka://u:***@a:1,b:2/t"],
    ["http://user:***@host/", "http://user:***@host/"],
    ["http://***@host/", "http://***@host/"],
  ] as const;
  for (const [urn, shown] of cases) assert.equal(maskUrn(urn), shown);
  const headers = {
    "x-site": "lyon",
    "Authorization": "Bearer x",
    "X-Api-Key": "k",
    "cookie": "c",
    "x-author": "me",
    "x-auth": "y",
    "X-Hub-Signature": "s",
  };
  assert.deepEqual(maskTarget({ urn: "http://a:b@c", method: "PUT", headers }), {
    urn: "http://a:***@c",
    method: "PUT",
    headers: {
      "x-site": "lyon",
      "Authorization": "***",
      "X-Api-Key": "***",
      "cookie": "***",
      "x-author": "me",
      "x-auth": "***",
      "X-Hub-Signature": "***",
    },
  });
  assert.deepEqual(maskTarget({ urn: URN }), { urn: URN });
});

test("user and password are read decoded", () => {
  assert.deepEqual(userinfoOf("http://a%40b:c%3Ad%C3%A9@host/"), { user: "a@b", password: "c:dé" });
  assert.deepEqual(userinfoOf("http://key@host/"), { user: "key", password: "" });
  assert.equal(userinfoOf(URN), undefined);
});
