// Which peer is meant: by its id, by the beginning or end of that, or by its name.

import { EXIT, Failure } from "./failure.ts";
import type { Mesh, Peer } from "./mesh-shapes.ts";
import { printable } from "./text.ts";

/** So many characters of an id tell peers apart. */
const PART_MIN = 6;

export function peerNamed({ peers }: Mesh, word: string): Peer {
  const byId = peers.filter(({ peer }) => peer === word);
  const byName = peers.filter(({ name }) => name === word);
  const byPart = word.length < PART_MIN ? [] : peers.filter(({ peer }) => peer.startsWith(word) || peer.endsWith(word));
  const [found, ...more] = [byId, byName, byPart].find((some) => some.length > 0) ?? [];
  if (found !== undefined && more.length === 0) return found;
  const list = peers.map(({ peer, name }) => `  ${peer}  ${printable(name)}\n`).join("").trimEnd();
  const what = found === undefined
    ? `No peer is called ${printable(word)}`
    : `More than one peer is called ${printable(word)}`;
  throw new Failure(EXIT.refused, `${what}. The peers of this mesh:\n${list}`);
}

export function nameOf({ name, peer }: Pick<Peer, "name" | "peer">): string {
  return name === "" ? peer : printable(name);
}
