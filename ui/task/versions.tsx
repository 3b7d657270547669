/** @jsxImportSource preact */
// What a task was before each edit, what the edit changed, and the way back. A peer knows the edits that it saw: where it
// was away, it says so, and another may know more.

import { useSignal } from "@preact/signals";
import { ask, failureText } from "../api.ts";
import { mesh, peerName } from "../mesh-news.ts";
import { Difference } from "../parts/difference.tsx";
import { Icon } from "../parts/icon.tsx";
import { Moment } from "../parts/moment.tsx";
import { say } from "../parts/notice.tsx";
import { useReading } from "../reading.ts";
import { pageOf, parameter, setParameter } from "../router.ts";
import { session } from "../session.ts";
import { pathOf } from "../tasks/deeds.ts";
import type { Page, Task } from "../views.ts";

type Version = {
  readonly revision: string;
  readonly at: string;
  readonly by: string | null;
  readonly until: string | null;
  readonly gap?: true;
  readonly definition: { readonly [field: string]: unknown };
};

const SHOWN = 10;
const SHOWN_MAX = 500;

export function Versions({ task, zone }: { readonly task: Task; readonly zone: string }) {
  const limit = useSignal(SHOWN);
  const isBusy = useSignal(false);
  const own = session.value.kind === "in" ? session.value.peer.id : "";
  const seenBy = parameter("seenBy") || own;
  const path = `${seenBy === own ? "" : `/peers/${encodeURIComponent(seenBy)}/api/v1`}${pathOf(task)}/versions`;
  const query = { user: parameter("user") || undefined };
  const { value, why } = useReading<Page<Version>>(path, { ...query, limit: limit.value }, {
    after: ["task"],
    task: task.id,
  });
  const peers = (mesh.value?.peers ?? []).filter(({ state }) => state === "alive");

  async function restore({ revision, at }: Version): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    const answer = await ask<Task>("POST", `${path}/${revision}/restore`, { body: {}, query });
    isBusy.value = false;
    if (answer.kind === "done") say(`${answer.value.name} is again what it was from ${at.slice(0, 10)} on.`);
    else if (answer.kind !== "aborted") say(`${task.name}: ${failureText(answer)}`, { isTrouble: true });
  }

  return (
    <section class="card panel" aria-labelledby="versions-title">
      <div class="panel-head">
        <h2 id="versions-title">Versions</h2>
        <div class="filters">
          {peers.length > 1 && (
            <label class="pick-one">
              <span class="hidden">By which peer they were seen</span>
              <select
                value={seenBy}
                onChange={({ currentTarget: { value } }) => setParameter("seenBy", value === own ? "" : value)}
              >
                {peers.map(({ peer }) => <option key={peer} value={peer}>Seen by {peerName(peer)}</option>)}
              </select>
            </label>
          )}
          <a class="button quiet" href={pageOf("audit", { on: task.id, what: "task" })}>
            <Icon name="book" /> Who did it
          </a>
        </div>
      </div>
      {value === undefined ? <p class="none" role={why === undefined ? undefined : "alert"}>{why ?? "Loading…"}</p> : (
        <>
          <ol class="versions">
            {value.items.map((version, n) => (
              <Item
                key={version.revision}
                version={version}
                before={value.items[n + 1]}
                isLast={value.items.length === n + 1 && value.cursor === null}
                zone={zone}
                isBusy={isBusy.value}
                onRestore={() => void restore(version)}
              />
            ))}
          </ol>
          {value.items.length === 1 && value.cursor === null && (
            <p class="none">
              It was not edited yet. Each edit will leave here what was before, to compare and go back.
            </p>
          )}
          {value.cursor !== null && limit.value < SHOWN_MAX && (
            <button
              type="button"
              onClick={() => limit.value = Math.min(SHOWN_MAX, limit.value * 5)}
            >
              Show older ones
            </button>
          )}
        </>
      )}
    </section>
  );
}

function Item({ version, before, isLast, zone, isBusy, onRestore }: {
  readonly version: Version;
  readonly before: Version | undefined;
  /** There is none before it. */
  readonly isLast: boolean;
  readonly zone: string;
  readonly isBusy: boolean;
  readonly onRestore: () => void;
}) {
  const { at, by, until, gap, definition, revision } = version;
  const changed = before === undefined ? [] : changedIn(before.definition, definition);
  // Who is alone is no member of a mesh yet, and all was written here.
  const isAlone = mesh.value?.peers.length === 1;
  const writer = by !== null ? peerName(by) : isAlone ? "this peer" : "a peer that has gone";
  const label = `What the version of ${at} changed`;
  return (
    <li data-version={revision}>
      <div class="version-head">
        <span>
          <Moment at={at} zone={zone} /> <span class="none">at {writer}</span>
          {until === null && <span class="tag">as it is</span>}
        </span>
        {until !== null && (
          <button type="button" class="quiet" aria-disabled={isBusy} onClick={onRestore}>
            <Icon name="again" /> Restore this version
          </button>
        )}
      </div>
      {before === undefined
        ? isLast && <p class="none">{gap ? "Older ones are not kept at this peer." : "So it was made."}</p>
        : changed.length === 0
        ? <p class="none">Nothing that shows: a secret, or the same once more.</p>
        : (
          <details class="unfold">
            <summary>
              <Icon name="chevron" /> changed {changed.join(", ")}
            </summary>
            <Difference before={before.definition} after={definition} label={label} />
          </details>
        )}
      {gap === true && before !== undefined && (
        <p class="none">Others came between, which this peer has not seen; another peer may have.</p>
      )}
    </li>
  );
}

type Definition = Version["definition"];

function changedIn(before: Definition, after: Definition): readonly string[] {
  return Object.keys({ ...before, ...after }).filter((name) =>
    JSON.stringify(before[name]) !== JSON.stringify(after[name])
  );
}
