// The search of the list of tasks: by the catalogue, when the order of ids does not do.

import type { Outcome } from "../../core/task/run.ts";
import type { UserId } from "../../core/values/ids.ts";
import type { Labels } from "../../core/values/labels.ts";
import { problem } from "../request/problem.ts";
import { type Catalogue, type CataloguePage, isOwnCursor, SORTS } from "./catalogue.ts";

/** `next`, and `-next` for the other way round. */
export const SORT_ORDERS = SORTS.flatMap((sort) => [sort, `-${sort}` as const]);

export type Search = {
  readonly q: string | undefined;
  readonly target: string | undefined;
  readonly urn: string | undefined;
  readonly paused: "true" | "false" | undefined;
  readonly outcome: Outcome | undefined;
  readonly label: Labels | undefined;
  readonly sort: typeof SORT_ORDERS[number] | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
};

/** Absent when the store's own order does, or the tasks are too many for the catalogue and the store can find them. */
export async function search(
  catalogue: Catalogue,
  { user }: { readonly user?: UserId },
  { q, target, urn, paused, outcome, label, sort, limit, cursor }: Search,
): Promise<CataloguePage | Response | undefined> {
  if ([q, target, urn, paused, outcome, label, sort].every((each) => each === undefined)) return undefined;
  const isOnlyHere = sort !== undefined || urn !== undefined || outcome !== undefined;
  if (cursor !== undefined && !isOwnCursor(cursor)) {
    if (!isOnlyHere) return undefined;
    return problem(400, '"cursor" is the cursor of the page before, unchanged.', { field: "cursor" });
  }
  const page = await catalogue.page({
    sort: SORTS.find((each) => each === sort?.replace("-", "")) ?? "id",
    isDescending: sort?.startsWith("-") ?? false,
    limit,
    ...(user === undefined ? {} : { user }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(q === undefined ? {} : { text: q }),
    ...(target === undefined ? {} : { target }),
    ...(urn === undefined ? {} : { urn }),
    ...(paused === undefined ? {} : { paused: paused === "true" }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(label === undefined ? {} : { labels: label }),
  });
  if (page !== undefined || !isOnlyHere) return page;
  return problem(409, "There are too many tasks here to be sorted, or sought by URN or outcome.", {
    field: sort !== undefined ? "sort" : urn !== undefined ? "urn" : "outcome",
  });
}
