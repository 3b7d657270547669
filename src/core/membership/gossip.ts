// Gossip is what rides along with each message: what is going round, what its receiver must hear of itself to refute it,
// and in turn what this peer believes of each, so that all agree in the end even when a rumor was lost everywhere.

import type { Rumor } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";
import type { Member } from "./member.ts";
import { Rotation } from "./rotation.ts";
import { Rumors } from "./rumors.ts";

/** Beliefs in each message: enough to tell a peer of a mesh of 100 about all within a minute of probes and answers. */
const BELIEFS_PER_MESSAGE = 2;

export class Gossip {
  readonly #members: ReadonlyMap<PeerId, Member>;
  readonly #rumors = new Rumors();
  readonly #rotation: Rotation;

  /** `members` is read as it is when a message is made. */
  constructor(members: ReadonlyMap<PeerId, Member>, chance: () => number) {
    this.#members = members;
    this.#rotation = new Rotation(chance);
  }

  /** Nothing is going round. */
  get isQuiet(): boolean {
    return this.#rumors.size === 0;
  }

  put(rumor: Rumor): void {
    this.#rumors.put(rumor);
  }

  forget(peer: PeerId): void {
    this.#rumors.delete(peer);
  }

  /** For one message to `to`, with what is believed of `about`. */
  rumorsFor(to: PeerId, about?: PeerId): readonly Rumor[] {
    const rumors = new Map<PeerId, Rumor>();
    const receiver = this.#members.get(to);
    if (receiver !== undefined && (receiver.state !== "alive" || receiver.said < receiver.incarnation)) {
      this.#add(to, rumors);
    }
    if (about !== undefined) this.#add(about, rumors);
    for (const rumor of this.#rumors.take(this.#members.size)) rumors.set(rumor.peer, rumor);
    for (let more = 0; more < BELIEFS_PER_MESSAGE; more++) {
      const peer = this.#rotation.next(this.#members, (other) => other !== to);
      if (peer !== undefined) this.#add(peer, rumors);
    }
    return [...rumors.values()];
  }

  #add(peer: PeerId, rumors: Map<PeerId, Rumor>): void {
    const member = this.#members.get(peer);
    if (member === undefined || member.incarnation === 0) return;
    rumors.set(peer, { peer, state: member.state, incarnation: member.incarnation });
  }
}
