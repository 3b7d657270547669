/** @jsxImportSource preact */
// A backfill: what lies in the past of a schedule and was not delivered is sent now, at a pace. How much that is, the
// peer says before.

import { useSignal } from "@preact/signals";
import { ask, failureText } from "../api.ts";
import { peerNow } from "../clock.ts";
import { Dialog } from "../parts/dialog.tsx";
import { say } from "../parts/notice.tsx";
import { When } from "../parts/when.tsx";
import { useReading } from "../reading.ts";
import { zoneChoice } from "../settings.ts";
import { pathOf } from "../tasks/deeds.ts";
import { shownZone } from "../time.ts";
import type { Preview, Task } from "../views.ts";

/** As many as the peer counts ahead; beyond it, "at least". */
const COUNTED_MAX = 100;

export function BackfillDialog({ task, onClose }: { readonly task: Task; readonly onClose: () => void }) {
  const from = useSignal(secondOf(peerNow() - 3_600_000));
  const until = useSignal(secondOf(peerNow()));
  const zone = shownZone(zoneChoice.value, task.schedule);
  const pace = useSignal(1);
  const problem = useSignal("");
  const { value } = useReading<Preview>(
    from.value === "" ? undefined : `${pathOf(task)}/next`,
    { from: from.value, count: COUNTED_MAX },
  );
  const found = value?.next.filter((at) => at < until.value).length;

  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const answer = await ask<{ redriven: number; refused: number }>("POST", `${pathOf(task)}/backfill`, {
      body: { from: from.value, until: until.value, perSecond: pace.value },
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
        <When label="From" zone={zone} value={from.value} hasSeconds onInstant={(at) => from.value = at} />
        <When label="Until" zone={zone} value={until.value} hasSeconds onInstant={(at) => until.value = at} />
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

function secondOf(ms: number): string {
  return new Date(Math.floor(ms / 1_000) * 1_000).toISOString();
}
