// A record of the backlog: the writes of one commit. When there are many, nearly all are of events that were delivered
// at once, and each of these says the same three times over: it is kept as a row of what it alone has, and its writes are
// made of that again when they are put in their places.

import type { Write } from "../core/protocol/write.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import type { Attempt, Run } from "../core/task/run.ts";
import type { PeerId, TaskGuid, UserId } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Stamp } from "../core/values/stamp.ts";
import { readRecord, writeRecord } from "./record.ts";

export function writeBacklog(writes: readonly Write[]): string {
  const parts: (Write | Deliveries)[] = [];
  let last: Deliveries | undefined;
  for (let at = 0; at < writes.length;) {
    const write = writes[at];
    if (write === undefined) break;
    const second = writes[at + 1];
    const due = second?.kind === "due" ? second : undefined;
    const row = write.kind === "run" ? rowOf(write, due, due === undefined ? second : writes[at + 2]) : undefined;
    if (write.kind !== "run" || row === undefined) {
      parts.push(write);
      last = undefined;
      at++;
      continue;
    }
    const { user, settledBy: peer } = write.run;
    if (last === undefined || last.user !== user || last.peer !== peer) {
      last = { kind: "deliveries", user, peer, rows: [] };
      parts.push(last);
    }
    last.rows.push(row);
    at += due === undefined ? 2 : 3;
  }
  return writeRecord(parts);
}

export function readBacklog(record: string): readonly Write[] {
  return readRecord<readonly (Write | Deliveries)[]>(record).flatMap((part) =>
    part.kind === "deliveries" ? part.rows.flatMap((row) => writesOf(part, row)) : [part]
  );
}

/** Of tasks of one user, sent by one peer. */
type Deliveries = {
  readonly kind: "deliveries";
  readonly user: UserId;
  readonly peer: PeerId | undefined;
  readonly rows: Row[];
};

/** Moments are in ms behind the planned one, the first of them: what is small is soon text. */
type Row = readonly [
  guid: TaskGuid,
  id: OccurrenceId,
  task: string,
  instant: Instant,
  wasOpen: 0 | 1,
  n: number,
  startedAt: number,
  endedAt: number,
  status: number | null,
  settledAt: number,
  through: number,
  schedule: Stamp | null,
  open: number,
  wake: number | null,
  /** The place in the due index before, and after; absent both, it stays as it is. */
  from: number | null,
  to: number | null,
];

/** Of what makes up a row; a run, an attempt, a progress with more in it is none. */
const RUN_PARTS = 10;
const ATTEMPT_PARTS = 4;
const PROGRESS_PARTS = 4;
const LAST_PARTS = 4;

type Part<K extends Write["kind"]> = Extract<Write, { readonly kind: K }>;

/** Absent when there is more to say than a row can. */
function rowOf({ run, wasOpen, was }: Part<"run">, due: Part<"due"> | undefined, third: Write | undefined) {
  const { guid, id, task, instant, settledAt, settledBy, attempts } = run;
  const attempt = attempts[0];
  if (run.outcome !== "delivered" || was !== undefined || attempts.length !== 1 || attempt === undefined) {
    return undefined;
  }
  if (third?.kind !== "progress" || third.guid !== guid || partsOf(run) !== RUN_PARTS) return undefined;
  const { n, startedAt, endedAt, peer, status } = attempt;
  if (settledAt === undefined || endedAt === undefined || peer !== settledBy) return undefined;
  if (partsOf(attempt) !== ATTEMPT_PARTS + (status === undefined ? 0 : 1)) return undefined;
  const { through, schedule, open, failures, wake, last } = third.progress;
  if (last?.instant !== instant || last.settledAt !== settledAt || last.peer !== settledBy) return undefined;
  if (last.outcome !== "delivered" || failures !== 0 || partsOf(last) !== LAST_PARTS) return undefined;
  const more = (wake === undefined ? 0 : 1) + (schedule === undefined ? 0 : 1);
  if (partsOf(third.progress) !== PROGRESS_PARTS + more) return undefined;
  if (due !== undefined && (due.guid !== guid || !isPlain(due.from) || !isPlain(due.to))) return undefined;
  const behind = (at: Instant | undefined) => at === undefined ? null : at - instant;
  const row: Row = [
    guid,
    id,
    task,
    instant,
    wasOpen ? 1 : 0,
    n,
    startedAt - instant,
    endedAt - instant,
    status ?? null,
    settledAt - instant,
    through - instant,
    schedule ?? null,
    open,
    behind(wake),
    behind(due?.from?.at),
    behind(due?.to?.at),
  ];
  return row;
}

function partsOf(value: object): number {
  return Object.keys(value).length;
}

/** A place that is of no peer group. */
function isPlain(place: Part<"due">["from"]): boolean {
  return place === undefined || (place.group === undefined && place.text === undefined);
}

function writesOf({ user, peer }: Deliveries, row: Row): readonly Write[] {
  const [guid, id, task, instant, wasOpen, n, startedAt, endedAt, status, settledAt, ...then] = row;
  const [through, schedule, open, wake, from, to] = then;
  if (peer === undefined) throw new Error(`the run ${id} was settled by nobody`);
  const at = (behind: number) => instant + behind as Instant;
  const made = { n, startedAt: at(startedAt), peer, endedAt: at(endedAt) };
  const attempt: Attempt = status === null ? made : { ...made, status };
  const end = { outcome: "delivered", settledAt: at(settledAt) } as const;
  const run: Run = {
    ...{ id, guid, task, user, instant, state: "settled", attempts: [attempt] },
    ...{ ...end, settledBy: peer },
  };
  const carried = { through: at(through), open, failures: 0 };
  const known = schedule === null ? carried : { ...carried, schedule };
  const last = { instant, outcome: end.outcome, peer, settledAt: end.settledAt };
  const writes: Write[] = [{ kind: "run", run, wasOpen: wasOpen === 1 }];
  if (from !== null || to !== null) {
    writes.push({
      ...{ kind: "due", guid },
      ...(from === null ? {} : { from: { at: at(from) } }),
      ...(to === null ? {} : { to: { at: at(to) } }),
    });
  }
  writes.push({
    ...{ kind: "progress", guid },
    progress: wake === null ? { ...known, last } : { ...known, wake: at(wake), last },
  });
  return writes;
}
