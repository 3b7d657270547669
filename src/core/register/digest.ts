// The digest tree tells whether two peers hold the same entities, and where not, in a few kilobytes. It promises only
// what sums can: equal sets have equal roots, and different ones different roots but for one chance in 2^64.
//
// 65,536 leaves; each is the sum, mod 2^64, of the hashes of its entities. A hash takes in the entity's kind and key and
// the stamps of its registers, so that adding, replacing and removing are O(1) and their order does not matter. Inner
// nodes are sums of leaves, made when a descent asks for them. The hash is keyed, so that no user can make two tasks
// that cancel each other out.

import { hash } from "node:crypto";
import type { Stamp } from "../values/stamp.ts";

/** 16 bits: the 12 of the shard, and 4 that part a shard into buckets. */
export const LEAVES = 65_536;

/** What the digest takes of an entity; an `Entity` is one. */
export type Stamped = {
  readonly kind: string;
  readonly key: string;
  readonly registers: { readonly [name: string]: { readonly stamp: Stamp } };
};

/** An addition costs 10 ns in two words, 40 in a BigUint64Array; the hash of six stamps about 5 µs. */
export class DigestTree {
  readonly #key: string;
  /** The low word of each leaf, then its high word. */
  readonly #words = new Uint32Array(2 * LEAVES);
  #rootLow = 0;
  #rootHigh = 0;
  #size = 0;

  /** Peers that compare their trees have the same key. */
  constructor(key: string) {
    this.#key = key;
  }

  add(entity: Stamped): void {
    const { low, high } = this.#hash(entity);
    this.#shift(leafOf(entity.kind, entity.key), low, high);
    this.#size++;
  }

  /** Of an entity that was added, with the stamps that it had then. */
  remove(entity: Stamped): void {
    const { low, high } = this.#hash(entity);
    this.#shift(leafOf(entity.kind, entity.key), -low >>> 0, (~high + (low === 0 ? 1 : 0)) >>> 0);
    this.#size--;
  }

  replace(before: Stamped, after: Stamped): void {
    this.remove(before);
    this.add(after);
  }

  /** Added and not removed. */
  get size(): number {
    return this.#size;
  }

  /** 16 hex digits. */
  root(): string {
    return sumText(this.#rootLow, this.#rootHigh);
  }

  /** 16 hex digits: the sum of the leaves `from` … `to - 1`. */
  sum(from: number, to: number): string {
    const { low, high } = this.#sum(from, to);
    return sumText(low, high);
  }

  /** As much of that sum as travels. */
  shortSum(from: number, to: number): string {
    const { low, high } = this.#sum(from, to);
    return shortText(low, high);
  }

  /** Tells one state of an entity from all others, as long as a short sum. It need not be held here. */
  mark(entity: Stamped): string {
    const { low, high } = this.#hash(entity);
    return shortText(low, high);
  }

  #sum(from: number, to: number): { readonly low: number; readonly high: number } {
    let low = 0;
    let high = 0;
    for (let leaf = from; leaf < to; leaf++) {
      low += this.#words[2 * leaf] ?? 0;
      high += this.#words[2 * leaf + 1] ?? 0;
    }
    return { low: low >>> 0, high: (high + Math.floor(low / TWO_32)) >>> 0 };
  }

  #shift(leaf: number, low: number, high: number): void {
    const sum = (this.#words[2 * leaf] ?? 0) + low;
    this.#words[2 * leaf] = sum;
    this.#words[2 * leaf + 1] = (this.#words[2 * leaf + 1] ?? 0) + high + (sum >= TWO_32 ? 1 : 0);
    const root = this.#rootLow + low;
    this.#rootLow = root >>> 0;
    this.#rootHigh = (this.#rootHigh + high + (root >= TWO_32 ? 1 : 0)) >>> 0;
  }

  /** Lengths go before texts, so that no two entities are written alike. */
  #hash({ kind, key, registers }: Stamped): { readonly low: number; readonly high: number } {
    let text = `${this.#key}\n${kind.length} ${kind}${key.length} ${key}`;
    for (const name of Object.keys(registers).sort()) text += `${name.length} ${name}${registers[name]?.stamp}`;
    const digits = hash("sha256", text, "hex");
    return { high: Number.parseInt(digits.slice(0, 8), 16), low: Number.parseInt(digits.slice(8, 16), 16) };
  }
}

/** A task's leaf is the first 16 bits of its guid, so it lies in the task's shard; another entity's is of a hash. */
export function leafOf(kind: string, key: string): number {
  if (kind === "task" && GUID_START.test(key)) return Number.parseInt(key.slice(0, 4), 16);
  return Number.parseInt(hash("sha256", `${kind}/${key}`, "hex").slice(0, 4), 16);
}

const GUID_START = /^[0-9a-f]{4}/;

/**
 * One message of a descent. The two sides take turns, and neither keeps anything in between: who asks sends
 * `startDescent`, each answers `sums` by `descend`, and with the fourth message who asked has the leaves.
 */
export type Descent =
  /** The short sums of all children of these nodes, one after another. At most 36 KiB. */
  | { readonly kind: "sums"; readonly level: number; readonly nodes: readonly number[]; readonly sums: string }
  /** The leaves that differ, at most 4,096. */
  | { readonly kind: "leaves"; readonly leaves: readonly number[] };

/**
 * The root has 256 children, each of those 16, each of those 16 leaves. A wide root and narrow rest: two round trips,
 * and 160 sums for ten differences where 256 children everywhere would make it 2,560.
 */
const LEVELS = [
  { nodes: 1, children: 256, leavesEach: 256 },
  { nodes: 256, children: 16, leavesEach: 16 },
  { nodes: 4096, children: 16, leavesEach: 1 },
] as const;

/** Nodes of one message: 256 × 16 sums are 36 KiB. What is cut off still differs, and the next descent finds it. */
const DESCENT_NODES_MAX = 256;

const DESCENT_LEAVES_MAX = DESCENT_NODES_MAX * 16;

const SUMS_PATTERN = /^[0-9a-z]*$/;

export function startDescent(tree: DigestTree): Descent {
  return { kind: "sums", level: 0, nodes: [0], sums: childSums(tree, 0, 0) };
}

/** The answer to the other's message: what differs, one level deeper. The leaves are the end, and are their own answer. */
export function descend(tree: DigestTree, message: Descent): Descent {
  if (message.kind === "leaves") return message;
  const level = LEVELS[message.level];
  if (level === undefined) throw new Error(`a digest tree has no level ${message.level}`);
  const differing: number[] = [];
  message.nodes.forEach((node, n) => {
    const mine = childSums(tree, message.level, node);
    for (let child = 0; child < level.children; child++) {
      const theirs = digits(message.sums, n * level.children + child);
      if (theirs !== digits(mine, child)) differing.push(node * level.children + child);
    }
  });
  const deeper = message.level + 1;
  if (deeper === LEVELS.length || differing.length === 0) return { kind: "leaves", leaves: differing };
  const nodes = differing.slice(0, DESCENT_NODES_MAX);
  return { kind: "sums", level: deeper, nodes, sums: nodes.map((node) => childSums(tree, deeper, node)).join("") };
}

/** Undefined when it is not a message of a descent: levels, nodes, lengths and digits are checked. */
export function parseDescent(value: unknown): Descent | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, level, nodes, sums, leaves } = value as { readonly [name: string]: unknown };
  if (kind === "leaves") return isLeaves(leaves, DESCENT_LEAVES_MAX) ? { kind, leaves } : undefined;
  if (kind !== "sums" || typeof level !== "number" || typeof sums !== "string") return undefined;
  const shape = LEVELS[level];
  if (shape === undefined || !isAscending(nodes, DESCENT_NODES_MAX, shape.nodes)) return undefined;
  if (sums.length !== nodes.length * shape.children * SHORT_DIGITS || !SUMS_PATTERN.test(sums)) return undefined;
  return { kind, level, nodes, sums };
}

/** At most so many leaves, each once, in order. */
export function isLeaves(value: unknown, most: number): value is readonly number[] {
  return isAscending(value, most, LEAVES);
}

function isAscending(value: unknown, lengthMax: number, below: number): value is readonly number[] {
  if (!Array.isArray(value) || value.length > lengthMax) return false;
  return value.every((n, at) => Number.isInteger(n) && n < below && n > (at === 0 ? -1 : value[at - 1]));
}

function childSums(tree: DigestTree, level: number, node: number): string {
  const shape = LEVELS[level];
  if (shape === undefined) throw new Error(`a digest tree has no level ${level}`);
  const { children, leavesEach } = shape;
  let sums = "";
  for (let child = node * children; child < (node + 1) * children; child++) {
    sums += tree.shortSum(child * leavesEach, (child + 1) * leavesEach);
  }
  return sums;
}

/** The n-th of sums or marks that are written one after another. */
function digits(sums: string, n: number): string {
  return sums.slice(n * SHORT_DIGITS, (n + 1) * SHORT_DIGITS);
}

/** Undefined when they are no marks, or more than `most`. */
export function parseMarks(value: unknown, most: number): readonly string[] | undefined {
  if (typeof value !== "string" || value.length > most * SHORT_DIGITS || value.length % SHORT_DIGITS !== 0) {
    return undefined;
  }
  if (!SUMS_PATTERN.test(value)) return undefined;
  return Array.from({ length: value.length / SHORT_DIGITS }, (_, n) => digits(value, n));
}

const TWO_32 = 4_294_967_296;

/**
 * The last 46 bits in digits of base 36: little more than half of what 64 bits take in hex. Where sums of two peers
 * differ and these do not, once in 7 · 10^13, a descent passes a difference over until something else there changes.
 */
const SHORT_DIGITS = 9;
const SHORT_HIGH = 0x3fff;

function shortText(low: number, high: number): string {
  return ((high & SHORT_HIGH) * TWO_32 + low).toString(36).padStart(SHORT_DIGITS, "0");
}

function sumText(low: number, high: number): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
