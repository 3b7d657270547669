/** @jsxImportSource preact */
// What can be done to the task that is looked at, with the questions that some of it asks first.

import { useSignal } from "@preact/signals";
import { peerNow } from "../clock.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { JsonDialog } from "../parts/json-dialog.tsx";
import { Menu } from "../parts/menu.tsx";
import { When } from "../parts/when.tsx";
import { navigate, pageOf, parameter, taskPage } from "../router.ts";
import { zoneChoice } from "../settings.ts";
import { useKeys } from "../shell/keys.ts";
import { BackfillDialog } from "./backfill-dialog.tsx";
import { askDelete, DeleteDialog } from "../tasks/delete-dialog.tsx";
import { cancel, overlapText, pause, resume, skipNext, trigger } from "../tasks/deeds.ts";
import { shownZone } from "../time.ts";
import type { Task } from "../views.ts";

type Asked = "" | "pause" | "trigger" | "backfill";

export function TaskDeeds({ task, onChanged }: { readonly task: Task; readonly onChanged: () => void }) {
  const asked = useSignal<Asked>("");
  const shut = () => asked.value = "";
  const toggle = () => {
    if (task.state.paused) void resume(task).then(onChanged);
    else asked.value = "pause";
  };
  useKeys("This task", [
    { keys: "e", what: "Edit", act: () => navigate(taskPage(task, "edit")) },
    { keys: "t", what: "Trigger now", act: () => void trigger(task) },
    { keys: "p", what: "Pause or resume", act: toggle },
  ]);
  return (
    <>
      <div class="task-deeds">
        <button
          type="button"
          onClick={() => void trigger(task)}
          title={`Fire it once now. Its schedule stays as it is. ${overlapText(task)}`}
        >
          <Icon name="bolt" /> Trigger now
        </button>
        <button type="button" onClick={toggle}>
          <Icon name={task.state.paused ? "play" : "pause"} /> {task.state.paused ? "Resume" : "Pause…"}
        </button>
        <a class="button" href={taskPage(task, "edit")}>
          <Icon name="pen" /> Edit
        </a>
        <Menu name="More to do" label={<Icon name="dots" />}>
          <button type="button" class="quiet" onClick={() => asked.value = "trigger"}>
            <Icon name="bolt" /> Trigger with another payload…
          </button>
          <button type="button" class="quiet" onClick={() => void skipNext(task).then(onChanged)}>
            <Icon name="skip" /> Skip the next one
          </button>
          <button type="button" class="quiet" onClick={() => asked.value = "backfill"}>
            <Icon name="again" /> Backfill…
          </button>
          <a class="button quiet" href={pageOf("dead-letters", { task: task.id })}>
            <Icon name="tray" /> Its dead letters
          </a>
          <button type="button" class="quiet" onClick={() => void cancel(task)}>
            <Icon name="cross" /> End what is open
          </button>
          <a class="button quiet" href={pageOf("edit", { copy: task.id, user: parameter("user") })}>
            <Icon name="copy" /> Duplicate…
          </a>
          <button type="button" class="quiet danger" onClick={() => askDelete(task)}>
            <Icon name="bin" /> Delete…
          </button>
        </Menu>
      </div>
      {asked.value === "pause" && <PauseDialog task={task} onChanged={onChanged} onClose={shut} />}
      {asked.value === "trigger" && <TriggerDialog task={task} onClose={shut} />}
      {asked.value === "backfill" && <BackfillDialog task={task} onClose={shut} />}
      <DeleteDialog onDeleted={() => navigate(pageOf("tasks"))} />
    </>
  );
}

const UNTIL: readonly (readonly [label: string, hours: number])[] = [
  ["until it is resumed", 0],
  ["for an hour", 1],
  ["for a day", 24],
  ["for a week", 168],
];

function PauseDialog({ task, onChanged, onClose }: {
  readonly task: Task;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}) {
  const note = useSignal("");
  const hours = useSignal(0);
  const moment = useSignal("");
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const until = moment.value === "" && hours.value > 0
      ? new Date(Math.floor(peerNow() / 1_000) * 1_000 + hours.value * 3_600_000).toISOString()
      : moment.value;
    const changed = await pause(task, {
      ...(note.value.trim() === "" ? {} : { note: note.value.trim() }),
      ...(until === "" ? {} : { until }),
    });
    if (changed === undefined) return;
    onClose();
    onChanged();
  }
  return (
    <Dialog title={<>Pause {<bdi>{task.name}</bdi>}</>} onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <p class="none">It fires nothing while it is paused, and what lay in the pause is not made up for.</p>
        <Field id="note" label="Why" isOptional value={note.value} onText={(text) => note.value = text} />
        <label class="field">
          <span class="label-of">How long</span>
          <select value={String(hours.value)} onChange={(event) => hours.value = Number(event.currentTarget.value)}>
            {UNTIL.map(([label, value]) => <option key={value} value={String(value)}>{label}</option>)}
          </select>
        </label>
        <When
          label="Or until"
          zone={shownZone(zoneChoice.value, task.schedule)}
          value={moment.value}
          onInstant={(at) => moment.value = at}
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Let it run</button>
          <button type="submit" class="primary">Pause it</button>
        </div>
      </form>
    </Dialog>
  );
}

function TriggerDialog({ task, onClose }: { readonly task: Task; readonly onClose: () => void }) {
  return (
    <JsonDialog
      title={<>Trigger {<bdi>{task.name}</bdi>} once</>}
      id="payload"
      label="Payload of this one event"
      deed="Fire it now"
      value={task.payload}
      rows={8}
      hint={`Its schedule stays as it is. ${overlapText(task)}`}
      onClose={onClose}
      onSure={async (payload) => await trigger(task, { payload }) !== undefined}
    />
  );
}
