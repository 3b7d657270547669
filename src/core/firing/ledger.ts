// The ledger of one task: how far it has been carried at this peer, how it went of late, and where it stands in the due
// index. It knows what of that the store does not say yet.

import type { DuePlace } from "../protocol/write.ts";
import type { Ahead, Progress } from "../task/dossier.ts";
import type { GroupId, PeerGroup } from "../task/peer-group.ts";
import type { Outcome } from "../task/run.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MIN } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";
import type { Turn } from "./turn.ts";

function placeOf(at: Instant | undefined, group: GroupId | undefined): DuePlace | undefined {
  return at === undefined ? undefined : group === undefined ? { at } : { at, group };
}

/** How far all occurrences of the task's schedule are carried where those of another were carried `through`. */
export type Reach = (through: Instant) => Instant;

/** The due index is rewritten when what it says is this much too early: a frequent task does not rewrite it at each fire. */
const INDEX_SLACK_MS = 60_000;

export class Ledger {
  readonly #guid: TaskGuid;
  /** The place in the due index. */
  #wake: Instant | undefined;
  #group: GroupId | undefined;
  #through: Instant;
  /** The schedule of which that is said. */
  #schedule: Stamp | undefined;
  #ahead: Ahead | undefined;
  #failures: number;
  #last: Progress["last"];
  #isBehind = false;

  constructor(guid: TaskGuid, progress: Progress) {
    this.#guid = guid;
    this.#wake = progress.wake;
    this.#group = progress.group;
    this.#through = progress.through;
    this.#schedule = progress.schedule;
    this.#ahead = progress.ahead;
    this.#failures = progress.failures;
    this.#last = progress.last;
  }

  /** Every occurrence at or before this instant is settled, or stands among the open runs. */
  get through(): Instant {
    return this.#through;
  }

  /** Failed occurrences in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** The occurrence that was settled last. */
  get last(): Progress["last"] {
    return this.#last;
  }

  /** Whether an occurrence was ever settled. */
  get hasSettled(): boolean {
    return this.#last !== undefined;
  }

  /** Whether the store is behind. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Takes the place in the due index as it stands on the disk, when a write of it was not kept. */
  restore(progress: Progress): void {
    this.#wake = progress.wake;
    this.#group = progress.group;
    this.#schedule = progress.schedule;
    this.#isBehind = true;
  }

  /** What lies up to `at` is taken up. It need not be kept at once: what is taken up twice has the same id. */
  pass(at: Instant): void {
    this.#through = Math.max(this.#through, at) as Instant;
  }

  /**
   * The task has this schedule from now on. What another one had to come lies ahead of it: an occurrence of this one is not
   * taken for carried because another was carried further, by a clock that was ahead or while the edit was on its way.
   */
  become(schedule: Stamp | undefined, now: Instant, reach: Reach): void {
    this.#isBehind = true;
    if (schedule === this.#schedule) return;
    this.#schedule = schedule;
    const ahead = this.#ahead;
    const told = ahead !== undefined && ahead.schedule === schedule ? ahead.through : INSTANT_MIN;
    this.#through = Math.max(Math.min(reach(this.#through), now), told) as Instant;
    if (ahead !== undefined && schedule !== undefined && ahead.schedule <= schedule) this.#ahead = undefined;
  }

  /** Something of the task changed that the store is to say. */
  change(): void {
    this.#isBehind = true;
  }

  settle(instant: Instant, outcome: Outcome, peer: PeerId, now: Instant): void {
    this.#isBehind = true;
    if (this.#last === undefined || this.#last.instant <= instant) {
      this.#last = { instant, outcome, peer, settledAt: now };
    }
    if (outcome === "delivered") this.#failures = 0;
    if (outcome === "failed") this.#failures++;
  }

  /** Takes over how far another peer has carried the task: of another schedule, no further than to this moment. */
  follow(told: Pick<Progress, "through" | "schedule" | "failures">, now: Instant, reach: Reach): void {
    const { through, schedule, failures } = told;
    const isSame = schedule === this.#schedule;
    const isLater = schedule !== undefined && (this.#schedule === undefined || schedule > this.#schedule);
    const known = isSame ? through : Math.min(through, now) as Instant;
    const bound = isSame || isLater ? known : reach(known);
    if (bound > this.#through) this.#failures = failures;
    this.pass(bound);
    this.#isBehind = true;
    if (isLater) this.#remember({ schedule, through });
  }

  /** Of a schedule that is to come here; of several the latest, which is the one that stays. */
  #remember(told: Ahead): void {
    const latest = this.#ahead?.schedule ?? this.#schedule;
    if (latest !== undefined && told.schedule < latest) return;
    const isSame = told.schedule === this.#ahead?.schedule;
    if (!isSame || told.through > (this.#ahead?.through ?? INSTANT_MIN)) this.#ahead = told;
  }

  /** The last settled occurrence, as another peer tells it. */
  followLast(last: Progress["last"]): void {
    if (last === undefined || (this.#last !== undefined && this.#last.instant > last.instant)) return;
    this.#last = last;
    this.#isBehind = true;
  }

  forgiveFailures(): void {
    this.#failures = 0;
  }

  /** `open` runs are stored. */
  progress(open: number): Progress {
    const known = { through: this.#through, open, failures: this.#failures };
    const bound = this.#schedule === undefined ? known : { ...known, schedule: this.#schedule };
    const progress = this.#ahead === undefined ? bound : { ...bound, ahead: this.#ahead };
    const timed = this.#wake === undefined ? progress : { ...progress, wake: this.#wake };
    const placed = this.#group === undefined ? timed : { ...timed, group: this.#group };
    return this.#last === undefined ? placed : { ...placed, last: this.#last };
  }

  /**
   * Writes all that it says, in the same batch as what it says it of. `bound`: the task has nothing to do before; `group`:
   * whose it is.
   */
  write(turn: Turn, bound: Instant | undefined, group: PeerGroup | undefined, open: number): void {
    this.#isBehind = false;
    const from = placeOf(this.#wake, this.#group);
    const isMoved = group?.id !== this.#group;
    const at = isMoved ? bound : this.#placeFor(bound);
    if (at !== this.#wake || (isMoved && at !== undefined)) {
      const to = placeOf(at, group?.id);
      const left = { kind: "due", guid: this.#guid } as const;
      const moved = from === undefined ? left : { ...left, from };
      const { text } = group ?? {};
      turn.write(to === undefined ? moved : { ...moved, to: text === undefined ? to : { ...to, text } });
    }
    this.#wake = at;
    this.#group = group?.id;
    turn.write({ kind: "progress", guid: this.#guid, progress: this.progress(open) });
  }

  /** A lower bound, moved up only when it is far off. */
  #placeFor(bound: Instant | undefined): Instant | undefined {
    const current = this.#wake;
    if (bound === undefined || current === undefined) return bound;
    return bound < current || bound - current > INDEX_SLACK_MS ? bound : current;
  }
}
