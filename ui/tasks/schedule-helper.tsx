/** @jsxImportSource preact */
// Writes a schedule's text from a few choices. The text stays in sight, and is what counts.

import { useSignal } from "@preact/signals";
import { peerNow } from "../clock.ts";
import { browserZone } from "../settings.ts";
import { secondText } from "./new-task.ts";

const UNITS: { readonly [unit: string]: (n: number) => string } = {
  seconds: (n: number) => `PT${n}S`,
  minutes: (n: number) => `PT${n}M`,
  hours: (n: number) => `PT${n}H`,
  days: (n: number) => `P${n}D`,
};

/** Cron's fields of day, month and weekday. */
const DAYS: { readonly [days: string]: string } = {
  "every day": "* * *",
  "Monday to Friday": "* * MON-FRI",
  "every Monday": "* * MON",
  "the first of each month": "1 * *",
  "the last of each month": "L * *",
};

export function ScheduleHelper({ onText }: { readonly onText: (text: string) => void }) {
  const count = useSignal("5");
  const unit = useSignal("minutes");
  const moment = useSignal("");
  const days = useSignal("every day");
  const time = useSignal("09:00");

  function every(): void {
    const n = Math.max(1, Math.floor(Number(count.value)) || 1);
    // Days are counted on the wall: 09:00 stays 09:00 in summer and winter. Shorter ones pass at their own pace.
    onText(
      `R/${unit.value === "days" ? `${wallText(peerNow())}[${browserZone}]` : secondText(peerNow())}/${
        UNITS[unit.value]?.(n)
      }`,
    );
  }

  function once(): void {
    const at = new Date(moment.value);
    if (!Number.isNaN(at.getTime())) onText(secondText(at.getTime()));
  }

  function cron(): void {
    const [hour = "9", minute = "0"] = time.value.split(":");
    onText(`${Number(minute)} ${Number(hour)} ${DAYS[days.value]} [${browserZone}]`);
  }

  return (
    <div class="helper">
      <fieldset>
        <legend class="hidden">Every so often, from now</legend>
        <span aria-hidden="true">Every</span>
        <input
          type="number"
          min="1"
          aria-label="How many"
          value={count.value}
          onInput={(event) => count.value = event.currentTarget.value}
        />
        <select aria-label="Unit" value={unit.value} onChange={(event) => unit.value = event.currentTarget.value}>
          {Object.keys(UNITS).map((each) => <option key={each} value={each}>{each}</option>)}
        </select>
        <button type="button" onClick={every}>from now</button>
      </fieldset>
      <fieldset>
        <legend class="hidden">Once</legend>
        <span aria-hidden="true">Once at</span>
        <input
          type="datetime-local"
          step="1"
          aria-label={`Moment, in ${browserZone}`}
          value={moment.value}
          onInput={(event) => moment.value = event.currentTarget.value}
        />
        <button type="button" aria-disabled={moment.value === ""} onClick={once}>set once</button>
      </fieldset>
      <fieldset>
        <legend class="hidden">On days, by cron</legend>
        <span aria-hidden="true">At</span>
        <input
          type="time"
          aria-label={`Time of day, in ${browserZone}`}
          value={time.value}
          onInput={(event) => time.value = event.currentTarget.value}
        />
        <select aria-label="Days" value={days.value} onChange={(event) => days.value = event.currentTarget.value}>
          {Object.keys(DAYS).map((each) => <option key={each} value={each}>{each}</option>)}
        </select>
        <button type="button" onClick={cron}>set cron</button>
      </fieldset>
    </div>
  );
}

/** The browser's wall clock at a moment: `2026-11-24T11:07:05`. */
function wallText(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
