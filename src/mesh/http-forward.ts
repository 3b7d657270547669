// Requests to other peers, each over a channel of its own. There are only so many channels between two peers: a request
// that finds none waits for its turn, in order, until one is free or its caller gives up.

import type { PeerId } from "../core/task.ts";
import { HTTP_PROTOCOL, requestOver } from "./http-channel.ts";
import { type Mesh, MeshFailure } from "./mesh.ts";

/** Of the 64 channels of one peer to another: the rest is for what peers have to say themselves. */
export const LANES_MAX = 56;

/** Each holds a request's head, and a connection of its client. */
const WAITING_MAX = 1_000;

/** Rejects with `MeshFailure`. */
export type HttpForward = (to: PeerId, request: Request, signal: AbortSignal) => Promise<Response>;

export function httpForward(mesh: Pick<Mesh, "open">): HttpForward {
  const lanes = new Map<PeerId, Lanes>();
  return async (to, request, signal) => {
    const own = lanes.get(to) ?? new Lanes();
    lanes.set(to, own);
    await own.enter(signal);
    const leave = () => {
      own.leave();
      if (own.isEmpty) lanes.delete(to);
    };
    let channel;
    try {
      channel = await mesh.open(to, HTTP_PROTOCOL, signal);
    } catch (error) {
      leave();
      throw error;
    }
    return await requestOver(channel, request, signal, leave);
  };
}

class Lanes {
  #taken = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#taken === 0;
  }

  enter(signal: AbortSignal): Promise<void> {
    if (this.#taken < LANES_MAX) {
      this.#taken++;
      return Promise.resolve();
    }
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new MeshFailure("unreachable", `${WAITING_MAX} requests wait for it already`));
    }
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(go);
        reject(new MeshFailure("timeout", `${LANES_MAX} requests to it are not answered yet`));
      };
      const go = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      this.#waiting.add(go);
      if (signal.aborted) giveUp();
      else signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** The lane is free, or goes to who has waited for the longest time. */
  leave(): void {
    for (const go of this.#waiting) {
      this.#waiting.delete(go);
      return go();
    }
    this.#taken--;
  }
}
