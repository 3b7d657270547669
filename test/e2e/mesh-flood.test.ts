// More than 100,000 frames that are broken, or well-formed and untrue, from members and strangers, over real sockets, on
// every protocol and topic of whole peers: none of them stumbles, what they hold does not grow, and what honest peers
// write still comes to each other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import { parseBroadcast, parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import type { Ask, Broadcast, PeerMessage } from "../../src/core/protocol/message.ts";
import { DigestTree, startDescent } from "../../src/core/register/digest.ts";
import type { CarryPage } from "../../src/core/task/carry.ts";
import { privateKeyOf } from "../../src/core/values/ed25519.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { sealEnvelope } from "../../src/mesh/envelope.ts";
import { OFFENCES_MAX } from "../../src/mesh/gate.ts";
import { HTTP_PROTOCOL } from "../../src/mesh/http-channel.ts";
import type { Stream } from "../../src/mesh/libp2p-types.ts";
import { decodeValue, encodeValue, frameOf } from "../../src/mesh/wire.ts";
import { chanceOf } from "../chance.ts";
import { lie, mutate } from "../mutation.ts";
import { floodWorld, heapUsed, type Honest, type Liar, MESSAGES, TOPICS, until } from "./flood-world.ts";

const SEED = Number(process.env["METRONOME_TEST_SEED"] ?? Date.now() % 1_000_000);
const FRAMES = 100_000;
const GROWTH_MAX_BYTES = 20e6;

/** The first of them warms everything up. */
const LIARS = 11;
/** Of each: lies on its stream, raw frames of gossip, and broadcasts of either topic; few of these cost 3 ms each. */
const LIES = 1_500;
const RAW = 8_000;
const BROADCASTS = 40;
/** Channels of each, and frames on a channel that is open. */
const CHANNELS = 30;
const CHANNEL_FRAMES = 10;

test("100,000 mutated frames on every protocol and topic harm nobody, and honest traffic goes on", async () => {
  await using world = await floodWorld(LIARS);
  const { a, b } = world;
  await until("they have met", () => [a, b].every(({ node }) => node.mesh().converged && !node.mesh().fenced));
  for (let times = 0; times < 5; times++) await world.exchange();
  world.stopRecording();
  const flood = new Flood([...world.messages, ...asks()], [...world.broadcasts, { kind: "carries", page: pageOf() }]);
  let before = Infinity;
  for (let n = 0; n < LIARS; n++) {
    const liar = await world.liar(n);
    const stream = await flood.tell(liar, a);
    await world.exchange();
    await flood.gossip(liar, a);
    await flood.channels(liar, a);
    await world.exchange();
    await flood.garble(liar, stream, a);
    await liar.stop();
    await world.exchange();
    if (n === 0) before = await heapUsed();
  }
  const stranger = await world.stranger();
  await flood.join(stranger, a);
  await stranger.stop();
  await world.exchange();
  const growth = await heapUsed() - before;
  const story = `seed ${SEED}: ${JSON.stringify(flood.sent)}, counted ${JSON.stringify(a.mesh.counts())}`;
  console.log(`${flood.total} frames, the heap grew by ${(growth / 1e6).toFixed(1)} MB; ${story}`);
  assert.ok(flood.total >= FRAMES, story);
  for (const { mesh, said } of [a, b]) {
    assert.equal(
      mesh.counts()["listener failed"],
      undefined,
      said.filter((line) => line.startsWith("error")).join("\n"),
    );
  }
  assert.ok(growth <= GROWTH_MAX_BYTES, `the heap grew by ${growth} bytes; ${story}`);
});

class Flood {
  readonly sent: Record<string, number> = {};
  readonly #chance = chanceOf(SEED);
  readonly #messages: readonly PeerMessage[];
  readonly #broadcasts: readonly Broadcast[];
  readonly #texts: readonly Uint8Array[];
  #number = Date.now();

  constructor(messages: readonly PeerMessage[], broadcasts: readonly Broadcast[]) {
    // As many of each kind, however often it was said.
    const kinds = new Map<string, PeerMessage[]>();
    for (const message of messages) {
      const kind = message.kind === "ask"
        ? `ask ${message.ask.kind}`
        : message.kind === "answer"
        ? `answer ${message.answer.kind}`
        : message.kind;
      const same = kinds.get(kind) ?? [];
      if (same.length < 8) kinds.set(kind, [...same, message]);
    }
    this.#messages = [...kinds.values()].flatMap((same) =>
      Array.from({ length: 8 }, (_, n) => same[n % same.length] ?? []).flat()
    );
    this.#broadcasts = broadcasts;
    this.#texts = [...this.#messages, ...broadcasts].map(encodeValue);
  }

  get total(): number {
    return Object.values(this.sent).reduce((sum, count) => sum + count, 0);
  }

  /** Messages that are well-formed, and lie: those that can't be read are few, or it would be shut out at once. */
  async tell(liar: Liar, to: Honest): Promise<Stream> {
    const stream = await streamTo(liar, to, MESSAGES);
    let garbled = 0;
    for (let told = 0; told < LIES && stream.writeStatus === "writable";) {
      const frames: Uint8Array[] = [];
      for (let each = 0; each < 50; each++) {
        if (garbled < OFFENCES_MAX / 2 && this.#chance() < 0.01) {
          garbled++;
          frames.push(frameOf(mutate(this.#texts, this.#chance)));
        } else frames.push(frameOf(this.#untruth(this.#messages, parsePeerMessage)));
      }
      told += frames.length;
      this.#count("message", frames.length);
      await sendAll(stream, Buffer.concat(frames));
    }
    return stream;
  }

  /** Broadcasts of either topic, signed, that lie or can't be read, and broken frames of gossipsub's own control. */
  async gossip(liar: Liar, to: Honest): Promise<void> {
    const sealed = TOPICS.flatMap((topic) =>
      Array.from({ length: BROADCASTS }, (_, n) => {
        const body = n < OFFENCES_MAX / 8
          ? mutate(this.#texts, this.#chance)
          : this.#untruth(this.#broadcasts, (value) => topicOf(parseBroadcast(value)) === topic ? value : undefined);
        return {
          topic,
          bytes: sealEnvelope({ from: liar.peer, number: ++this.#number, topic, body }, privateKeyOf(liar.seed)),
        };
      })
    );
    const whole = sealed.map(({ topic, bytes }) => rpcOf(topic, bytes));
    const stream = await streamTo(liar, to, "/meshsub/1.1.0");
    await sendAll(stream, Buffer.concat([...CONTROL, ...whole].map(lengthened)));
    this.#count("broadcast", whole.length);
    for (let sent = 0; sent < RAW && stream.writeStatus === "writable"; sent += 100) {
      const frames = Array.from({ length: 100 }, () => lengthened(mutate(CONTROL, this.#chance).subarray(0, 4_000)));
      this.#count("gossip frame", frames.length);
      await sendAll(stream, Buffer.concat(frames));
    }
  }

  /** Channels of every protocol: some never say what they are, some are left unfinished, some never read. */
  async channels(liar: Liar, to: Honest): Promise<void> {
    const head = encodeValue({
      method: "GET",
      path: "/api/v1/tasks?limit=3",
      headers: [["accept", "*/*"]],
      hasBody: true,
    });
    const names = [HTTP_PROTOCOL, "sync/1"].map((name) => encodeValue(name));
    for (let n = 0; n < CHANNELS; n++) {
      for (const protocol of ["/metronome/channel/1", "/ipfs/id/1.0.0", "/meshsub/1.2.0"]) {
        const stream = await streamTo(liar, to, protocol).catch(() => undefined);
        if (stream === undefined) continue;
        if (n % 2 === 0 && stream.readStatus === "readable") stream.pause();
        const isChannel = protocol === "/metronome/channel/1";
        const first = isChannel && n % 3 > 0 ? names[0] ?? head : mutate(names, this.#chance);
        // One that can't be read costs an offence: with those of the messages they are fewer than would shut it out.
        if (isChannel && n % 3 === 0 && n > OFFENCES_MAX / 4) continue;
        let bytes = frameOf(first);
        for (let each = 0; each < CHANNEL_FRAMES; each++) {
          bytes = Buffer.concat([bytes, frameOf(mutate([head], this.#chance))]);
        }
        this.#count(protocol, CHANNEL_FRAMES + 1);
        await sendAll(stream, bytes);
        if (n % 5 === 0) continue;
        if (n % 5 === 1) stream.abort(new Error("enough"));
        else stream.close().catch(() => undefined);
      }
    }
  }

  /** What can't be read, on the stream that stands, until it is shut out. */
  async garble(liar: Liar, stream: Stream, to: Honest): Promise<void> {
    const isShut = () => to.said.some((line) => line.includes("shut a member out") && line.includes(liar.peer));
    const frames = Array.from(
      { length: 8 * OFFENCES_MAX },
      () => frameOf(Buffer.concat([mutate(this.#texts, this.#chance), Buffer.from("]")])),
    );
    assert.equal(stream.writeStatus, "writable", `the link of a member that is not shut out yet: seed ${SEED}`);
    this.#count("garbled message", frames.length);
    await sendAll(stream, Buffer.concat(frames));
    await until("it is shut out", isShut);
  }

  /** A stranger shows what is no ticket. */
  async join(stranger: Liar, to: Honest): Promise<void> {
    const request = encodeValue({ peer: stranger.peer, name: "n", origin: 1, addresses: [], secret: "0".repeat(22) });
    for (let n = 0; n < CHANNELS; n++) {
      const stream = await streamTo(stranger, to, "/metronome/join/1").catch(() => undefined);
      if (stream === undefined) continue;
      this.#count("/metronome/join/1", 1);
      await sendAll(stream, Buffer.concat([mutate([request], this.#chance), Buffer.from(n % 4 === 0 ? "" : "\n")]));
      if (n % 2 === 0) stream.abort(new Error("enough"));
      // It is shown the door after each try.
      await until("it is out", () => stranger.node.getConnections().length === 0);
    }
  }

  /** One of these that was changed, and can still be read. */
  #untruth<T>(of: readonly T[], parse: (value: unknown) => unknown): Uint8Array {
    for (;;) {
      const truth = of[Math.floor(this.#chance() * of.length)];
      const decoded = decodeValue(Buffer.from(JSON.stringify(lie(truth, this.#chance)) ?? ""));
      if (decoded.kind === "value" && parse(decoded.value) !== undefined) return encodeValue(decoded.value);
    }
  }

  #count(what: string, frames: number): void {
    this.sent[what] = (this.sent[what] ?? 0) + frames;
  }
}

/** Asks and answers that two peers that hold little do not send each other. */
function asks(): readonly PeerMessage[] {
  const guid = taskGuid("ada", "task");
  const descent = startDescent(new DigestTree("flood"));
  const stamp = makeStamp(Date.now(), 0, 1);
  const all: readonly Ask[] = [
    { kind: "entities", vector: [] },
    { kind: "entities", vector: [stamp], cursor: `${stamp}/task/${guid}` },
    { kind: "carries", vector: [["12D3KooWnobody", 3]], isUntoldToo: true, fallen: "12D3KooWnobody" },
    { kind: "results", cursor: guid },
    { kind: "digests", descent },
    { kind: "leaves", leaves: [0, 17, 65_535], held: "00000000a00000000b" },
    { kind: "command", command: { kind: "task", guid, command: { kind: "trigger" } } },
    { kind: "dossier", guid },
    {
      kind: "keep",
      entity: { kind: "setting", key: "kept", registers: { setting: { value: [1, { two: "three" }], stamp } } },
    },
  ];
  return [
    ...all.map((ask, id): PeerMessage => ({ kind: "ask", id, ask })),
    { kind: "answer", id: 1, answer: { kind: "digests", descent } },
    { kind: "answer", id: 3, answer: { kind: "leaves", entities: [], isMore: false } },
    { kind: "answer", id: 2, answer: { kind: "unable", why: "no reason" } },
    { kind: "released", shards: new ShardSet([1, 2, 4_095]).text(), version: 3, seq: 1 },
    { kind: "carries", page: pageOf() },
    { kind: "confided", page: pageOf() },
  ];
}

/** In a small mesh it goes from peer to peer; in a large one it is a broadcast. */
function pageOf(): CarryPage {
  const carry = { guid: taskGuid("ada", "task"), through: instant(1), failures: 0, runs: [] };
  return { author: "12D3KooWnobody", after: 0, to: 2, carries: [{ seq: 1, ...carry }] };
}

function topicOf(broadcast: Broadcast | undefined): string {
  return `/metronome/${broadcast?.kind}/1`;
}

async function streamTo(liar: Liar, { mesh }: Honest, protocol: string): Promise<Stream> {
  const signal = AbortSignal.timeout(10_000);
  const connection = await liar.node.dial(liar.addressesOf(mesh.addresses(), mesh.self), { signal });
  return await connection.newStream(protocol, { signal, maxOutboundStreams: 1_000 });
}

/** Resolves when all is sent, or nothing more can be. */
async function sendAll(stream: Stream, bytes: Uint8Array): Promise<void> {
  if (stream.writeStatus !== "writable") return;
  try {
    stream.send(bytes);
    await new Promise<void>((resolve) => {
      const end = () => {
        stream.removeEventListener("idle", end);
        stream.removeEventListener("close", end);
        resolve();
      };
      stream.addEventListener("idle", end);
      stream.addEventListener("close", end);
      if (stream.writeBufferLength === 0 || stream.status !== "open") end();
    });
  } catch {
    // It was cut off meanwhile.
  }
  // Both ends live in one process: the other is to have its turn.
  await new Promise((resolve) => setImmediate(resolve));
}

/** Protobuf of gossipsub: RPC { 2: { 2: data, 4: topic } }. */
function rpcOf(topic: string, data: Uint8Array): Uint8Array {
  return field(2, Buffer.concat([field(2, data), field(4, Buffer.from(topic))]));
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
}

function lengthened(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(number: number): Uint8Array {
  const bytes: number[] = [];
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  return Uint8Array.from([...bytes, number]);
}

/** RPC { 1: { 1: subscribe, 2: topic } }, and RPC { 3: control } with IHAVE, IWANT, GRAFT, PRUNE and IDONTWANT. */
const CONTROL: readonly Uint8Array[] = TOPICS.flatMap((name) => {
  const topic = field(1, Buffer.from(name));
  const id = Buffer.alloc(32, name);
  const ids = (number: number) => Buffer.concat(Array.from({ length: 20 }, () => field(number, id)));
  return [
    field(1, Buffer.concat([Buffer.from([0x08, 1]), field(2, Buffer.from(name))])),
    field(3, field(1, Buffer.concat([topic, ids(2)]))),
    field(3, field(2, ids(1))),
    field(3, field(3, topic)),
    field(3, field(4, Buffer.concat([topic, Buffer.from([0x18, 60])]))),
    field(3, field(5, ids(1))),
  ];
});
