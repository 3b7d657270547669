// How far a task has been carried is said of one schedule.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../src/core/firing/ledger.ts";
import { NO_PROGRESS, type Progress } from "../../src/core/task/dossier.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";

const GUID = "00000000000000000000000000000001" as TaskGuid;
const NOW = instant(100_000);
const AHEAD = instant(170_000);
const EARLY = makeStamp(1, 0, 1);
const LATE = makeStamp(2, 0, 1);
const LATEST = makeStamp(3, 0, 1);

/** Nothing of the other schedule lies before it. */
const asFar = (through: Instant) => through;

function ledger(progress: Partial<Progress> = {}): Ledger {
  return new Ledger(GUID, { ...NO_PROGRESS, ...progress });
}

test("what a fast clock has carried of one schedule is not taken for carried of the next one", () => {
  const own = ledger({ through: AHEAD, schedule: EARLY });
  own.become(LATE, NOW, asFar);
  assert.equal(own.through, NOW);
  const told = ledger({ through: instant(50_000), schedule: LATE });
  told.follow({ through: AHEAD, schedule: EARLY, failures: 0 }, NOW, asFar);
  assert.equal(told.through, NOW, "nor is it when another peer tells of it");
  told.become(LATEST, NOW, asFar);
  assert.equal(told.through, NOW);
});

test("of the same schedule the furthest counts, whoever has carried it there", () => {
  const own = ledger({ through: NOW, schedule: EARLY });
  own.follow({ through: AHEAD, schedule: EARLY, failures: 2 }, NOW, asFar);
  assert.equal(own.through, AHEAD);
  assert.equal(own.failures, 2);
  own.become(EARLY, NOW, asFar);
  assert.equal(own.through, AHEAD);
});

test("how far a schedule was carried that has not come here yet is kept until it comes", () => {
  const first = ledger({ through: instant(50_000), schedule: EARLY });
  first.follow({ through: AHEAD, schedule: LATE, failures: 0 }, NOW, asFar);
  assert.equal(first.through, NOW);
  const after = ledger(first.progress(0));
  after.become(LATE, NOW, asFar);
  assert.equal(after.through, AHEAD, "over a passivation or a restart too");
  assert.equal(after.progress(0).ahead, undefined);
  const other = ledger(first.progress(0));
  other.become(LATEST, NOW, asFar);
  assert.equal(other.through, NOW);
  assert.equal(other.progress(0).ahead, undefined);
});

test("what of a schedule lies before how far another was carried counts as far as it was carried too", () => {
  const before = () => instant(80_000);
  const own = ledger({ through: instant(90_000), schedule: EARLY });
  own.become(LATE, NOW, before);
  assert.equal(own.through, 80_000);
  const told = ledger({ through: instant(50_000), schedule: LATE });
  told.follow({ through: instant(90_000), schedule: EARLY, failures: 0 }, NOW, before);
  assert.equal(told.through, 80_000, "nor when another peer tells of the other");
  told.follow({ through: instant(85_000), schedule: LATE, failures: 0 }, NOW, before);
  assert.equal(told.through, 85_000);
});

test("how far a schedule was carried that comes here after that is known is known when it comes", () => {
  const first = ledger({ through: instant(50_000), schedule: EARLY });
  first.follow({ through: instant(90_000), schedule: LATE, failures: 0 }, NOW, asFar);
  first.become(LATE, NOW, () => instant(60_000));
  assert.equal(first.through, 90_000);
});
