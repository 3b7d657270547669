/** @jsxImportSource preact */
// The runs of all tasks, the latest first.

import { ExportMenu } from "../parts/export-menu.tsx";
import { parameter, setParameter } from "../router.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import type { Run } from "../views.ts";
import { RUN_COLUMNS } from "./run-columns.ts";
import { RunList } from "./run-list.tsx";

const OUTCOMES = ["delivered", "failed", "expired", "missed", "skipped"] as const;

export function RunsPage() {
  const outcome = parameter("outcome");
  return (
    <>
      <div class="head">
        <h1>Runs</h1>
      </div>
      <div class="filters">
        <label class="pick-one">
          <span class="hidden">Outcome</span>
          <select value={outcome} onChange={(event) => setParameter("outcome", event.currentTarget.value)}>
            <option value="">All outcomes</option>
            {OUTCOMES.map((each) => <option key={each} value={each}>{each}</option>)}
          </select>
        </label>
        <ExportMenu<Run>
          list={{ path: "/runs", query: { outcome: outcome === "" ? undefined : outcome }, name: "runs" }}
          columns={RUN_COLUMNS}
        />
      </div>
      <RunList outcome={outcome} zone={shownZone(zoneChoice.value)} />
    </>
  );
}
