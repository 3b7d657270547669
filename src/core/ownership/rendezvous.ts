// Rendezvous says which peer comes first for a shard: every peer computes it alone, and all who see the same candidates
// agree. The highest score wins; a peer that comes or goes moves only the shards that it wins or leaves, and each gets
// shards in proportion to its weight. After Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates"
// (1998); the weights after Schindelhauer and Schomaker, "Weighted Distributed Hash Tables" (2005).
//
// The hash is for ever, for peers of two versions must agree: the (shard + 1)-th output of splitmix64 that is seeded
// with FNV-1a 64 of the peer id in UTF-8. Its vectors, and those of the scores, stand in the test.

import type { GroupId } from "../task/peer-group.ts";
import type { PeerId } from "../values/ids.ts";
import { GROUP_SHARDS, type Shard, SHARDS } from "./shard.ts";

/** A weight is positive; who has another one is no candidate. */
export type Candidate = { readonly peer: PeerId; readonly weight: number };

/**
 * Who comes first, for each of the 4,096 shards, or each of the 256 of a group; empty when there is no candidate. In a
 * group a peer goes by its id, a line feed and the group's id, so that who is lucky in one is not so in all.
 */
export function ownersOf(candidates: readonly Candidate[], group?: GroupId): readonly PeerId[] {
  return new Firsts(group).among(candidates);
}

/**
 * The same for candidates that come and go: who comes is held against the first of each shard, and where who goes was the
 * first the others are asked. When a mesh of a hundred comes up each peer ranks a hundred times, one more each time.
 */
export class Firsts {
  readonly #group: GroupId | undefined;
  readonly #shards: number;
  readonly #best: Float64Array;
  readonly #peers: PeerId[];
  #candidates: readonly Candidate[] = [];

  constructor(group?: GroupId) {
    this.#group = group;
    this.#shards = group === undefined ? SHARDS : GROUP_SHARDS;
    this.#best = new Float64Array(this.#shards);
    this.#peers = new Array<PeerId>(this.#shards).fill("");
  }

  /** A new array at each call. */
  among(candidates: readonly Candidate[]): readonly PeerId[] {
    const after = valid(candidates);
    const [left, come] = [missing(this.#candidates, after), missing(after, this.#candidates)];
    if (left.size > 0) this.#leave(left, after.filter(({ peer }) => !come.has(peer)));
    for (const candidate of after) if (come.has(candidate.peer)) this.#come(candidate);
    this.#candidates = after;
    return after.length === 0 ? [] : [...this.#peers];
  }

  #come({ peer, weight }: Candidate): void {
    const logarithms = logarithmsOf(nameIn(peer, this.#group), this.#shards);
    for (let shard = 0; shard < this.#shards; shard++) this.#offer(shard, peer, -weight / (logarithms[shard] ?? -1));
  }

  #leave(left: ReadonlySet<PeerId>, others: readonly Candidate[]): void {
    const named = others.map((each) => ({
      ...each,
      logarithms: logarithmsOf(nameIn(each.peer, this.#group), this.#shards),
    }));
    for (let shard = 0; shard < this.#shards; shard++) {
      if (!left.has(this.#peers[shard] ?? "")) continue;
      this.#best[shard] = 0;
      for (const { peer, weight, logarithms } of named) this.#offer(shard, peer, -weight / (logarithms[shard] ?? -1));
    }
  }

  /** Of two equal scores the smaller id's is ahead. */
  #offer(shard: Shard, peer: PeerId, score: number): void {
    const best = this.#best[shard] ?? 0;
    if (score < best || (score === best && peer >= (this.#peers[shard] ?? ""))) return;
    this.#best[shard] = score;
    this.#peers[shard] = peer;
  }
}

/** Who is among these and not, with the same weight, among those. */
function missing(these: readonly Candidate[], those: readonly Candidate[]): ReadonlySet<PeerId> {
  const weights = new Map(those.map(({ peer, weight }) => [peer, weight]));
  return new Set(these.filter(({ peer, weight }) => weights.get(peer) !== weight).map(({ peer }) => peer));
}

/** The candidates of one shard, the first first. */
export function rank(shard: Shard, candidates: readonly Candidate[]): readonly PeerId[] {
  return valid(candidates)
    .map(({ peer, weight }) => ({ peer, score: score(shard, peer, weight) }))
    .sort((a, b) => b.score - a.score)
    .map(({ peer }) => peer);
}

/** `shard`: of the 4,096, or of the 256 of the group. */
export function score(shard: Shard, peer: PeerId, weight: number, group?: GroupId): number {
  return scoreOf(seedOf(nameIn(peer, group)), shard, weight);
}

function nameIn(peer: PeerId, group: GroupId | undefined): string {
  return group === undefined ? peer : `${peer}\n${group}`;
}

/** By peer id, so that of two equal scores the smaller id's stays ahead. */
function valid(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates
    .filter(({ weight }) => weight > 0 && Number.isFinite(weight))
    .sort((a, b) => a.peer < b.peer ? -1 : a.peer > b.peer ? 1 : 0);
}

/** 64 bits as two words: in BigInt a score costs 430 ns, so 85. */
type Word64 = { readonly high: number; readonly low: number };

const TWO_32 = 4_294_967_296;

const UTF8 = new TextEncoder();

/** FNV-1a 64: offset basis cbf29ce484222325, prime 2^40 + 1b3. */
function seedOf(name: string): Word64 {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of UTF8.encode(name)) {
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / TWO_32) + mixed * 0x100) >>> 0;
    low = product >>> 0;
  }
  return { high, low };
}

/** Logarithms that are remembered, 16 MB: a hundred peers that come up one by one rank a hundred times. */
const REMEMBERED_MAX = 2_097_152;

const remembered = new Map<string, Float64Array>();
let rememberedCount = 0;

/** Of each of so many shards, as in `scoreOf`. */
function logarithmsOf(name: string, shards: number): Float64Array {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const seed = seedOf(name);
  const made = Float64Array.from({ length: shards }, (_, shard) => logarithmOf(seed, shard));
  for (const [first, { length }] of remembered) {
    if (rememberedCount + shards <= REMEMBERED_MAX) break;
    remembered.delete(first);
    rememberedCount -= length;
  }
  remembered.set(name, made);
  rememberedCount += shards;
  return made;
}

/** -weight / ln(u), where u in (0, 1) is 52 bits of splitmix64, in the middle of their step: never 0 and never 1. */
function scoreOf(seed: Word64, shard: Shard, weight: number): number {
  return -weight / logarithmOf(seed, shard);
}

function logarithmOf(seed: Word64, shard: Shard): number {
  const step = shard + 1;
  const sum = seed.low + 0x7f4a7c15 * step;
  let low = sum >>> 0;
  let high = (seed.high + 0x9e3779b9 * step + Math.floor(sum / TWO_32)) >>> 0;

  low ^= (low >>> 30) | (high << 2);
  high ^= high >>> 30;
  high = (Math.imul(high, 0x1ce4e5b9) + Math.imul(low, 0xbf58476d) + highOfProduct(low >>> 0, 0x1ce4e5b9)) >>> 0;
  low = Math.imul(low, 0x1ce4e5b9);

  low ^= (low >>> 27) | (high << 5);
  high ^= high >>> 27;
  high = (Math.imul(high, 0x133111eb) + Math.imul(low, 0x94d049bb) + highOfProduct(low >>> 0, 0x133111eb)) >>> 0;
  low = Math.imul(low, 0x133111eb);

  low ^= (low >>> 31) | (high << 1);
  high ^= high >>> 31;
  return logarithm(high >>> 0, low >>> 12);
}

const LN_2 = 0.6931471805599453;

/** 2^n, exact. */
const POWERS = Array.from({ length: 53 }, (_, n) => 2 ** n);

/**
 * ln((high × 2^20 + low + 1/2) / 2^52), of 32 and 20 bits. Not by Math.log: of 200,000 values, Node 24 and Deno 2.9.5
 * give another last bit in 15,015. Adding, multiplying and dividing are the same everywhere.
 */
function logarithm(high: number, low: number): number {
  const length = high === 0 ? 32 - Math.clz32(low) : 52 - Math.clz32(high);
  let mantissa = (high * 0x200000 + low * 2 + 1) / (POWERS[length] ?? 1);
  let exponent = length - 53;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  // 2 artanh(s) = 2s (1 + s²/3 + s⁴/5 + …): |s| < 0.172, so what is cut off is below 2^-60.
  const s = (mantissa - 1) / (mantissa + 1);
  const z = s * s;
  const near = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13)))));
  const far = 1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21 + z * (1 / 23))));
  const series = 1 + z * (near + z * z * z * z * z * z * far);
  return exponent * LN_2 + 2 * s * series;
}

/** The upper word of the product of two words. */
function highOfProduct(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (other >>> 16);
}
