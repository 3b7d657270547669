// A detour is an attempt that another peer makes for the owner of a task, which could not reach the target itself. The
// run stays with its owner: it asks, and the answer is what became of the attempt. The other half makes the attempts
// that other peers ask this one for. Who is asked judges by its own rules where the event may go.

import type { DeliveryResult, Unaddressed } from "../delivery/delivery.ts";
import type { ResolvedTarget } from "../delivery/resolved-target.ts";
import type { Effect, Outcome } from "../protocol/event.ts";
import type { Answer, Ask, PeerMessage } from "../protocol/message.ts";
import type { Target } from "../targets/target.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { PeerId, TaskGuid, UserId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type Errand = Extract<Ask, { kind: "attempt" }>;

/** An attempt that is to be made by `to`. */
export type Loan = {
  readonly to: PeerId;
  readonly guid: TaskGuid;
  readonly user: UserId;
  readonly delivery: Unaddressed;
};

export type DetoursHost = {
  now(): Instant;
  effect(effect: Effect): void;
  send(to: PeerId, message: PeerMessage): void;
  ask(to: PeerId, ask: Errand, onAnswer: (answer: Answer | undefined) => void, patienceMs: number): void;
  resolve(user: UserId, target: Target): ResolvedTarget;
  /** Why this peer sends nothing now; absent when it may. */
  hindrance(): string | undefined;
  /** What became of an attempt that another peer made for this one. */
  attempted(outcome: Outcome, by: PeerId): void;
};

/** Attempts made here for others at a time: who asks for more is told so, and asks another. */
const GUESTS_MAX = 256;

/** Beside the attempt's own time: for the question, the answer, and a busy peer between them. */
const MARGIN_MS = 5_000;

export class Detours {
  readonly #host: DetoursHost;
  /** Who makes an attempt for this peer. */
  readonly #lent = new Map<OccurrenceId, PeerId>();
  /** Made here for others, and how each is told. */
  readonly #guests = new Map<OccurrenceId, (answer: Answer) => void>();

  constructor(host: DetoursHost) {
    this.#host = host;
  }

  lend({ to, guid, user, delivery }: Loan): void {
    const { id, totalMs } = delivery;
    const patienceMs = totalMs + MARGIN_MS;
    const until = this.#host.now() + patienceMs as Instant;
    this.#lent.set(id, to);
    this.#host.ask(to, { kind: "attempt", guid, user, delivery, until }, (answer) => {
      this.#lent.delete(id);
      this.#host.attempted({ guid, id, result: resultOf(answer, to) }, to);
    }, patienceMs);
  }

  /** Whether the attempt in flight was another peer's to end: then it is told to. */
  abort(id: OccurrenceId): boolean {
    const to = this.#lent.get(id);
    if (to === undefined) return false;
    this.#host.send(to, { kind: "abandon", id });
    return true;
  }

  // ── for others ───────────────────────────────────────────────────────────────────────────────────────────────────

  obey({ guid, user, delivery, until }: Errand, onAnswer: (answer: Answer) => void): void {
    const why = this.#host.hindrance() ?? this.#excess(delivery.id, until);
    if (why !== undefined) return onAnswer({ kind: "unable", why });
    this.#guests.set(delivery.id, onAnswer);
    const target = this.#host.resolve(user, delivery.target);
    this.#host.effect({ kind: "send", guid, delivery: { ...delivery, target }, isGuest: true });
  }

  /** What is asked for may have been long on its way, or be asked for twice when an answer was lost. */
  #excess(id: OccurrenceId, until: Instant): string | undefined {
    if (this.#guests.has(id)) return "it is making an attempt of this occurrence already";
    if (until < this.#host.now()) return "it was asked too late";
    return this.#guests.size < GUESTS_MAX ? undefined : `it makes ${GUESTS_MAX} attempts for others already`;
  }

  abandoned(id: OccurrenceId): void {
    if (this.#guests.has(id)) this.#host.effect({ kind: "abort", id, isGuest: true });
  }

  /** An attempt that was made here for another peer has ended. */
  ended({ id, result }: Outcome): void {
    this.#guests.get(id)?.({ kind: "attempt", result });
    this.#guests.delete(id);
  }
}

/** Whoever does not answer may have sent it. */
function resultOf(answer: Answer | undefined, by: PeerId): DeliveryResult {
  if (answer?.kind === "attempt") return answer.result;
  const error = answer?.kind === "unable"
    ? `the peer ${by} was asked to send it in place of this one, and can't: ${answer.why}`
    : `the peer ${by} was asked to send it in place of this one, and did not say what became of it`;
  return { kind: "failed", error, retryable: true, cause: "ours" };
}
