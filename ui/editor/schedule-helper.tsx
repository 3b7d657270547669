/** @jsxImportSource preact */
// Writes a schedule's text from a few choices, as they are made. The text stays in sight, and is what counts. What it
// says already, by the peer's own reading, is where the choices begin.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { peerNow } from "../clock.ts";
import { connection } from "../live.ts";
import { instantIn, wallIn } from "../parts/wall.ts";
import { browserZone, zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import type { ScheduleChoices } from "../views.ts";
import { preview } from "./preview.ts";

type Kind = "every" | "week" | "month" | "once";

const KINDS: readonly (readonly [Kind, string])[] = [
  ["every", "Every so often"],
  ["week", "On days of the week"],
  ["month", "On a day of the month"],
  ["once", "Once"],
];

const UNITS: { readonly [unit: string]: (n: number) => string } = {
  seconds: (n: number) => `PT${n}S`,
  minutes: (n: number) => `PT${n}M`,
  hours: (n: number) => `PT${n}H`,
  days: (n: number) => `P${n}D`,
  weeks: (n: number) => `P${n}W`,
};

const WEEK = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;
const MONTH: { readonly [day: string]: string } = {
  "1": "the first",
  "15": "the 15th",
  L: "the last day",
  LW: "the last weekday",
};

const ZONES: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")];

type Choices = {
  readonly kind: Kind | "";
  readonly count: string;
  readonly unit: string;
  /** Where an interval is counted from, as it is written; "" for now. */
  readonly start: string;
  readonly days: readonly string[];
  readonly day: string;
  readonly time: string;
  /** An instant. */
  readonly moment: string;
  readonly zone: string;
};

const NEW: Choices = {
  ...{ kind: "", count: "5", unit: "minutes", start: "", days: ["MON"], day: "1" },
  ...{ time: "09:00", moment: "", zone: browserZone },
};

export function ScheduleHelper({ schedule, onText }: {
  /** As it is written now. */
  readonly schedule: string;
  readonly onText: (text: string) => void;
}) {
  /** Chosen before the peer has said what the schedule says. */
  const wanted = useSignal<Kind | "">("");
  const now = preview.value;
  const said = now.kind === "shown" && !now.isOld ? now.preview.choices : undefined;
  const choices = useSignal(said === undefined ? NEW : { ...NEW, ...choicesIn(said) });
  /** The schedule that these choices are of. */
  const known = useRef(said === undefined ? "" : schedule);
  const isSilent = now.kind === "wrong" || connection.value.kind === "lost";
  const { kind, count, unit, start, days, day, time, moment, zone } = choices.value;
  const shown = shownZone(zoneChoice.value);
  const change = (some: Partial<Choices>) => {
    choices.value = { ...choices.value, ...some };
    const text = textOf(choices.value);
    if (text === undefined) return;
    known.current = text;
    onText(text);
  };
  const choose = (kind: Kind) => {
    if (schedule === known.current || isSilent) change({ kind });
    else wanted.value = kind;
  };
  useEffect(() => {
    if (schedule === "" && known.current !== "") choices.value = NEW;
    if (schedule === "") known.current = "";
    if (said !== undefined && schedule !== known.current) {
      known.current = schedule;
      choices.value = { ...choices.value, ...choicesIn(said) };
    }
    if (wanted.value === "" || (schedule !== known.current && !isSilent)) return;
    const kind = wanted.value;
    wanted.value = "";
    change({ kind });
  }, [schedule, said, isSilent, wanted.value]);
  return (
    <fieldset class="helper">
      <legend class="hidden">Let the schedule be written</legend>
      <div class="kinds">
        {KINDS.map(([value, label]) => (
          <label key={value} class="pill">
            <input
              type="radio"
              name="schedule-kind"
              checked={(wanted.value || kind) === value}
              onChange={() => choose(value)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {kind === "every" && (
        <div class="helper-line">
          <input
            type="number"
            min="1"
            class="short"
            aria-label="How many"
            value={count}
            onInput={(event) => change({ count: event.currentTarget.value })}
          />
          <select aria-label="Unit" value={unit} onChange={(event) => change({ unit: event.currentTarget.value })}>
            {Object.keys(UNITS).map((each) => <option key={each} value={each}>{each}</option>)}
          </select>
          <span class="none">
            {start === "" ? "from now on" : (
              <>
                from <code>{start}</code> on
              </>
            )}
          </span>
        </div>
      )}
      {kind === "week" && (
        <div class="helper-line" role="group" aria-label="Days">
          {WEEK.map((each) => (
            <label key={each} class="pill of-week">
              <input
                type="checkbox"
                checked={days.includes(each)}
                onChange={() =>
                  change({ days: days.includes(each) ? days.filter((other) => other !== each) : [...days, each] })}
              />
              <span>{each.slice(0, 1) + each.slice(1).toLowerCase()}</span>
            </label>
          ))}
        </div>
      )}
      {kind === "month" && (
        <div class="helper-line">
          <select aria-label="Day" value={day} onChange={(event) => change({ day: event.currentTarget.value })}>
            {[...new Set([...Object.keys(MONTH), day])].map((each) => (
              <option key={each} value={each}>{MONTH[each] ?? `day ${each}`}</option>
            ))}
          </select>
          <span class="none">of each month</span>
        </div>
      )}
      {kind === "once" && (
        <div class="helper-line">
          <input
            type="datetime-local"
            step="1"
            aria-label={`Moment, in ${shown}`}
            value={wallIn(moment, shown, true)}
            onChange={(event) => change({ moment: instantIn(event.currentTarget.value, shown) ?? "" })}
          />
          <span class="none">in {shown}</span>
        </div>
      )}
      {(kind === "week" || kind === "month") && (
        <div class="helper-line">
          <input
            type="time"
            aria-label="Time of day"
            value={time}
            onInput={(event) => change({ time: event.currentTarget.value })}
          />
          <input
            type="text"
            list="zones"
            aria-label="Time zone"
            spellcheck={false}
            value={zone}
            onInput={(event) => change({ zone: event.currentTarget.value })}
          />
          <datalist id="zones">{ZONES.map((each) => <option key={each} value={each} />)}</datalist>
        </div>
      )}
    </fieldset>
  );
}

/** As the peer reads a schedule; what says more is no choice, but has a time and a zone. */
function choicesIn(said: ScheduleChoices): Partial<Choices> {
  const { zone, time } = said;
  switch (said.kind) {
    case "every":
      return { kind: "every", count: String(said.count), unit: said.unit, start: said.start, zone, time };
    case "week":
      return { kind: "week", days: said.days, zone, time };
    case "month":
      return { kind: "month", day: said.day, zone, time };
    case "once":
      return { kind: "once", moment: said.at, zone, time };
    case "other":
      return { kind: "", start: "", zone, time };
  }
}

function textOf({ kind, count, unit, start, days, day, time, moment, zone }: Choices): string | undefined {
  const [hour = "9", minute = "0"] = time.split(":");
  const clock = `${Number(minute)} ${Number(hour)}`;
  switch (kind) {
    case "":
      return undefined;
    case "every": {
      const n = Math.max(1, Math.floor(Number(count)) || 1);
      // Days are counted on the wall: 09:00 stays 09:00 in summer and winter. Shorter ones pass at their own pace.
      const isByWall = unit === "days" || unit === "weeks";
      const now = isByWall ? `${wallText(peerNow())}[${browserZone}]` : secondText(peerNow());
      return `R/${start === "" ? now : start}/${UNITS[unit]?.(n)}`;
    }
    case "week": {
      const chosen = WEEK.filter((each) => days.includes(each));
      return `${clock} * * ${chosen.length === 0 || chosen.length === 7 ? "*" : chosen.join(",")} [${zone}]`;
    }
    case "month":
      return `${clock} ${day} * * [${zone}]`;
    case "once":
      return moment === "" ? undefined : secondText(Date.parse(moment));
  }
}

/** `2026-11-24T10:07:05Z` */
function secondText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The browser's wall clock at a moment: `2026-11-24T11:07:05`. */
function wallText(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
