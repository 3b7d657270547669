// What is stamped more than 60 s ahead is set aside, and not dropped: it is counted, nobody takes its author for known
// meanwhile, and it is taken in when its time has come.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entity, writeRegister } from "../../src/core/register/register.ts";
import { RunVector } from "../../src/core/register/vector.ts";
import { Intake, QUARANTINE_MAX } from "../../src/core/replication/intake.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { HybridClock, makeStamp } from "../../src/core/values/stamp.ts";

const START = Date.parse("2026-06-01T00:00:00Z");
const AHEAD_MS = 60_000;

class Peer {
  readonly merged: Entity[] = [];
  now = instant(START);
  readonly #clock = new HybridClock(1, START);
  readonly intake = new Intake({
    wall: () => this.now,
    persist: () => {},
    merge: (entity, done) => {
      this.merged.push(entity);
      done();
    },
    carry: () => {},
    result: () => {},
    observe: ({ registers }) => Object.values(registers).every(({ stamp }) => this.#clock.observe(stamp, this.now)),
  }, new RunVector());

  hear(...entities: readonly Entity[]): void {
    this.intake.merges(entities, () => {});
  }

  wait(ms: number): void {
    this.now = (this.now + ms) as Instant;
    this.intake.wake();
  }
}

const written = (key: string, register: string, aheadMs: number, origin: number): Entity => ({
  kind: "setting",
  key,
  registers: { [register]: writeRegister(undefined, key, makeStamp(START + aheadMs, 0, origin)) },
});

test("a write that is stamped more than 60 s ahead is quarantined, and taken in when local time catches up", () => {
  const peer = new Peer();
  const [near, far] = [written("near", "value", AHEAD_MS, 2), written("far", "value", AHEAD_MS + 5_000, 3)];
  peer.hear(near, far);
  assert.deepEqual([peer.merged, peer.intake.quarantined], [[near], 1]);
  assert.deepEqual([...peer.intake.quarantinedOrigins()], [3], "what else that writer wrote is not taken for known");
  assert.equal(peer.intake.wakeAt, START + 5_000);
  peer.wait(4_999);
  assert.equal(peer.intake.quarantined, 1);
  peer.wait(1);
  assert.deepEqual([peer.merged, peer.intake.quarantined], [[near, far], 0]);
  assert.deepEqual([...peer.intake.quarantinedOrigins()], []);
});

test("of one entity all is set aside that several peers tell of it", () => {
  const peer = new Peer();
  const [one, other] = [written("far", "value", AHEAD_MS + 5_000, 2), written("far", "life", AHEAD_MS + 5_000, 3)];
  peer.hear(one, other);
  assert.deepEqual([...peer.intake.quarantinedOrigins()], [2, 3]);
  peer.wait(5_000);
  assert.deepEqual(peer.merged, [{ ...one, registers: { ...one.registers, ...other.registers } }]);
});

test("of what finds no room in the quarantine the writer is not taken for known, until a later sync asks again", () => {
  const peer = new Peer();
  peer.hear(...Array.from({ length: QUARANTINE_MAX }, (_, n) => written(`far${n}`, "value", AHEAD_MS + 1_000, 2)));
  peer.hear(written("more", "value", AHEAD_MS + 1_000, 3));
  assert.equal(peer.intake.quarantined, QUARANTINE_MAX);
  assert.deepEqual([...peer.intake.quarantinedOrigins()], [3, 2]);
  peer.wait(1_000);
  assert.equal(peer.intake.quarantined, 0);
  assert.deepEqual([...peer.intake.quarantinedOrigins()], [3], "a sync may have left it out a moment ago");
  peer.wait(60_000);
  assert.deepEqual([...peer.intake.quarantinedOrigins()], []);
});
