// Who may make an attempt for the owner of a task: the peers that could be its owner as well.

import type { MemberView } from "../membership/member.ts";
import { type PeerGroup, weightInGroup } from "../task/peer-group.ts";
import type { Run } from "../task/run.ts";
import type { PeerId } from "../values/ids.ts";
import { type Introduction, isEligible } from "./introduction.ts";

/** In an order of their own for each peer, so that not all come to the same one. */
export function standIns(
  self: PeerId,
  others: readonly MemberView[],
  own: Introduction,
  group: PeerGroup | undefined,
): readonly PeerId[] {
  const may = others.flatMap(({ peer, state, news }) => {
    if (state !== "alive" || news === undefined || !isEligible(news, own)) return [];
    const { name, labels, weight } = news;
    const isIn = weight > 0 && (group === undefined || weightInGroup(group, { peer, name, labels }) > 0);
    return isIn ? [peer] : [];
  }).sort();
  const next = may.findIndex((peer) => peer > self);
  return next <= 0 ? may : [...may.slice(next), ...may.slice(0, next)];
}

/** The peer that carries the last attempt of a run that was being attempted: its owner then, whoever sent it. */
export function carrierOf({ state, attempts }: Run): PeerId | undefined {
  const last = attempts[attempts.length - 1];
  return state === "attempting" ? last?.askedBy ?? last?.peer : undefined;
}
