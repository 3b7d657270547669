// A record of the backlog says what the writes said that it was made of, whatever they are.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Write } from "../../src/core/protocol/write.ts";
import type { Progress } from "../../src/core/task/dossier.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import type { GroupId } from "../../src/core/task/peer-group.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import type { Attempt, Run } from "../../src/core/task/run.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { readBacklog, writeBacklog } from "../../src/store/backlog-record.ts";

type Part<K extends Write["kind"]> = Extract<Write, { readonly kind: K }>;

const GUID = taskGuid("ada", "t");
const DUE = instant(1_795_918_756_000);
const SENT = instant(DUE + 3);
const ENDED = instant(DUE + 8);

const ATTEMPT: Attempt = { n: 1, startedAt: SENT, peer: "peer-1", endedAt: ENDED, status: 204 };
const RUN: Run = {
  id: GUID.slice(0, 32) as OccurrenceId,
  guid: GUID,
  task: "t",
  user: "ada",
  instant: DUE,
  state: "settled",
  attempts: [ATTEMPT],
  outcome: "delivered",
  settledAt: ENDED,
  settledBy: "peer-1",
};
const LAST: NonNullable<Progress["last"]> = { instant: DUE, outcome: "delivered", peer: "peer-1", settledAt: ENDED };
const PROGRESS: Progress = { through: DUE, open: 0, failures: 0, last: LAST };

const runWrite = (run: Partial<Run> = {}, write: Partial<Part<"run">> = {}): Write => ({
  ...{ kind: "run", run: { ...RUN, ...run }, wasOpen: false },
  ...write,
});
const attempted = (attempt: Partial<Attempt>) => runWrite({ attempts: [{ ...ATTEMPT, ...attempt }] });
const progress = (more: Partial<Progress> = {}): Write => ({
  kind: "progress",
  guid: GUID,
  progress: { ...PROGRESS, ...more },
});
const due = (places: Partial<Part<"due">>): Write => ({ kind: "due", guid: GUID, ...places });
const LEFT = due({ from: { at: DUE } });

const { status: _, ...WITHOUT_STATUS } = ATTEMPT;
const { last: __, ...UNSETTLED } = PROGRESS;
const { outcome: ___, settledAt: ____, settledBy: _____, ...OPEN } = RUN;
const RETRYING: Run = { ...OPEN, state: "retrying", retryAt: ENDED };
const OTHER = taskGuid("ada", "other");

/** What one turn writes: deliveries as nearly all are, and whatever makes one another. */
const TURNS: { readonly [what: string]: readonly Write[] } = {
  "a one-shot": [runWrite(), LEFT, progress()],
  "one of a schedule that has a stamp": [runWrite(), LEFT, progress({ schedule: makeStamp(DUE, 0, 1) })],
  "another user's": [runWrite({ user: "grace" }), LEFT, progress()],
  "a task that goes on, and stays in its place": [runWrite(), progress({ wake: DUE })],
  "a task that goes on in another place": [
    runWrite(),
    due({ from: { at: DUE }, to: { at: instant(DUE + 90_000) } }),
    progress({ wake: instant(DUE + 90_000), open: 2, through: instant(DUE + 60_000) }),
  ],
  "one that stood among the open": [runWrite({}, { wasOpen: true }), LEFT, progress()],
  "what a broker has taken": [runWrite({ attempts: [WITHOUT_STATUS] }), LEFT, progress()],
  "a second attempt alone": [attempted({ n: 2 }), LEFT, progress()],
  "one that failed first": [runWrite({ attempts: [{ ...ATTEMPT, error: "HTTP 503" }, ATTEMPT] }), LEFT, progress()],
  "one with an error": [attempted({ error: "late" }), LEFT, progress()],
  "one by another peer": [attempted({ peer: "peer-2", askedBy: "peer-1" }), LEFT, progress()],
  "one that another peer settled": [runWrite({ settledBy: "peer-2" }), LEFT, progress()],
  "a failure": [
    runWrite({ outcome: "failed", reason: "HTTP 500" }),
    LEFT,
    progress({ failures: 1, last: { ...LAST, outcome: "failed" } }),
  ],
  "one by hand": [runWrite({ manual: true, payload: [1, "two"] }), LEFT, progress()],
  "a duplicate": [runWrite({ duplicate: true }, { was: RUN }), LEFT, progress()],
  "one that was driven again": [
    runWrite({ redriven: { times: 1, at: SENT, after: 0 } }),
    progress({ wake: DUE }),
  ],
  "one that is not the last": [runWrite(), LEFT, progress({ last: { ...LAST, instant: SENT } })],
  "one with another end": [runWrite(), LEFT, progress({ last: { ...LAST, settledAt: SENT } })],
  "one of a task that was never settled": [runWrite(), LEFT, { kind: "progress", guid: GUID, progress: UNSETTLED }],
  "failures in a row": [runWrite(), LEFT, progress({ failures: 3 })],
  "one of a peer group": [
    runWrite(),
    due({ from: { at: DUE, group: "0123456789ab" as GroupId } }),
    progress({ group: "0123456789ab" as GroupId }),
  ],
  "an open run": [{ kind: "run", run: RETRYING, wasOpen: false }, progress({ open: 1 })],
  "a progress alone": [progress()],
  "a run alone": [runWrite()],
  "two runs and their task": [runWrite(), runWrite({ instant: SENT }), LEFT, progress()],
  "a run and another task": [runWrite(), { kind: "progress", guid: OTHER, progress: PROGRESS }],
  "a run, and a place of another task": [runWrite(), { kind: "due", guid: OTHER, from: { at: DUE } }, progress()],
  "one that others are told": [
    runWrite(),
    LEFT,
    progress(),
    { kind: "carry", author: "peer-1", carry: { seq: 7, guid: GUID, through: DUE, failures: 0, runs: [RUN] } },
  ],
};

function asText(writes: readonly Write[]): unknown {
  return JSON.parse(JSON.stringify(writes));
}

for (const [what, writes] of Object.entries(TURNS)) {
  test(`a record of the backlog says the same as what it was made of: ${what}`, () => {
    const many = [...(TURNS["a one-shot"] ?? []), ...writes, ...(TURNS["a one-shot"] ?? [])];
    for (const all of [writes, many]) assert.deepEqual(asText(readBacklog(writeBacklog(all))), asText(all));
  });
}

test("a delivery is made anew part by part in the order in which it was made first, and in a quarter of the text", () => {
  const writes = Array.from({ length: 32 }, () => TURNS["a one-shot"] ?? []).flat();
  const record = writeBacklog(writes);
  assert.equal(JSON.stringify(readBacklog(record)), JSON.stringify(writes));
  assert.ok(record.length * 4 < JSON.stringify(writes).length, `${record.length}`);
});
