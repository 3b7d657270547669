// The census of the peer groups: those without tasks are forgotten in time.

import type { Groups } from "../ownership/groups.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import { parseGroup } from "../task/peer-group.ts";
import type { Keeper } from "./keeper.ts";

export function takeCensus(
  groups: Groups,
  keeper: Keeper,
  query: (query: StoreQuery, onAnswer: (answer: StoreAnswer) => void) => void,
): void {
  if (groups.size === 0) return;
  groups.beginCensus();
  query({ kind: "groups" }, (answer) => {
    if (answer.kind !== "groups") return;
    const due = new Set(answer.groups.flatMap((text) => parseGroup(text)?.id ?? []));
    keeper.regroup(groups.endCensus(due, (id) => keeper.isListed(id)));
  });
}
