// The anti-entropy of entities as a small model, from a seed: peers that write, tell, pull in part, lose power and are
// lost for ever, on the production registers and vectors. It asks one thing: when all that is left has pulled from all,
// do they hold the same? REPLICATION §3 says by which rule a vector may be adopted; the others are here to be seen red.

import { type Entity, mergeEntities, stampsOf, writeRegister } from "../core/register/register.ts";
import { VersionVector } from "../core/register/vector.ts";
import type { Instant } from "../core/values/instant.ts";
import { HybridClock, type Stamp } from "../core/values/stamp.ts";
import { Chance } from "./chance.ts";

/** `whole`: the other's vector, when its stream has come to its end. `record`: each stamp as it comes. `cut`: the other's vector, also when the stream broke. */
export type Rule = "whole" | "record" | "cut";

type State = { readonly entities: Map<string, Entity>; vector: VersionVector };

type Peer = { readonly clock: HybridClock; memory: State; disk: State; isGone: boolean };

const PEERS = 5;
const KEYS = 6;
const REGISTERS = ["schedule", "target", "meta"];
const STEPS = 60;

/** Whether the survivors of this history hold the same in the end. */
export function converges(seed: number, rule: Rule): boolean {
  const chance = new Chance(seed, "pulls").next;
  const below = (n: number) => Math.floor(chance() * n);
  let now = 1_000_000;
  const peers = Array.from({ length: PEERS }, (_, n): Peer => ({
    clock: new HybridClock(n + 1, 0),
    memory: emptyState(),
    disk: emptyState(),
    isGone: false,
  }));
  const living = () => peers.filter(({ isGone }) => !isGone);
  const one = (): Peer => {
    const some = living();
    const peer = some[below(some.length)];
    if (peer === undefined) throw new Error("everybody is gone");
    return peer;
  };
  for (let step = 0; step < STEPS; step++) {
    now += below(50);
    const peer = one();
    const luck = chance();
    if (luck < 0.4) {
      const key = `k${below(KEYS)}`;
      const name = REGISTERS[below(REGISTERS.length)] ?? "meta";
      const entity = written(peer, key, name, now);
      // Its broadcast comes to some.
      for (const other of living()) {
        if (other !== peer && chance() < 0.5) take(other, entity, rule, now);
      }
    } else if (luck < 0.8) {
      const from = one();
      if (from !== peer) pull(peer, from, rule, now, chance() < 0.5 ? below(4) : Infinity);
    } else if (luck < 0.9) sync(peer);
    else if (luck < 0.98) peer.memory = copyOf(peer.disk);
    else if (living().length > 3) peer.isGone = true;
  }
  for (let round = 0; round < PEERS; round++) {
    for (const to of living()) for (const from of living()) if (from !== to) pull(to, from, rule, now, Infinity);
  }
  return new Set(living().map(({ memory }) => textOf(memory))).size === 1;
}

/** On the disk before anybody hears of it. */
function written(peer: Peer, key: string, name: string, now: number): Entity {
  const { memory: { entities, vector }, clock } = peer;
  const stamp = clock.tick(now as Instant);
  const before = entities.get(key) ?? { kind: "task", key, registers: {} };
  const entity: Entity = {
    ...before,
    registers: { ...before.registers, [name]: writeRegister(before.registers[name], stamp, stamp) },
  };
  entities.set(key, entity);
  vector.advance(stamp);
  sync(peer);
  return entity;
}

/** `records` of what `from` holds above the vector of `to` come, in the order of their stamps; all when there are no more. */
function pull(to: Peer, from: Peer, rule: Rule, now: number, records: number): void {
  const { vector, entities } = from.memory;
  const above: { readonly stamp: Stamp; readonly entity: Entity }[] = [];
  for (const entity of entities.values()) {
    for (const stamp of stampsOf(entity)) if (!to.memory.vector.covers(stamp)) above.push({ stamp, entity });
  }
  above.sort((a, b) => a.stamp < b.stamp ? -1 : 1);
  const theirs = vector.copy();
  for (const { entity } of above.slice(0, records)) take(to, entity, rule, now);
  if (rule === "cut" || (rule === "whole" && records >= above.length)) to.memory.vector.adopt(theirs);
}

function take(peer: Peer, entity: Entity, rule: Rule, now: number): void {
  const { entities, vector } = peer.memory;
  const mine = entities.get(entity.key) ?? { ...entity, registers: {} };
  entities.set(entity.key, mergeEntities(mine, entity).entity);
  for (const stamp of stampsOf(entity)) {
    peer.clock.observe(stamp, now as Instant);
    if (rule === "record") vector.advance(stamp);
  }
}

function sync(peer: Peer): void {
  peer.disk = copyOf(peer.memory);
}

function emptyState(): State {
  return { entities: new Map(), vector: new VersionVector() };
}

function copyOf({ entities, vector }: State): State {
  return { entities: new Map(entities), vector: vector.copy() };
}

function textOf({ entities }: State): string {
  return JSON.stringify(
    [...entities].sort(([a], [b]) => a < b ? -1 : 1)
      .map((
        [key, { registers }],
      ) => [key, Object.entries(registers).map(([name, { stamp }]) => `${name} ${stamp}`).sort()]),
  );
}
