// Requests to other peers, each over a channel that it has for itself, and that the next one finds open: to open one costs
// more than to ask. There are only so many between two peers: a request that finds none waits for its turn, in order,
// until one is free or its caller gives up.

import type { PeerId } from "../core/values/ids.ts";
import { HTTP_PROTOCOL, HttpLine } from "./http-channel.ts";
import { type Mesh, MeshFailure } from "./mesh.ts";

/** Of the 64 channels of one peer to another: the rest is for what peers have to say themselves. */
export const LANES_MAX = 56;

/** Each holds a request's head, and a connection of its client. */
const WAITING_MAX = 1_000;

/** A page asks again within that. */
const IDLE_MS = 10_000;

/** Rejects with `MeshFailure`. */
export type HttpForward = (to: PeerId, request: Request, signal: AbortSignal) => Promise<Response>;

export function httpForward(mesh: Pick<Mesh, "open">): HttpForward {
  const lanes = new Map<PeerId, Lanes>();
  return async (to, request, signal) => {
    const own = lanes.get(to) ?? new Lanes();
    lanes.set(to, own);
    await own.enter(signal);
    const leave = (line?: HttpLine) => {
      own.leave(line);
      if (own.isEmpty) lanes.delete(to);
    };
    let line = own.takeIdle();
    try {
      line ??= new HttpLine(await mesh.open(to, HTTP_PROTOCOL, signal));
    } catch (error) {
      leave();
      throw error;
    }
    return await line.ask(request, signal, () => leave(line));
  };
}

class Lanes {
  #taken = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();
  /** Open and not in use, with what closes them. The last one was used last. */
  readonly #idle = new Map<HttpLine, ReturnType<typeof setTimeout>>();

  get isEmpty(): boolean {
    return this.#taken === 0 && this.#idle.size === 0;
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

  /** Those in use and those that are idle are together no more than there are lanes: who has entered finds one or opens it. */
  takeIdle(): HttpLine | undefined {
    for (const line of [...this.#idle.keys()].reverse()) {
      this.#drop(line);
      if (!line.isBroken) return line;
    }
    return undefined;
  }

  /** The lane is free, or goes to who has waited for the longest time. */
  leave(line: HttpLine | undefined): void {
    if (line !== undefined && !line.isBroken) this.#keep(line);
    for (const go of this.#waiting) {
      this.#waiting.delete(go);
      return go();
    }
    this.#taken--;
  }

  #keep(line: HttpLine): void {
    const timer = setTimeout(() => {
      this.#drop(line);
      line.close();
    }, IDLE_MS);
    timer.unref();
    this.#idle.set(line, timer);
  }

  #drop(line: HttpLine): void {
    clearTimeout(this.#idle.get(line));
    this.#idle.delete(line);
  }
}
