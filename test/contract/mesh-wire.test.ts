import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeValue, encodeValue, frameOf, FrameReader, MESSAGE_MAX_BYTES } from "../../src/mesh/wire.ts";
import { chanceOf } from "../chance.ts";
import { mutate } from "../mutation.ts";

const SEED = Number(process.env["METRONOME_TEST_SEED"] ?? Date.now() % 1_000_000);

test("what is encoded is decoded as it was", () => {
  const chance = chanceOf(SEED);
  for (let round = 0; round < 2_000; round++) {
    const value = anyValue(chance, 5);
    assert.deepEqual(decodeValue(encodeValue(value)), { kind: "value", value }, `seed ${SEED}, round ${round}`);
  }
});

test("a property that is absent does not travel, and a prototype never does", () => {
  assert.deepEqual(decodeValue(encodeValue({ a: undefined, b: 1 })), { kind: "value", value: { b: 1 } });
  // A payload may hold such a name: it stays a property like any other, here and on the other side.
  const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}';
  const decoded = decodeValue(encodeValue(JSON.parse(text)));
  assert.equal(decoded.kind === "value" && JSON.stringify(decoded.value), text);
  assert.ok(decoded.kind === "value" && Object.getPrototypeOf(decoded.value) === Object.prototype);
  assert.equal((decoded.value as { readonly polluted?: true }).polluted, undefined);
});

test("what is not plain is not encoded", () => {
  class Point {
    x = 1;
  }
  const loop: unknown[] = [];
  loop.push(loop);
  for (
    const value of [
      undefined,
      NaN,
      -Infinity,
      1n,
      Symbol(),
      () => 1,
      new Point(),
      new Map(),
      [undefined],
      [, 1],
      loop,
    ]
  ) {
    assert.throws(() => encodeValue(value), TypeError);
  }
});

test("what is too deep, too long, too many or no number is malformed before it costs anything", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const nested = (depth: number) => bytes("[".repeat(depth) + "]".repeat(depth));
  assert.equal(decodeValue(nested(48)).kind, "value");
  assert.deepEqual(decodeValue(nested(49)), { kind: "malformed", reason: "nested too deep" });
  assert.deepEqual(decodeValue(bytes('{"a":'.repeat(200_000))), { kind: "malformed", reason: "nested too deep" });
  assert.deepEqual(decodeValue(bytes(`[${"[],".repeat(200_000)}1]`)), { kind: "malformed", reason: "too many values" });
  assert.deepEqual(decodeValue(bytes(`[${"0,".repeat(200_000)}1]`)), { kind: "malformed", reason: "too many values" });
  assert.deepEqual(decodeValue(bytes(`"${"x".repeat(MESSAGE_MAX_BYTES)}"`)), { kind: "malformed", reason: "too long" });
  assert.deepEqual(decodeValue(bytes("[1e999]")), { kind: "malformed", reason: "a number is out of range" });
  assert.deepEqual(decodeValue(bytes(`{"a":-${"9".repeat(400)}}`)), {
    kind: "malformed",
    reason: "a number is out of range",
  });
  for (const text of ["[1E999]", '{"e":-1.5e+400}', `[true,1${"0".repeat(310)}]`]) {
    assert.equal(decodeValue(bytes(text)).kind, "malformed", text);
  }
  assert.deepEqual(decodeValue(bytes('[1e5,false,"1e999"]')), { kind: "value", value: [1e5, false, "1e999"] });
  const wrong = ["", " ", "\ufeff1", "{'a':1}", '"\\', '"a', "[1,]", "undefined", "NaN", '"\u0001"', "1 2", "{}}"];
  for (const text of wrong) assert.equal(decodeValue(bytes(text)).kind, "malformed", text);
  assert.equal(decodeValue(Uint8Array.of(0x22, 0xff, 0x22)).kind, "malformed");
  // Brackets in a text are no depth, and an escaped quote does not end it.
  const text = `${"[".repeat(100)}\\"${"{".repeat(100)}\\`;
  assert.deepEqual(decodeValue(encodeValue([text])), { kind: "value", value: [text] });
});

test("100,000 mutated messages are decoded to plain values, or not at all, and none takes long", () => {
  const chance = chanceOf(SEED);
  const corpus = [
    encodeValue({
      kind: "probe",
      seq: 12,
      news: { name: "a", labels: { site: "lyon" }, shards: "A".repeat(700) },
      rumors: [],
    }),
    encodeValue({
      kind: "entities",
      entities: Array.from({ length: 9 }, (_, at) => ({ at, value: { "ü": [null, true, 1.5e-9] } })),
    }),
    encodeValue([[[[[["deep"]]]]], 'text with \\ and " and \u2028']),
    encodeValue({}),
  ];
  let plain = 0;
  let slowest = 0;
  for (let round = 0; round < 100_000; round++) {
    const bytes = mutate(corpus, chance);
    const begun = performance.now();
    const decoded = decodeValue(bytes);
    slowest = Math.max(slowest, performance.now() - begun);
    if (decoded.kind === "malformed") continue;
    plain++;
    assert.doesNotThrow(() => encodeValue(decoded.value), `seed ${SEED}, round ${round}`);
  }
  assert.ok(plain > 1_000 && plain < 99_000, `${plain} of 100,000 were plain`);
  // The aim is 50 ms; the machine may be busy with something else for as long.
  assert.ok(slowest < 500, `one took ${slowest} ms`);
});

test("frames come out whole and in order, in whatever pieces they come", () => {
  const chance = chanceOf(SEED);
  for (let round = 0; round < 300; round++) {
    const frames = Array.from(
      { length: 1 + Math.floor(chance() * 20) },
      () => Buffer.from(Array.from({ length: Math.floor(chance() ** 4 * 5_000) }, () => Math.floor(chance() * 256))),
    );
    const stream = Buffer.concat(frames.map(frameOf));
    const reader = new FrameReader(MESSAGE_MAX_BYTES);
    const got: Buffer[] = [];
    const longest = 1 + chance() ** 3 * 3_000;
    for (let at = 0; at < stream.length;) {
      const end = at + 1 + Math.floor(chance() * longest);
      assert.ok(reader.push(stream.subarray(at, end), (frame) => got.push(Buffer.from(frame))));
      at = end;
    }
    assert.ok(Buffer.concat(got).equals(Buffer.concat(frames)), `seed ${SEED}, round ${round}`);
    assert.deepEqual(got.map(({ length }) => length), frames.map(({ length }) => length));
  }
});

test("a frame that announces too much ends the reading, and nothing is held for it", () => {
  const reader = new FrameReader(1_000);
  const got: number[] = [];
  assert.equal(
    reader.push(Buffer.concat([frameOf(new Uint8Array(1_000)), Uint8Array.of(0, 0, 3, 233)]), (frame) => {
      got.push(frame.length);
    }),
    false,
  );
  assert.deepEqual(got, [1_000]);
  assert.equal(reader.push(frameOf(new Uint8Array(1)), () => assert.fail()), false);
});

test("a frame of 1 MiB in single bytes is read in a moment", () => {
  const stream = frameOf(new Uint8Array(MESSAGE_MAX_BYTES));
  const reader = new FrameReader(MESSAGE_MAX_BYTES);
  let length = 0;
  const begun = performance.now();
  for (let at = 0; at < stream.length; at++) {
    reader.push(stream.subarray(at, at + 1), (frame) => {
      length = frame.length;
    });
  }
  assert.equal(length, MESSAGE_MAX_BYTES);
  assert.ok(performance.now() - begun < 10_000);
});

function anyValue(chance: () => number, depth: number): unknown {
  const kind = Math.floor(chance() * (depth === 0 ? 5 : 7));
  const count = Math.floor(chance() * 5);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return chance() < 0.5;
    case 2:
      return Math.floor((chance() - 0.5) * 1e6) + 0.5;
    case 3:
      return Math.floor(chance() * Number.MAX_SAFE_INTEGER);
    case 4:
      return Array.from({ length: count * 3 }, () => String.fromCharCode(Math.floor(chance() * 65_536))).join("");
    case 5:
      return Array.from({ length: count }, () => anyValue(chance, depth - 1));
    default:
      return Object.fromEntries(Array.from({ length: count }, (_, at) => [`k"${at}`, anyValue(chance, depth - 1)]));
  }
}
