// The ledger of one task: how far it has been carried at this peer, how it went of late, and where it stands in the due
// index. It knows what of that the store does not say yet.

import type { DuePlace } from "../protocol/write.ts";
import type { Progress } from "../task/dossier.ts";
import type { GroupId, PeerGroup } from "../task/peer-group.ts";
import type { Outcome } from "../task/run.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Turn } from "./turn.ts";

function placeOf(at: Instant | undefined, group: GroupId | undefined): DuePlace | undefined {
  return at === undefined ? undefined : group === undefined ? { at } : { at, group };
}

/** The due index is rewritten when what it says is this much too early: a frequent task does not rewrite it at each fire. */
const INDEX_SLACK_MS = 60_000;

export class Ledger {
  readonly #guid: TaskGuid;
  /** The place in the due index. */
  #wake: Instant | undefined;
  #group: GroupId | undefined;
  #through: Instant;
  #failures: number;
  #last: Progress["last"];
  #isBehind = false;

  constructor(guid: TaskGuid, progress: Progress) {
    this.#guid = guid;
    this.#wake = progress.wake;
    this.#group = progress.group;
    this.#through = progress.through;
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
    this.#isBehind = true;
  }

  /** What lies up to `at` is taken up. It need not be kept at once: what is taken up twice has the same id. */
  pass(at: Instant): void {
    this.#through = Math.max(this.#through, at) as Instant;
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

  /** Takes over how far another peer has carried the task. */
  follow(through: Instant, failures: number): void {
    if (through > this.#through) this.#failures = failures;
    this.pass(through);
    this.#isBehind = true;
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
    const progress = { through: this.#through, open, failures: this.#failures };
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
      turn.write({
        kind: "due",
        guid: this.#guid,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to: group === undefined ? to : { ...to, text: group.text } }),
      });
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
