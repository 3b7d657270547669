// What a peer answers of its mesh, read from JSON into the shapes that the commands show.

import { flag, type JsonObject, listIn, maybe, number, objectIn, text } from "./shapes.ts";

export type Peer = {
  readonly peer: string;
  readonly name: string;
  readonly state: string;
  readonly shards: number;
  readonly isDraining: boolean;
  readonly isFenced: boolean;
  readonly isWritable: boolean;
  readonly skewMs: number | undefined;
  readonly rttMs: number | undefined;
  readonly version: string;
  readonly tzdata: string;
};

export type Mesh = { readonly self: string; readonly isConverged: boolean; readonly peers: readonly Peer[] };

export type Moves = {
  readonly shards: number;
  readonly moves: readonly { readonly peer: string; readonly name: string; readonly shards: number }[];
};

export type Plan = Moves & { readonly placements: readonly (Moves & { readonly placement: JsonObject })[] };

export type Conflict = {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly task: string | undefined;
  readonly register: string;
  readonly lost: Side;
  readonly kept: Side;
};

export type Side = { readonly value: unknown; readonly at: string; readonly by: string | undefined };

export function parseMesh(value: unknown): Mesh {
  const { self, converged, peers } = objectIn(value);
  return { self: text(self), isConverged: flag(converged), peers: listIn(peers).map(parsePeer) };
}

export function parsePeer(value: unknown): Peer {
  const { peer, name, state, shards, draining, fenced, writable, skewMs, rttMs, version, tzdata } = objectIn(value);
  return {
    peer: text(peer),
    name: text(name),
    state: text(state),
    shards: number(shards),
    isDraining: flag(draining),
    isFenced: flag(fenced),
    isWritable: flag(writable),
    skewMs: maybe(skewMs, number),
    rttMs: maybe(rttMs, number),
    version: text(version),
    tzdata: text(tzdata),
  };
}

export function parsePlan(value: unknown): Plan {
  const { placements } = objectIn(value);
  return {
    ...parseMoves(value),
    placements: listIn(placements).map((each) => ({
      ...parseMoves(each),
      placement: objectIn(objectIn(each).placement),
    })),
  };
}

function parseMoves(value: unknown): Moves {
  const { shards, moves } = objectIn(value);
  return {
    shards: number(shards),
    moves: listIn(moves).map(objectIn).map(({ peer, name, shards }) => ({
      peer: text(peer),
      name: text(name),
      shards: number(shards),
    })),
  };
}

export function parseConflict(value: unknown): Conflict {
  const { id, kind, key, task, register, lost, kept } = objectIn(value);
  return {
    id: text(id),
    kind: text(kind),
    key: text(key),
    task: maybe(task, text),
    register: text(register),
    lost: parseSide(lost),
    kept: parseSide(kept),
  };
}

export function parseTicket(
  value: unknown,
): { readonly ticket: string; readonly expiresAt: string; readonly qr: string } {
  const { ticket, expiresAt, qr } = objectIn(value);
  return { ticket: text(ticket), expiresAt: text(expiresAt), qr: text(qr) };
}

function parseSide(from: unknown): Side {
  const { value, at, by } = objectIn(from);
  return { value, at: text(at), by: maybe(by, text) };
}
