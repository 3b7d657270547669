// A way to this peer through another one. Of two members that are each behind a router of their own neither can dial the
// other: then a member that both reach is asked to carry their connections, and where that leads is told to the others
// like any address of this peer.

import type { PeerId } from "../core/values/ids.ts";
import type { MemberAddress, MeshLog } from "./mesh.ts";

export type ShelterDoors = {
  /** Members that are linked, and where they are met. */
  linked(): readonly MemberAddress[];
  /** Where this peer is met. */
  addresses(): readonly string[];
  /** Takes connections through a member too. */
  listenBehind(address: string): Promise<void>;
  readonly log?: MeshLog | undefined;
};

/** So often in a row a member is not reached, about eight seconds: by then a peer that was restarted is back. */
const FAILURES = 6;

export class Shelter {
  readonly #doors: ShelterDoors;
  #turn = 0;
  #isSeeking = false;

  constructor(doors: ShelterDoors) {
    this.#doors = doors;
  }

  /** A member was not reached, so often in a row: it may be that it lives, and that others reach it. */
  missed(failures: number): void {
    if (failures % FAILURES !== 0 || this.#isSeeking || this.#doors.addresses().some(isRelayed)) return;
    const ways = this.#doors.linked().flatMap(({ peer, addresses }) => {
      const address = addresses.find((each) => !isRelayed(each));
      return address === undefined ? [] : [{ peer, address }];
    });
    const way = ways[this.#turn++ % ways.length];
    if (way === undefined) return;
    this.#isSeeking = true;
    void this.#seek(way.peer, way.address).finally(() => this.#isSeeking = false);
  }

  async #seek(peer: PeerId, address: string): Promise<void> {
    const { log } = this.#doors;
    try {
      await this.#doors.listenBehind(`${address.replace(/\/p2p\/[^/]+$/, "")}/p2p/${peer}/p2p-circuit`);
      log?.("info", "a member is not reached: others are told a way to this peer through one that is", {
        through: peer,
      });
    } catch (error) {
      log?.("info", "a member does not carry connections to this peer; another is asked", {
        peer,
        error: String(error),
      });
    }
  }
}

/** Whether it leads through another peer. */
export function isRelayed(address: string): boolean {
  return address.includes("/p2p-circuit");
}
