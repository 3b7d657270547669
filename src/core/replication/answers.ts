// What this peer answers when another one asks it what it holds. What only its tasks or its disk can say comes later, and
// each question is answered once.

import type { Answer, Ask, LogEnds, Spreadable } from "../protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import type { DigestTree } from "../register/digest.ts";
import type { Entity } from "../register/register.ts";
import type { RunVector, VersionVector } from "../register/vector.ts";
import type { PeerId } from "../values/ids.ts";
import type { Confidences } from "./confidences.ts";
import type { Intake } from "./intake.ts";
import type { Outbox } from "./outbox.ts";
import type { Repairs } from "./repairs.ts";
import type { ReplicationHost } from "./replication-host.ts";
import type { Keepings, Waiting } from "./spread.ts";

/** What is held here. */
export type Holdings = {
  readonly vector: VersionVector;
  readonly runs: RunVector;
  readonly floors: RunVector;
  readonly digest: DigestTree;
  readonly outbox: Outbox;
  readonly intake: Intake;
  readonly repairs: Repairs;
  readonly keepings: Keepings;
  readonly confidences: Confidences;
  readonly isDigestWhole: () => boolean;
};

export class Answers {
  readonly #host: ReplicationHost;
  readonly #held: Holdings;

  constructor(host: ReplicationHost, held: Holdings) {
    this.#host = host;
    this.#held = held;
  }

  asked(from: PeerId, id: number, ask: Ask): void {
    const say = (answer: Answer) => this.#host.send(from, { kind: "answer", id, answer });
    const fromStore = (query: StoreQuery, shape: (answer: StoreAnswer) => Answer | undefined) =>
      this.#host.query(query, (answer) => say(shape(answer) ?? { kind: "unable", why: "the disk can't be read" }));
    switch (ask.kind) {
      case "entities": {
        const vector = this.#held.vector.stamps();
        const { cursor } = ask;
        return fromStore(
          { kind: "entitiesAbove", vector: ask.vector, ...(cursor === undefined ? {} : { cursor }) },
          (answer) => answer.kind === "entities" ? { ...answer, vector, living: this.#held.digest.size } : undefined,
        );
      }
      case "carries":
        return fromStore(
          { kind: "carriesAfter", ...this.#logs(ask.isUntoldToo === true), known: ask.vector },
          (answer) => answer.kind === "carries" ? this.#withConfided(answer, ask) : undefined,
        );
      case "results": {
        const { cursor } = ask;
        return fromStore(
          { kind: "lastResults", ...this.#logs(), ...(cursor === undefined ? {} : { cursor }) },
          (answer) => answer.kind === "results" ? answer : undefined,
        );
      }
      case "digests":
      case "leaves":
        if (!this.#held.isDigestWhole()) return say({ kind: "unable", why: "the digest is not known yet" });
        return this.#held.repairs.asked(from, ask, say);
      case "command":
      case "dossier":
      case "attempt":
      case "poll":
        return this.#host.obey(from, ask, say);
      case "keep":
        return this.#keep(ask.entity, say);
      case "log":
        if (!this.#held.keepings.hasLog(ask)) this.#wait(ask, say);
        else say({ kind: "kept" });
    }
  }

  #logs(isUntoldToo = true): { readonly own: LogEnds; readonly floors: LogEnds } {
    const { runs, floors, outbox } = this.#held;
    const { self } = this.#host;
    const told = outbox.toldTo(runs.upTo(self));
    const own = runs.entries().map(([author, to]) => [author, author === self && !isUntoldToo ? told : to] as const);
    return { own, floors: floors.entries() };
  }

  /** With what the fallen peer has told this one alone, behind all that is held here of it. */
  #withConfided(
    answer: Extract<Answer, { kind: "carries" }>,
    { vector, fallen }: Extract<Ask, { kind: "carries" }>,
  ): Answer {
    if (fallen === undefined || answer.isMore) return answer;
    const { runs, confidences } = this.#held;
    const known = vector.find(([author]) => author === fallen)?.[1] ?? 0;
    const confided = confidences.of(fallen, Math.max(known, runs.upTo(fallen)));
    return confided.length === 0 ? answer : { ...answer, pages: [...answer.pages, ...confided] };
  }

  #keep(entity: Entity, say: (answer: Answer) => void): void {
    const { keepings, intake } = this.#held;
    const { kind, key } = entity;
    // First the waiting, then the look: what becomes durable in between is seen by one or the other.
    const keeping = this.#wait({ kind: "entity", entity }, say);
    if (keeping === undefined) return;
    this.#host.query({ kind: "entity", entity: { kind, key } }, (answer) => {
      if (answer.kind === "entity" && answer.entity !== undefined) keepings.kept(answer.entity);
      if (keepings.has(keeping)) intake.merge(entity, () => {});
    });
  }

  #wait(what: Spreadable, say: (answer: Answer) => void): Waiting | undefined {
    const waiting = this.#held.keepings.add(what, this.#host.now(), () => say({ kind: "kept" }));
    if (waiting === undefined) say({ kind: "unable", why: "too many writes wait for the disk" });
    return waiting;
  }
}
