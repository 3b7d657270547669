// A mesh that is opened when there is somebody to talk to: a peer that is alone opens no port for others, and loads
// nothing of what speaks to them.

import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import type { PeerId } from "../core/values/ids.ts";
import { type Channel, type MemberAddress, type Mesh, type MeshCounts, MeshFailure } from "./mesh.ts";

/** `open` is called at the first member or the first stranger that is expected; again, if it has failed, at the next. */
export function lazyMesh(self: PeerId, open: () => Promise<Mesh>, onFailed: (error: unknown) => void): Mesh {
  return new LazyMesh(self, open, onFailed);
}

class LazyMesh implements Mesh {
  readonly self: PeerId;
  readonly #open: () => Promise<Mesh>;
  readonly #onFailed: (error: unknown) => void;
  #opening: Promise<Mesh> | undefined;
  #mesh: Mesh | undefined;
  #members: readonly MemberAddress[] = [];
  #handler: ((from: PeerId, channel: Channel) => void) | undefined;
  #isClosed = false;

  constructor(self: PeerId, open: () => Promise<Mesh>, onFailed: (error: unknown) => void) {
    this.self = self;
    this.#open = open;
    this.#onFailed = onFailed;
  }

  addresses(): readonly string[] {
    return this.#mesh?.addresses() ?? [];
  }

  admit(members: readonly MemberAddress[]): void {
    this.#members = members;
    if (this.#mesh !== undefined) this.#mesh.admit(members);
    else if (members.length > 0) this.#begin();
  }

  send(to: PeerId, message: PeerMessage): boolean {
    return this.#mesh?.send(to, message) ?? false;
  }

  publish(broadcast: Broadcast): void {
    this.#mesh?.publish(broadcast);
  }

  async open(to: PeerId, protocol: string, signal: AbortSignal): Promise<Channel> {
    if (this.#mesh === undefined) throw new MeshFailure("unreachable", `there is no link to ${to}`);
    return await this.#mesh.open(to, protocol, signal);
  }

  async listen(addresses: readonly string[]): Promise<void> {
    await (await this.#opened()).listen(addresses);
  }

  acceptJoin(handler: ((from: PeerId, channel: Channel) => void) | undefined): void {
    this.#handler = handler;
    if (this.#mesh !== undefined) this.#mesh.acceptJoin(handler);
    else if (handler !== undefined) this.#begin();
  }

  async openJoin(to: MemberAddress, signal: AbortSignal): Promise<Channel> {
    return await (await this.#opened()).openJoin(to, signal);
  }

  counts(): MeshCounts {
    return this.#mesh?.counts() ?? {};
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#opening?.catch(() => undefined))?.close();
  }

  #begin(): void {
    this.#opened().catch(this.#onFailed);
  }

  #opened(): Promise<Mesh> {
    if (this.#isClosed) return Promise.reject(new MeshFailure("closed", "the mesh is closed"));
    this.#opening ??= this.#open().then((mesh) => {
      this.#mesh = mesh;
      mesh.admit(this.#members);
      mesh.acceptJoin(this.#handler);
      return mesh;
    }, (error: unknown) => {
      // What was in the way may be gone when somebody asks again.
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }
}
