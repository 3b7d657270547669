// Where events may go. The tasks of admins reach their own networks; those of other users what is public, and what the
// peer's settings allow; nobody's reach the metadata of clouds, the hosts of the same wire, or the peer itself.

import { type Block, isIn, parseAddress, type Reach, reachOf } from "../values/address.ts";
import { type Fault, fault } from "../values/fault.ts";
import { Memo } from "../values/memo.ts";
import { schemeOf } from "./target-urn.ts";

export type EgressRules = {
  /** Blocks that everybody's tasks may reach. */
  readonly allowed: readonly Block[];
  /** Whether this peer listens there. */
  readonly isOwn: (address: bigint, port: number) => boolean;
};

/** Of a peer for which nothing is set. */
export const PLAIN_RULES: EgressRules = { allowed: [], isOwn: () => false };

/** Why an event may not be sent to this address, for a human; absent when it may. `isGuarded`: it is no admin's. */
export function egressRefusal(
  text: string,
  port: number,
  isGuarded: boolean,
  rules: EgressRules,
): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return `${text} is no address`;
  return refusalOf({ host: text, port, address, reach: reachOf(address) }, isGuarded, rules);
}

/** The fault of a URN that names an address, in whatever spelling, where no event may be sent; a name is judged later. */
export function egressFault(urn: string, isGuarded: boolean, rules: EgressRules, field: string): Fault | undefined {
  for (const place of PLACES.get(urn) ?? PLACES.set(urn, addressesOf(urn))) {
    const refusal = refusalOf(place, isGuarded, rules);
    if (refusal !== undefined) return fault(field, `The address ${refusal}.`);
  }
  return undefined;
}

type Place = { readonly host: string; readonly port: number; readonly address: bigint; readonly reach: Reach };

/** Of the latest URNs: many tasks have the same one, and to look at it took 6 of the 90 µs in which a task is registered. */
const PLACES = new Memo<string, readonly Place[]>(256);

function refusalOf(
  { host, port, address, reach }: Place,
  isGuarded: boolean,
  { allowed, isOwn }: EgressRules,
): string | undefined {
  if (isOwn(address, port)) return `${host}, port ${port} is this peer itself, where no event is sent`;
  if (reach === "never") return `${host} is link-local, the metadata of a cloud, or many hosts: no event is sent there`;
  if (!isGuarded || reach === "public" || allowed.some((block) => isIn(address, block))) return undefined;
  return `${host} is not public: only an admin's tasks reach it, or those of all when --allow-targets says so`;
}

/** Those that a URN names by their numbers. */
function addressesOf(urn: string): readonly Place[] {
  return placesOf(urn).flatMap(({ host, port }) => {
    const address = parseAddress(host);
    return address === undefined ? [] : [{ host, port, address, reach: reachOf(address) }];
  });
}

/** Hosts and ports of a URN; a port that it does not name is 0, or the scheme's own. */
function placesOf(urn: string): readonly { readonly host: string; readonly port: number }[] {
  const scheme = schemeOf(urn);
  // The URL's reader knows all spellings: 2130706433, 0x7f.1, 0177.0.0.1, １２７.0.0.1.
  if (scheme === "http" || scheme === "https") {
    const url = URL.parse(urn);
    if (url === null) return [];
    return [{ host: url.hostname, port: url.port === "" ? scheme === "https" ? 443 : 80 : Number(url.port) }];
  }
  const authority = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(urn)?.[1] ?? "";
  return authority.split(",").map((place) => ({
    host: URL.parse(`http://${place}`)?.hostname ?? place,
    port: Number(/:(\d+)$/.exec(place)?.[1] ?? 0),
  }));
}
