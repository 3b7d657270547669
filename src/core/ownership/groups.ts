// The groups are the peer groups that this peer knows: those of its own tasks, which are in use, and those that another
// peer fires tasks of. Each has a slot, 256 shards behind the 4,096 that are anybody's, and leaves it when nobody uses it.
// The numbers are this peer's own; to others, and in the store, a shard of a group has the group's name in its own.

import { type GroupId, parseGroup, type PeerGroup } from "../task/peer-group.ts";
import { PLACEMENT_TEXT_MAX } from "../task/placement.ts";
import type { TaskGuid } from "../values/ids.ts";
import { ShardSet } from "./shard-set.ts";
import { GROUP_SHARDS, GROUPS_MAX, NO_SHARD, type Shard, type ShardName, shardName, shardOf, SHARDS } from "./shard.ts";

/** Placements that users may make: each costs every peer 256 shards at each change of the mesh, and 50 bytes and itself in each probe. */
export const PLACEMENTS_MAX = 64;

export type Seat = {
  readonly group: PeerGroup;
  /** The first of its shards. */
  readonly from: Shard;
};

type Slot = Seat & {
  /** Tasks of it are due here, at some time. */
  isUsed: boolean;
  /** Some came since the last census began. */
  isFresh: boolean;
};

export class Groups {
  /** By slot; a slot that was left is given anew when all others are taken. */
  readonly #slots: (Slot | undefined)[] = [];
  readonly #byId = new Map<GroupId, Slot>();
  readonly #left: number[] = [];
  #version = 0;

  /** Grows with each group that comes, goes, or comes into use. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** All shards are below. */
  get shards(): number {
    return SHARDS + this.#slots.length * GROUP_SHARDS;
  }

  /** Those of tasks that are here. */
  used(): readonly Seat[] {
    return [...this.#byId.values()].filter(({ isUsed }) => isUsed);
  }

  /** Whether tasks of the group may be made: it is known, or there is room. */
  mayUse(group: PeerGroup): boolean {
    return this.#byId.has(group.id) || this.#byId.size < PLACEMENTS_MAX;
  }

  /** The shard of a task that is here: its group is in use from now on. */
  shardOf(guid: TaskGuid, group: PeerGroup | undefined): Shard {
    if (group === undefined) return shardOf(guid);
    const slot = this.#seat(group);
    if (slot === undefined) return NO_SHARD;
    slot.isFresh = true;
    if (!slot.isUsed) {
      slot.isUsed = true;
      this.#version++;
    }
    return slot.from + Number.parseInt(guid.slice(0, 2), 16);
  }

  /** As `shardOf`, for who only looks: no group comes into use by that. */
  shardOfKnown(guid: TaskGuid, group: PeerGroup | undefined): Shard {
    if (group === undefined) return shardOf(guid);
    const slot = this.#byId.get(group.id);
    return slot === undefined ? NO_SHARD : slot.from + Number.parseInt(guid.slice(0, 2), 16);
  }

  nameOf(shard: Shard): ShardName {
    if (shard < SHARDS) return shardName(shard);
    const slot = this.#slots[Math.floor((shard - SHARDS) / GROUP_SHARDS)];
    if (slot === undefined) throw new Error(`shard ${shard} is of no group`);
    return `p${slot.group.id}${(shard - slot.from).toString(16).padStart(2, "0")}` as ShardName;
  }

  shardNamed(name: ShardName): Shard {
    if (!name.startsWith("p")) return Number.parseInt(name, 16);
    const slot = this.#byId.get(name.slice(1, -2) as GroupId);
    return slot === undefined ? NO_SHARD : slot.from + Number.parseInt(name.slice(-2), 16);
  }

  /** What is due at the start is of these. */
  begin(texts: readonly string[]): void {
    for (const text of texts) {
      const group = parseGroup(text);
      const slot = group === undefined ? undefined : this.#seat(group);
      if (slot !== undefined) slot.isUsed = true;
    }
  }

  /** The groups in a text of `text()`. */
  idsIn(text: string): readonly GroupId[] {
    return text.split("\n").slice(1).flatMap((line) => parseGroup(line.slice(BITS + 1))?.id ?? []);
  }

  /** What other peers are told of a set of shards; see `isShardsText`. */
  text(shards: ShardSet): string {
    let text = shards.text();
    for (const { group, from } of this.#byId.values()) {
      const bits = shards.groupText(from);
      if (bits !== undefined) text += `\n${bits} ${group.text}`;
    }
    return text;
  }

  /** Of `text()` of another peer; its groups are known from now on. */
  parse(text: string): ShardSet {
    const [base = "", ...lines] = text.split("\n");
    const shards = ShardSet.parse(base) ?? new ShardSet();
    for (const line of lines) {
      const group = parseGroup(line.slice(BITS + 1));
      const slot = group === undefined ? undefined : this.#seat(group);
      if (slot !== undefined) shards.addGroup(slot.from, line.slice(0, BITS));
    }
    return shards;
  }

  // ── coming and going ─────────────────────────────────────────────────────────────────────────────────────────────

  /** The store is asked now which groups have tasks that are due at some time. */
  beginCensus(): void {
    for (const slot of this.#byId.values()) slot.isFresh = false;
  }

  /** It says these. Those that nobody uses go, and with them what anybody knew of their shards. */
  endCensus(due: ReadonlySet<GroupId>, isListed: (id: GroupId) => boolean): readonly Seat[] {
    const gone: Slot[] = [];
    for (const slot of [...this.#byId.values()]) {
      const { group: { id } } = slot;
      if (due.has(id) || slot.isFresh) continue;
      if (slot.isUsed) {
        slot.isUsed = false;
        this.#version++;
      } else if (!isListed(id)) {
        gone.push(slot);
        this.#byId.delete(id);
        const at = this.#slots.indexOf(slot);
        this.#slots[at] = undefined;
        this.#left.push(at);
        this.#version++;
      }
    }
    return gone;
  }

  #seat(group: PeerGroup): Slot | undefined {
    const known = this.#byId.get(group.id);
    if (known !== undefined) return known;
    const at = this.#slots.length < GROUPS_MAX ? this.#slots.length : this.#left.shift();
    if (at === undefined) return undefined;
    const slot: Slot = { group, from: SHARDS + at * GROUP_SHARDS, isUsed: false, isFresh: false };
    this.#slots[at] = slot;
    this.#byId.set(group.id, slot);
    this.#version++;
    return slot;
  }
}

/** Digits of 256 bits in base64. */
const BITS = 44;

/** A text is long when a peer fires tasks of many long placements. */
const SHARDS_TEXT_MAX = 1_000 + GROUPS_MAX * (PLACEMENT_TEXT_MAX + BITS + 16);

const GROUP_LINE = /^[A-Za-z0-9+/]{43}= \{.*\}$/;

/** Whether it is `ShardSet.text()`, and a line of 44 digits, a space and its text for each group. */
export function isShardsText(text: unknown): text is string {
  if (typeof text !== "string" || text.length > SHARDS_TEXT_MAX || !text.isWellFormed()) return false;
  const [base, ...lines] = text.split("\n");
  return ShardSet.isText(base) && lines.every((line) => GROUP_LINE.test(line));
}
