import assert from "node:assert/strict";
import { test } from "node:test";
import { Machine } from "../../src/core/machine/machine.ts";
import { shardName, shardOf } from "../../src/core/ownership/shard.ts";
import type { CoreEvent, Effect } from "../../src/core/protocol/event.ts";
import { PLAIN_RULES } from "../../src/core/targets/egress.ts";
import { NO_PROGRESS } from "../../src/core/task/dossier.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { STRANGER } from "../introduction.ts";

const START = instant(Date.parse("2026-05-01T12:00:00Z"));

/** An alarm that rings so often at one moment rings for ever: there is nothing that it could be waiting for. */
const RINGS_MAX = 200;

/** A machine, and whatever it asks for; nothing is answered unless the test does it. */
class Bench {
  readonly effects: Effect[] = [];
  now: Instant = START;
  readonly #machine = new Machine({
    ...STRANGER,
    self: "peer-1",
    origin: 1,
    highWaterMs: 0,
    chance: () => 0,
    egress: PLAIN_RULES,
    now: START,
    start: {
      vector: [],
      runEnds: [],
      runFloors: [],
      ownSeq: 0,
      isNew: true,
      members: [],
      targets: [],
      users: [],
      groups: [],
    },
  });
  #alarmAt: Instant | undefined;

  tell(event: CoreEvent): this {
    for (const effect of this.#machine.handle(event, this.now)) {
      if (effect.kind === "alarm") this.#alarmAt = effect.at;
      this.effects.push(effect);
    }
    return this;
  }

  /** Moves time on, ringing as often as the machine asks for; returns how often that was. */
  pass(ms: number): number {
    const end = instant(this.now + ms);
    let rings = 0;
    for (let at = this.#alarmAt; at !== undefined && at <= end; at = this.#alarmAt) {
      assert.ok(++rings <= RINGS_MAX, "the alarm rings for ever");
      this.now = instant(Math.max(this.now, at));
      this.#alarmAt = undefined;
      this.tell({ kind: "alarm" });
    }
    this.now = end;
    return rings;
  }

  /** The answer to the read of the due index: so many tasks are due now. */
  due(count: number): this {
    const guids = Array.from({ length: count }, (_, n) => taskGuid("ada", `t${n}`));
    const entries = guids.map((guid) => ({ shard: shardName(shardOf(guid)), guid, at: this.now }));
    return this.tell({ kind: "due", page: { entries, rest: [] } });
  }

  asked(kind: Effect["kind"]): number {
    return this.effects.filter((effect) => effect.kind === kind).length;
  }
}

test("a read of the due index that takes minutes lets the alarm sleep, and is not asked for again", () => {
  const bench = new Bench().tell({ kind: "started" });
  assert.ok(bench.pass(600_000) <= 1);
  assert.equal(bench.asked("readDue"), 1);
  bench.due(0);
  assert.equal(bench.asked("sweep"), 2, "the window moved on");
});

test("a disk that takes no writes lets the alarm of what is due sleep until it does", () => {
  const bench = new Bench().tell({ kind: "started" }).tell({ kind: "store", writable: false }).due(10);
  assert.ok(bench.pass(30_000) <= 1);
  assert.equal(bench.asked("readDossiers"), 1, "read ahead, and no more");
  bench.tell({ kind: "store", writable: true });
  assert.ok(bench.pass(30_000) <= 1);
});

test("a peer that drains lets the alarm of what is due sleep", () => {
  const bench = new Bench().tell({ kind: "started" }).tell({ kind: "drain" }).due(10);
  assert.ok(bench.pass(30_000) <= 1);
  assert.equal(bench.asked("readDossiers"), 0);
});

test("when every seat is taken, what else is due waits for one in silence", () => {
  const bench = new Bench().tell({ kind: "started" }).due(40_000);
  assert.ok(bench.pass(0) <= 40_000 / 256);
  assert.equal(bench.pass(30_000), 0);
  const [first] = bench.effects.flatMap((effect) => effect.kind === "readDossiers" ? effect.guids : []);
  assert.ok(first);
  const reads = bench.asked("readDossiers");
  bench.tell({ kind: "dossiers", dossiers: [{ guid: first, progress: NO_PROGRESS, open: [] }] });
  assert.equal(bench.asked("readDossiers"), reads + 1);
});
