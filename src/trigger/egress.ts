// The way out to the targets: a name is looked up once, every address that it stands for is judged, and the connection is
// made to what was judged. An address in the URN is judged too, which no look-up would see.

import { lookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { egressRefusal, type EgressRules, PLAIN_RULES } from "../core/targets/egress.ts";
import { type Block, innerOf, isLoopback, parseAddress } from "../core/values/address.ts";

export type Way = { readonly host: string; readonly port: number; readonly lookup: LookupFunction };

/** What `node:net` and `node:tls` are to connect to. A way that may not be gone fails when it is. */
export type Egress = (hostname: string, port: number, isGuarded: boolean) => Way;

/** Its message is for a human, and says what is to be done. */
class EgressRefusal extends Error {
  readonly code = EGRESS_REFUSED;
}

export const EGRESS_REFUSED = "METRONOME_EGRESS_REFUSED";

type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** `resolve` looks names up as the machine does. */
export function createEgress(rules: EgressRules, resolve: Resolve = lookup): Egress {
  return (hostname, port, isGuarded) => {
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const refusalOf = (address: string) => egressRefusal(address, port, isGuarded, rules);
    if (isIP(host) !== 0) {
      const refusal = refusalOf(host);
      if (refusal === undefined) return { host, port, lookup: judged(host, isGuarded, refusalOf, resolve) };
      // A name that is none leads to the look-up, which says no.
      return { host: "refused.invalid", port, lookup: (_host, _options, callback) => callback(refused(refusal), "") };
    }
    return { host, port, lookup: judged(host, isGuarded, refusalOf, resolve) };
  };
}

export const PLAIN_EGRESS: Egress = createEgress(PLAIN_RULES);

/** `ports` are where this peer listens now; `addresses` those of this machine. */
export function egressRules(
  allowed: readonly Block[],
  ports: () => readonly number[],
  addresses: () => readonly string[],
): EgressRules {
  return {
    allowed,
    isOwn: (address, port) => {
      if (!ports().includes(port)) return false;
      const plain = innerOf(address) ?? address;
      return isLoopback(plain) || addresses().some((own) => parseAddress(own) === plain);
    },
  };
}

function judged(
  host: string,
  isGuarded: boolean,
  refusalOf: (address: string) => string | undefined,
  resolve: Resolve,
): LookupFunction {
  return (_host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, "");
      for (const { address } of found) {
        const refusal = refusalOf(address);
        if (refusal !== undefined) {
          // Who may not reach a network is not told either which names it has for which addresses.
          const told = isGuarded ? refusal.replace(address, "it") : refusal;
          return callback(refused(`${host} leads to an address where no event goes: ${told}`), "");
        }
      }
      const [first] = found;
      if (options.all === true) return callback(null, found);
      if (first === undefined) return callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "");
      callback(null, first.address, first.family);
    });
  };
}

function refused(message: string): NodeJS.ErrnoException {
  return new EgressRefusal(message);
}
