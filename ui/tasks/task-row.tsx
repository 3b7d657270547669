/** @jsxImportSource preact */
// A task in the list: what it is, when it is next, what became of its last run, and what can be done to it at once.

import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tick } from "../clock.ts";
import { mesh, peerName } from "../mesh-news.ts";
import { Icon } from "../parts/icon.tsx";
import { Countdown, Moment } from "../parts/moment.tsx";
import { OutcomeMark } from "../parts/outcome.tsx";
import { Strip } from "../parts/strip.tsx";
import { pageOf, taskPage } from "../router.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import { targetUrn, type Task } from "../views.ts";
import { overlapText, pause, resume, trigger } from "./deeds.ts";
import { askDelete } from "./delete-dialog.tsx";
import { choose, selected } from "./selection.ts";
import { rowOf, show } from "./task-list.ts";

export function TaskRow({ id, isHere }: { readonly id: string; readonly isHere: boolean }) {
  const task = rowOf(id)?.value;
  const key = `task-${encodeURIComponent(id)}`;
  useEffect(() => {
    if (!isHere) return;
    const name = document.getElementById(key);
    name?.scrollIntoView({ block: "nearest" });
    name?.focus({ preventScroll: true });
  }, [isHere, key]);
  if (task === undefined) return null;
  const zone = shownZone(zoneChoice.value, task.schedule);
  return (
    <div role="row" class={isHere ? "task here" : "task"} data-task={task.id}>
      <Pick id={id} name={task.name} />
      <div role="cell" class="what">
        <div class="titled">
          <a class="name" id={key} href={taskPage(task)}>
            <bdi>{task.name}</bdi>
          </a>
          {task.state.paused && <Paused state={task.state} zone={zone} />}
        </div>
        <p class="sentence" title={task.sentence}>
          {task.name !== task.id && (
            <>
              <code>
                <bdi>{task.id}</bdi>
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
        {(task.recent?.length ?? 0) > 0 && <Strip runs={task.recent ?? []} />}
      </div>
      <div role="cell" class="target">
        <TargetText task={task} />
        <Owner peer={task.owner} />
        <Labels labels={task.labels} />
      </div>
      <div role="cell" class="deeds">
        <Deeds task={task} />
      </div>
    </div>
  );
}

/** Drawn by itself: a thousand rows are chosen at once, and nothing else of them changes. */
function Pick({ id, name }: { readonly id: string; readonly name: string }) {
  const isChosen = useComputed(() => selected.value.has(id)).value;
  return (
    <div role="cell" class="pick">
      <input
        type="checkbox"
        checked={isChosen}
        aria-label={`Select ${name}`}
        onClick={(event) => choose(id, { isRange: event.shiftKey })}
      />
    </div>
  );
}

export function Paused({ state, zone }: { readonly state: Task["state"]; readonly zone: string }) {
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

/** What is due for longer than this waits for something. */
const HELD_MS = 10_000;

function Next({ task, zone }: { readonly task: Task; readonly zone: string }) {
  if (task.state.paused && task.state.until === undefined) return <span class="none">when resumed</span>;
  if (task.next === null) return <span class="none">never again</span>;
  const isHeld = tick.value - Date.parse(task.next) > HELD_MS;
  return (
    <>
      {task.unowned !== undefined && <span class="tag warn" title={task.unowned}>nobody fires it</span>}
      <strong>
        {isHeld
          ? (
            <span title="It is due, and waits: its target is left alone for a while, or one before it is not over.">
              held back
            </span>
          )
          : <Countdown at={task.next} past="now" />}
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

/** Drawn by itself: when the mesh changes, nothing else of a row does. Who is alone fires all. */
function Owner({ peer }: { readonly peer: string | null }) {
  if (peer === null || (mesh.value?.peers.length ?? 1) < 2) return null;
  return <span class="fired-by">fired by {peerName(peer)}</span>;
}

/** A line has room for no more. */
const LABELS_SHOWN = 4;

/** Each leads to all that have it. */
function Labels({ labels }: { readonly labels: Task["labels"] }) {
  const some = Object.entries(labels).slice(0, LABELS_SHOWN);
  if (some.length === 0) return null;
  return (
    <span class="labels">
      {some.map(([name, value]) => (
        <a class="label" key={name} href={pageOf("tasks", { label: `${name}=${value}` })}>{name}={value}</a>
      ))}
    </span>
  );
}

export function TargetText({ task }: { readonly task: Task }) {
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

async function showChanged(changing: Promise<Task | undefined>): Promise<void> {
  const task = await changing;
  if (task !== undefined) show(task);
}

function Deeds({ task }: { readonly task: Task }) {
  return (
    <>
      <button
        type="button"
        class="quiet"
        title={`Fire it once now. Its schedule stays as it is. ${overlapText(task)}`}
        aria-label={`Trigger ${task.name} now`}
        onClick={() => void trigger(task)}
      >
        <Icon name="bolt" />
        <span>Trigger</span>
      </button>
      {task.state.paused
        ? (
          <button
            type="button"
            class="quiet"
            aria-label={`Resume ${task.name}`}
            onClick={() => void showChanged(resume(task))}
          >
            <Icon name="play" />
            <span>Resume</span>
          </button>
        )
        : (
          <button
            type="button"
            class="quiet"
            aria-label={`Pause ${task.name}`}
            onClick={() => void showChanged(pause(task))}
          >
            <Icon name="pause" />
            <span>Pause</span>
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
