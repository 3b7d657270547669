// Where other peers meet this one: at the address of the settings; without one on loopback while it is alone, and on
// every address of the machine from its first ticket or its second member on.

import type { Address } from "./config.ts";
import type { Log } from "./log.ts";
import type { Mesh } from "./mesh/mesh.ts";

/** Why the address of the settings can't be had, in words for who started the program. */
export class MeetingPointRefusal extends Error {
  override readonly name = "MeetingPointRefusal";
}

const PORT = 8091;
const EVERYWHERE = { host: "0.0.0.0", port: PORT };

export class MeetingPoint {
  readonly #address: Address | undefined;
  readonly #log: Log;
  #isEverywhere = false;

  /** `address`: that of the settings. */
  constructor(address: Address | undefined, log: Log) {
    this.#address = address;
    this.#log = log;
  }

  /** Whether members are looked for on the local network: a peer on loopback is for its own machine. */
  get isOnNetwork(): boolean {
    return this.#address === undefined || !isLoopback(this.#address.host);
  }

  /** Makes the mesh that listens there. Rejects with `MeetingPointRefusal` when the settings' address can't be had. */
  async open(isAlone: boolean, make: (listen: readonly string[]) => Promise<Mesh>): Promise<Mesh> {
    if (this.#address === undefined) {
      this.#isEverywhere = !isAlone;
      return await this.#orElsewhere(isAlone ? { host: "127.0.0.1", port: PORT } : EVERYWHERE, make);
    }
    try {
      return await make(multiaddrsOf(this.#address));
    } catch (error) {
      throw refusalOf(error, this.#address);
    }
  }

  /** Lets other machines come, when they could not yet. */
  async widen(mesh: Mesh): Promise<void> {
    if (this.#address !== undefined || this.#isEverywhere) return;
    await this.#orElsewhere(EVERYWHERE, (listen) => mesh.listen(listen));
    this.#isEverywhere = true;
  }

  /** Nobody has asked for this very port: another peer on this machine may have it. */
  async #orElsewhere<T>(address: Address, listen: (addresses: readonly string[]) => Promise<T>): Promise<T> {
    try {
      return await listen(multiaddrsOf(address));
    } catch (error) {
      const { message } = refusalOf(error, address);
      this.#log("warning", "other peers are met on another port", { why: message });
      return await listen(multiaddrsOf({ ...address, port: 0 }));
    }
  }
}

/** The refusal of an address that is taken, or not of this machine; whatever else it was is thrown on. */
function refusalOf(error: unknown, { host, port }: Address): MeetingPointRefusal {
  const place = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const text = String(error);
  if (text.includes("EADDRINUSE")) {
    return new MeetingPointRefusal(
      `Another program listens on ${place}, where other peers are to meet this one. Choose another port with --p2p.`,
    );
  }
  if (/EADDRNOTAVAIL|EINVAL|ENOTFOUND|EAI_AGAIN|EACCES|NoValidAddresses/.test(text)) {
    return new MeetingPointRefusal(
      `Other peers can't meet this one on ${place}: this machine can't listen there. Name an address that it has with --p2p.`,
    );
  }
  throw error;
}

function multiaddrsOf({ host, port }: Address): readonly string[] {
  const kind = host.includes(":") ? "ip6" : /^[0-9.]+$/.test(host) ? "ip4" : "dns";
  return [`/${kind}/${host}/tcp/${port}`];
}

function isLoopback(host: string): boolean {
  return /^(127\.|::1$|localhost$)/.test(host);
}
