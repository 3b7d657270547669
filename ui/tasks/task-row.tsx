/** @jsxImportSource preact */
// A task in the list, and beneath it, when it is opened, all that it says and what became of its last occurrences.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import { Countdown, Moment } from "../parts/moment.tsx";
import { OutcomeMark } from "../parts/outcome.tsx";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import { targetUrn, type Task } from "../views.ts";
import { askDelete } from "./delete-dialog.tsx";
import { pause, resume, trigger } from "./deeds.ts";
import { justAdded } from "./new-task.ts";
import { rowOf } from "./task-list.ts";

const TaskDetail = lazy(async () => (await import("./task-detail.tsx")).TaskDetail);

export function TaskRow({ id }: { readonly id: string }) {
  const isOpen = useSignal(false);
  const task = rowOf(id)?.value;
  const isNew = justAdded.value === id;
  const key = `task-${encodeURIComponent(id)}`;

  useEffect(() => {
    if (!isNew) return;
    const name = document.getElementById(`${key}-name`);
    name?.scrollIntoView({ block: "nearest" });
    name?.focus();
  }, [isNew, key]);

  if (task === undefined) return null;
  const zone = shownZone(zoneChoice.value, task.schedule);
  return (
    <>
      <div role="row" class={`task${isOpen.value ? " open" : ""}${isNew ? " new" : ""}`} data-task={id}>
        <div role="cell" class="what">
          <button
            type="button"
            id={`${key}-name`}
            class="name"
            aria-expanded={isOpen.value}
            aria-controls={`${key}-detail`}
            onClick={() => isOpen.value = !isOpen.value}
          >
            <Icon name="chevron" />
            <bdi>{task.name}</bdi>
          </button>
          {task.state.paused && <Paused state={task.state} zone={zone} />}
          <p class="sentence">
            {task.name !== id && (
              <>
                <code>
                  <bdi>{id}</bdi>
                </code>
                {" "}
              </>
            )}
            {task.sentence}
          </p>
        </div>
        <div role="cell" class="next">
          <Next task={task} zone={zone} />
        </div>
        <div role="cell" class="last">
          <Last task={task} />
        </div>
        <div role="cell" class="target">
          <Target task={task} />
        </div>
        <div role="cell" class="deeds">
          <Deeds task={task} />
        </div>
      </div>
      {isOpen.value && (
        <div role="row" class="detail" id={`${key}-detail`}>
          <div role="cell" aria-colspan={5}>
            <TaskDetail task={task} zone={zone} />
          </div>
        </div>
      )}
    </>
  );
}

function Paused({ state, zone }: { readonly state: Task["state"]; readonly zone: string }) {
  return (
    <span class="mark paused" title={state.note}>
      <Icon name="pause" />paused{state.until !== undefined && (
        <>
          {" "}until <Moment at={state.until} zone={zone} />
        </>
      )}
    </span>
  );
}

function Next({ task, zone }: { readonly task: Task; readonly zone: string }) {
  if (task.state.paused && task.state.until === undefined) return <span class="none">when resumed</span>;
  if (task.next === null) return <span class="none">never again</span>;
  return (
    <>
      <strong>
        <Countdown at={task.next} past="now" />
      </strong>
      <Moment at={task.next} zone={zone} />
    </>
  );
}

function Last({ task }: { readonly task: Task }) {
  if (task.last === null) return <span class="none">not yet</span>;
  return (
    // A new one is another element, so that it lights up.
    <span class="latest" key={task.last.instant}>
      <OutcomeMark outcome={task.last.outcome} />
      <Countdown at={task.last.instant} />
    </span>
  );
}

function Target({ task }: { readonly task: Task }) {
  const urn = targetUrn(task.target);
  const [, scheme, rest = urn] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/i.exec(urn) ?? [];
  const method = typeof task.target === "object" ? task.target.method : undefined;
  return (
    <span class="urn" title={urn}>
      {method !== undefined && (
        <>
          <code>{method}</code>
          {" "}
        </>
      )}
      {scheme !== undefined && <span class="scheme">{scheme}</span>}
      <bdi>{rest}</bdi>
    </span>
  );
}

function Deeds({ task }: { readonly task: Task }) {
  return (
    <>
      <button
        type="button"
        class="quiet"
        title="Fire it once now. Its schedule stays as it is."
        aria-label={`Trigger ${task.name} now`}
        onClick={() => void trigger(task)}
      >
        <Icon name="bolt" />Trigger
      </button>
      {task.state.paused
        ? (
          <button type="button" class="quiet" aria-label={`Resume ${task.name}`} onClick={() => void resume(task)}>
            <Icon name="play" />Resume
          </button>
        )
        : (
          <button type="button" class="quiet" aria-label={`Pause ${task.name}`} onClick={() => void pause(task)}>
            <Icon name="pause" />Pause
          </button>
        )}
      <button
        type="button"
        class="quiet danger"
        title="Delete…"
        aria-label={`Delete ${task.name}…`}
        onClick={() => askDelete(task)}
      >
        <Icon name="bin" />
      </button>
    </>
  );
}
