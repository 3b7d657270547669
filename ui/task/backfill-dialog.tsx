/** @jsxImportSource preact */
// A backfill: what lies in the past of a schedule and was not delivered is sent now, at a pace. How much that is, the
// peer says before.

import { useSignal } from "@preact/signals";
import { ask, failureText } from "../api.ts";
import { peerNow } from "../clock.ts";
import { Dialog } from "../parts/dialog.tsx";
import { say } from "../parts/notice.tsx";
import { useReading } from "../reading.ts";
import { pathOf } from "../tasks/deeds.ts";
import type { Preview, Task } from "../views.ts";

/** As many as the peer counts ahead; beyond it, "at least". */
const COUNTED_MAX = 100;

export function BackfillDialog({ task, onClose }: { readonly task: Task; readonly onClose: () => void }) {
  const from = useSignal(wall(peerNow() - 3_600_000));
  const until = useSignal(wall(peerNow()));
  const pace = useSignal(1);
  const problem = useSignal("");
  const fromIso = isoOf(from.value);
  const untilIso = isoOf(until.value);
  const { value } = useReading<Preview>(
    fromIso === undefined ? undefined : `${pathOf(task)}/next`,
    { from: fromIso, count: COUNTED_MAX },
  );
  const found = value?.next.filter((at) => untilIso !== undefined && at < untilIso).length;

  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const answer = await ask<{ redriven: number; refused: number }>("POST", `${pathOf(task)}/backfill`, {
      body: { from: fromIso, until: untilIso, perSecond: pace.value },
    });
    if (answer.kind !== "done") return void (problem.value = failureText(answer));
    const { redriven, refused } = answer.value;
    say(`${redriven} sent${refused === 0 ? "" : `, ${refused} not: they were delivered`}.`);
    onClose();
  }

  return (
    <Dialog title={<>Backfill {<bdi>{task.name}</bdi>}</>} onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <p class="none">What was due in this span and was not delivered is sent now, with the ids that it has.</p>
        <label class="field">
          <span class="label-of">
            From <span class="optional">in this browser's zone</span>
          </span>
          <input
            type="datetime-local"
            step="1"
            value={from.value}
            onInput={(event) => from.value = event.currentTarget.value}
          />
        </label>
        <label class="field">
          <span class="label-of">Until</span>
          <input
            type="datetime-local"
            step="1"
            value={until.value}
            onInput={(event) => until.value = event.currentTarget.value}
          />
        </label>
        <label class="field">
          <span class="label-of">Pace</span>
          <select value={String(pace.value)} onChange={(event) => pace.value = Number(event.currentTarget.value)}>
            {[1, 10, 100].map((each) => <option key={each} value={String(each)}>{each} a second</option>)}
          </select>
        </label>
        <p role="status">
          {found === undefined
            ? "Counting…"
            : found === COUNTED_MAX
            ? `At least ${COUNTED_MAX} occurrences lie in it.`
            : `${found === 1 ? "1 occurrence lies" : `${found} occurrences lie`} in it.`}
        </p>
        {problem.value !== "" && <p class="wrong" role="alert">{problem.value}</p>}
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary">Send them</button>
        </div>
      </form>
    </Dialog>
  );
}

function wall(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function isoOf(text: string): string | undefined {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
