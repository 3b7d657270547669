/** @jsxImportSource preact */
// What narrows a list of runs: what became of them, and when they were planned; and the list as a file.

import { ExportMenu } from "../parts/export-menu.tsx";
import { Icon } from "../parts/icon.tsx";
import { When } from "../parts/when.tsx";
import { setParameter } from "../router.ts";
import type { Run } from "../views.ts";
import { RUN_COLUMNS } from "./run-columns.ts";
import { isAny, queryOf, type Which } from "./which.ts";

/** What is said in the address, and how it is read. */
const KINDS: readonly (readonly [name: "outcome" | "state", value: string, label: string])[] = [
  ["outcome", "delivered", "delivered"],
  ["outcome", "failed", "failed"],
  ["outcome", "expired", "expired"],
  ["outcome", "missed", "missed"],
  ["outcome", "skipped", "skipped"],
  ["state", "retrying", "retrying"],
  ["state", "settled", "over"],
];

export function RunFilters({ path, which, zone }: {
  readonly path: string;
  readonly which: Which;
  readonly zone: string;
}) {
  const { outcome, state, from, until } = which;
  const chosen = KINDS.findIndex(([name, value]) => value === (name === "outcome" ? outcome : state));
  return (
    <div class="filters" role="search" aria-label="Which runs">
      <label class="pick-one">
        <span class="hidden">Outcome</span>
        <select
          value={String(chosen)}
          onChange={(event) => {
            const [name, value = ""] = KINDS[Number(event.currentTarget.value)] ?? [];
            setParameter("outcome", name === "outcome" ? value : "");
            setParameter("state", name === "state" ? value : "");
          }}
        >
          <option value="-1">All outcomes</option>
          {KINDS.map(([, value, label], n) => <option key={value} value={String(n)}>{label}</option>)}
        </select>
      </label>
      <When label="From" zone={zone} value={from} isInline onInstant={(at) => setParameter("from", at)} />
      <When label="Until" zone={zone} value={until} isInline onInstant={(at) => setParameter("until", at)} />
      {!isAny(which) && (
        <button
          type="button"
          class="quiet"
          onClick={() => Object.keys(which).forEach((name) => setParameter(name, ""))}
        >
          <Icon name="cross" /> All runs
        </button>
      )}
      <ExportMenu<Run> list={{ path, query: queryOf(which), name: "runs" }} columns={RUN_COLUMNS} />
    </div>
  );
}
