/** @jsxImportSource preact */
// What a schedule means, by the peer's own reckoning: a sentence, the next times, and what to know about them.

import { Countdown } from "../parts/moment.tsx";
import { connection } from "../live.ts";
import { localText, offsetOf } from "../local-time.ts";
import type { Preview } from "../views.ts";
import { text } from "./draft.ts";
import { preview } from "./preview.ts";

export function PreviewPane() {
  const now = preview.value;
  return (
    <section class={`preview${now.kind === "shown" && now.isOld ? " old" : ""}`} aria-label="Preview of the schedule">
      <h3>What it means</h3>
      {connection.value.kind === "lost" && <p class="none">The peer can't be asked now. What you write is kept.</p>}
      <div role="status">
        {now.kind === "none" && (
          <p class="none">{text("schedule") === "" ? "Write a schedule, and read here when it fires." : "…"}</p>
        )}
        {now.kind === "wrong" && <p class="none">Nothing yet: the schedule can't be read.</p>}
        {now.kind === "shown" && <p class="says">{now.preview.sentence}</p>}
        {now.kind === "shown" && now.preview.neverFires && (
          <p class="never">
            <strong>It never fires:</strong> no instant of it lies ahead.
          </p>
        )}
      </div>
      {now.kind === "shown" && !now.preview.neverFires && <Times preview={now.preview} />}
      {now.kind === "shown" && now.preview.notes.length > 0 && (
        <ul class="notes">{now.preview.notes.map((note) => <li key={note}>{note}</li>)}</ul>
      )}
    </section>
  );
}

function Times({ preview }: { readonly preview: Preview }) {
  const { next, local, zone } = preview;
  const offset = offsetOf(local);
  const isUtc = ["UTC", "Z", "Etc/UTC"].includes(zone);
  return (
    <table class="times">
      <thead>
        <tr>
          <th scope="col">{isUtc ? "UTC" : offset === undefined ? zone : `${zone}, ${offset}`}</th>
          {!isUtc && <th scope="col">UTC</th>}
          <th scope="col">
            <span class="hidden">From now</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {next.map((at, n) => (
          <tr key={at}>
            <td>{localText(local[n] ?? at, { hasOffset: offset === undefined })}</td>
            {!isUtc && <td>{local[n]?.slice(0, 10) === at.slice(0, 10) ? timeOf(localText(at)) : localText(at)}</td>}
            <td>
              <Countdown at={at} past="now" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** On the same day, the time is enough. */
function timeOf(text: string): string {
  return text.slice(text.lastIndexOf(" ") + 1);
}
