// The targets of a world, and the log of all that ever came to them: they deliver, fail or hang as the plan says, and
// note what was sent when, by whom, and what became of it. The checkers believe this log alone.

import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";
import type { PeerId } from "../core/values/ids.ts";
import type { StopSignal, Trigger } from "../trigger/trigger.ts";
import type { Chance } from "./chance.ts";
import type { Timeline } from "./timeline.ts";

export type Sent = {
  /** True time, and the sender's. */
  readonly at: number;
  readonly localAt: number;
  readonly peer: PeerId;
  readonly id: Delivery["id"];
  readonly task: string;
  readonly instant: number;
  readonly attempt: number;
  /** What the target answered; absent while it has not. */
  answer?: DeliveryResult["kind"];
  answeredAt?: number;
};

export type TargetSettings = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly answerMs: readonly [least: number, most: number];
  /** Shares of deliveries that fail, and that are never answered. */
  readonly failures: number;
  readonly hangs: number;
  readonly stir: () => void;
};

export class Targets {
  readonly sent: Sent[] = [];
  readonly #settings: TargetSettings;
  /** Peers that do not get to them. */
  readonly noWayFrom = new Set<PeerId>();
  #areWell = true;

  constructor(settings: TargetSettings) {
    this.#settings = settings;
  }

  /** Whether they answer at all: an outage of the targets is no fault of the mesh. */
  set areWell(areWell: boolean) {
    this.#areWell = areWell;
  }

  /** The trigger door of one life of a peer. */
  door(peer: PeerId, localNow: () => number, run: (deed: () => void) => void, isAlive: () => boolean): Trigger {
    return {
      schemes: ["http"],
      send: (delivery, signal) => {
        this.#settings.stir();
        if (!isAlive()) return new Promise(() => {});
        if (this.noWayFrom.has(peer)) return this.#unreached(run);
        const { id, task, instant, attempt } = delivery;
        const sent: Sent = { at: this.#settings.timeline.now, localAt: localNow(), peer, id, task, instant, attempt };
        this.sent.push(sent);
        return new Promise((resolve) =>
          this.#answer(sent, delivery, signal, (result) =>
            run(() => {
              this.#settings.stir();
              resolve(result);
            }))
        );
      },
      close: () => Promise.resolve(),
    };
  }

  /** Nothing comes to the targets, and nothing of it is to be told by them. */
  #unreached(run: (deed: () => void) => void): Promise<DeliveryResult> {
    const { timeline, chance, answerMs: [least, most], stir } = this.#settings;
    return new Promise((resolve) =>
      timeline.in(chance.between(least, most), () =>
        run(() => {
          stir();
          resolve({ ...fault("no way to the target", true), cause: "unreached" });
        }))
    );
  }

  #answer(sent: Sent, delivery: Delivery, signal: StopSignal, tell: (result: DeliveryResult) => void): void {
    const { timeline, chance, answerMs: [least, most], failures, hangs } = this.#settings;
    let isOver = false;
    const end = (result: DeliveryResult, isOfTarget: boolean) => {
      if (isOver) return;
      isOver = true;
      if (isOfTarget) {
        sent.answer = result.kind;
        sent.answeredAt = timeline.now;
      }
      tell(result);
    };
    signal.addEventListener("abort", () => end(fault("aborted", false), false));
    const luck = chance.next();
    const ms = chance.between(least, most);
    if (luck < hangs) timeline.in(delivery.totalMs, () => end(fault("timed out", true), false));
    else if (luck < hangs + failures || !this.#areWell) {
      timeline.in(ms, () => end({ ...fault("HTTP 503", true), status: 503 }, true));
    } else timeline.in(ms, () => end({ kind: "delivered", status: 204 }, true));
  }
}

function fault(error: string, retryable: boolean): Extract<DeliveryResult, { kind: "failed" }> {
  return { kind: "failed", error, retryable };
}
