// The meter of a network: how much was said in each phase of a world, by what was said, as it would be on the wire. Of what
// is said very often one message in so many is written down to know its length.

import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import type { PeerId } from "../core/values/ids.ts";
import { Brief } from "../mesh/brief.ts";
import { encodeValue } from "../mesh/wire.ts";

/** So many of a kind, in one phase, are all measured, and then one in so many. */
const MEASURED_ALL = 1_000;
const MEASURED = 16;

export type Said = { count: number; bytes: number };

export type Phase = {
  readonly name: string;
  readonly from: number;
  to: number;
  /** Seconds of a processor by then. */
  readonly cpuS: number;
  cpuEndS: number;
  /** By kind. */
  readonly messages: Map<string, Said>;
  readonly broadcasts: Said;
  /** By sender. */
  readonly bySender: Map<PeerId, number>;
};

export class Meter {
  readonly #cpuS: () => number;
  readonly phases: Phase[] = [];
  /** What each way of a link has told of its sender: only what changes is said again. */
  readonly #briefs = new Map<string, Brief>();

  constructor(cpuS: () => number) {
    this.#cpuS = cpuS;
  }

  /** From now on it is another phase; the last one has ended. */
  begin(name: string, now: number): void {
    this.end(now);
    const cpuS = this.#cpuS();
    this.phases.push({
      ...{ name, from: now, to: now, cpuS, cpuEndS: cpuS },
      ...{ messages: new Map(), broadcasts: { count: 0, bytes: 0 }, bySender: new Map() },
    });
  }

  end(now: number): void {
    const last = this.phases.at(-1);
    if (last === undefined) return;
    last.to = now;
    last.cpuEndS = this.#cpuS();
  }

  /** `to` is absent when it is for all. */
  said(message: PeerMessage | Broadcast, from: PeerId, to?: PeerId): void {
    const phase = this.phases.at(-1);
    if (phase === undefined) return;
    if (to === undefined) return count(phase.broadcasts, () => message);
    phase.bySender.set(from, (phase.bySender.get(from) ?? 0) + 1);
    const kind = kindOf(message);
    const said = phase.messages.get(kind) ?? { count: 0, bytes: 0 };
    phase.messages.set(kind, said);
    if (message.kind !== "probe" && message.kind !== "ack") return count(said, () => message);
    const brief = this.#briefOf(`${from} ${to}`);
    count(said, () => brief.shorten(message));
    brief.said(message);
  }

  #briefOf(way: string): Brief {
    const brief = this.#briefs.get(way) ?? new Brief();
    this.#briefs.set(way, brief);
    return brief;
  }
}

function count(said: Said, message: () => object): void {
  const isOften = said.count >= MEASURED_ALL;
  if (said.count++ % (isOften ? MEASURED : 1) !== 0) return;
  said.bytes += encodeValue(message()).length * (isOften ? MEASURED : 1);
}

function kindOf(message: PeerMessage | Broadcast): string {
  if (message.kind === "ask") return `ask ${message.ask.kind}`;
  return message.kind === "answer" ? `answer ${message.answer.kind}` : message.kind;
}
