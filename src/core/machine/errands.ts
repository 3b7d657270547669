// Errands are what only the owner of a task can do or knows: a command that fires or ends something is sent on to it,
// and it is asked what it has in memory. The other half carries out what other peers send here.

import type { OwnerWord } from "../ownership/owner-word.ts";
import { type Command, type CommandResult, isOwners } from "../protocol/command.ts";
import type { Effect } from "../protocol/event.ts";
import type { Answer, Ask } from "../protocol/message.ts";
import type { Write } from "../protocol/write.ts";
import type { Dossier } from "../task/dossier.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";

export type TaskCommand = Extract<Command, { kind: "task" }>;
export type OwnerAsk = Extract<Ask, { kind: "command" | "dossier" }>;

export type ErrandsHost = {
  readonly self: PeerId;
  effect(effect: Effect): void;
  ask(to: PeerId, ask: OwnerAsk, onAnswer: (answer: Answer | undefined) => void, patienceMs?: number): void;
  /** Takes in what that peer has and this one has not. */
  sync(from: PeerId, onEnd: () => void): void;
  /** Carries out a command that another peer sent here; its reply comes back as `replied`. */
  command(ticket: number, command: TaskCommand): void;
  /** An active task as it is in memory. */
  dossier(guid: TaskGuid): Dossier | undefined;
};

type Guest = {
  readonly from: PeerId;
  readonly command: TaskCommand;
  readonly onAnswer: (answer: Answer) => void;
  /** What its peer has is here. */
  readonly isSynced: boolean;
};

/** Who reads a task waits for its owner no longer than this, and is then told what is here: an answer takes some ms. */
const INQUIRY_MS = 300;

const CHANGING: CommandResult = {
  kind: "refused",
  why: "busy",
  message: "the task is changing its owner; try again in a moment",
};

/** No matter of a moment: the task's placement, or all peers that are drained, keep it from being fired. */
const UNABLE: CommandResult = {
  kind: "refused",
  why: "conflict",
  message: "no peer is able to fire the task now; its explanation says why",
};

export class Errands {
  readonly #host: ErrandsHost;
  /** Commands that came from other peers, by their tickets, which are negative. */
  readonly #guests = new Map<number, Guest>();
  #lastGuest = 0;

  constructor(host: ErrandsHost) {
    this.#host = host;
  }

  /** Whether the command is not for this peer: what fires or ends something is done where the task is fired. */
  sentOn(ticket: number, command: TaskCommand, owner: PeerId | undefined, isHere: boolean): boolean {
    if (!isOwners(command.command) || isHere) return false;
    // A guest is not sent on: two peers that take each other for the owner would never end.
    if (owner === undefined) this.#reply(ticket, UNABLE);
    else if (ticket < 0 || owner === this.#host.self) this.#reply(ticket, CHANGING);
    else this.#forward(owner, command, ticket);
    return true;
  }

  #forward(to: PeerId, command: TaskCommand, ticket: number): void {
    this.#host.ask(to, { kind: "command", command }, (answer) => {
      if (answer?.kind === "command") this.#remember(command, answer.result);
      this.#reply(
        ticket,
        answer?.kind === "command" ? answer.result : {
          kind: "refused",
          why: "busy",
          message: answer?.kind === "unable"
            ? `the peer ${to} owns the task and can't do it now: ${answer.why}`
            : `the peer ${to} owns the task and did not answer in time`,
        },
      );
    });
  }

  /** The same request, should it come here again, is answered here. Until that is kept, its owner knows its key. */
  #remember({ once }: TaskCommand, result: CommandResult): void {
    if (once === undefined || result.kind === "refused") return;
    const { key, fingerprint, expiresAt } = once;
    const write: Write = { kind: "answer", key, answer: { fingerprint, expiresAt, result } };
    this.#host.effect({ kind: "persist", writes: [write], onFailure: "hold", guids: [], then: [] });
  }

  #reply(ticket: number, result: CommandResult): void {
    this.#host.effect({ kind: "reply", ticket, result });
  }

  inquire(ticket: number, guid: TaskGuid, owner: PeerId): void {
    const tell = (word: OwnerWord) => this.#host.effect({ kind: "told", ticket, word });
    this.#host.ask(owner, { kind: "dossier", guid }, (answer) => {
      if (answer?.kind === "dossier") tell(answer);
      else tell(answer === undefined ? { kind: "silent", owner } : { kind: "nothing" });
    }, INQUIRY_MS);
  }

  obey(from: PeerId, ask: OwnerAsk, onAnswer: (answer: Answer) => void): void {
    if (ask.kind === "command") return this.#carryOut({ from, command: ask.command, onAnswer, isSynced: false });
    const dossier = this.#host.dossier(ask.guid);
    onAnswer(
      dossier === undefined ? { kind: "unable", why: "the task is not active here" } : { kind: "dossier", dossier },
    );
  }

  #carryOut(guest: Guest): void {
    const ticket = --this.#lastGuest;
    this.#guests.set(ticket, guest);
    this.#host.command(ticket, guest.command);
  }

  /** What came of a command of another peer. A task that was made there a moment ago is not known here yet. */
  replied(ticket: number, result: CommandResult): void {
    const guest = this.#guests.get(ticket);
    if (guest === undefined) return;
    this.#guests.delete(ticket);
    if (result.kind === "refused" && result.why === "not-found" && !guest.isSynced) {
      return this.#host.sync(guest.from, () => this.#carryOut({ ...guest, isSynced: true }));
    }
    guest.onAnswer({ kind: "command", result });
  }
}
