/** @jsxImportSource preact */
// The runs of all tasks, or of one, the latest first.

import { Icon } from "../parts/icon.tsx";
import { parameter, setParameter, taskPage } from "../router.ts";
import { useReading } from "../reading.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import type { Task } from "../views.ts";
import { RunFilters } from "./run-filters.tsx";
import { RunList } from "./run-list.tsx";
import { whichHere } from "./which.ts";

export function RunsPage() {
  const task = parameter("task");
  const user = parameter("user");
  const which = whichHere();
  const path = task === "" ? undefined : `/tasks/${encodeURIComponent(task)}`;
  const { value: its } = useReading<Task>(path);
  const zone = shownZone(zoneChoice.value, its?.schedule);
  return (
    <>
      <div class="head">
        <h1>Runs</h1>
        {task !== "" && (
          <p class="of-task">
            of{" "}
            <a href={taskPage({ id: task, user })}>
              <bdi>{task}</bdi>
            </a>
            <button
              type="button"
              class="quiet"
              aria-label="The runs of all tasks"
              onClick={() => ["task", "user"].forEach((name) => setParameter(name, ""))}
            >
              <Icon name="cross" />
            </button>
          </p>
        )}
      </div>
      <RunFilters path={path === undefined ? "/runs" : `${path}/runs`} which={which} zone={zone} />
      {task === "" ? <RunList which={which} zone={zone} /> : <RunList task={task} which={which} zone={zone} />}
    </>
  );
}
