/** @jsxImportSource preact */
// What lost against an edit made elsewhere at the same time: seen, and put back if it was the better one.

import { useSignal } from "@preact/signals";
import { ask, failureText } from "../api.ts";
import { peerName } from "../mesh-news.ts";
import type { Column } from "../parts/download.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Moment } from "../parts/moment.tsx";
import { More } from "../parts/more.tsx";
import { say } from "../parts/notice.tsx";
import { usePages } from "../pages.ts";
import { pageOf } from "../router.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import type { Task } from "../views.ts";

type Side = { readonly value: unknown; readonly at: string; readonly by: string | null };

type Conflict = {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly task: string | null;
  readonly register: string;
  readonly at: string;
  readonly lost: Side;
  readonly kept: Side;
};

export function ConflictsPage() {
  const { items, isReady, why, cursor, isComing, more, again } = usePages<Conflict>("/conflicts");
  const zone = shownZone(zoneChoice.value);
  return (
    <>
      <div class="head">
        <h1>Conflicts</h1>
        {items.length > 0 && (
          <ExportMenu<Conflict> list={{ path: "/conflicts", query: {}, name: "conflicts" }} columns={COLUMNS} />
        )}
      </div>
      <p class="lead">
        When two people change the same part of a task at two peers before these have heard of each other, the later one
        counts. The other is kept here, and can be put back.
      </p>
      {!isReady
        ? <p class="blank" role={why === undefined ? undefined : "alert"}>{why ?? "Loading…"}</p>
        : items.length === 0
        ? <p class="blank" role="status">None. Nothing that anybody wrote was lost.</p>
        : (
          <>
            <ul class="cards">
              {items.map((conflict) => <Item key={conflict.id} conflict={conflict} zone={zone} onDone={again} />)}
            </ul>
            <More shown={items.length} what="conflict" isMore={cursor !== null} isComing={isComing} onMore={more} />
          </>
        )}
    </>
  );
}

const COLUMNS: readonly Column<Conflict>[] = [
  { name: "at", of: ({ at }) => at },
  { name: "kind", of: ({ kind }) => kind },
  { name: "task", of: ({ task }) => task },
  { name: "register", of: ({ register }) => register },
  { name: "lost", of: ({ lost }) => JSON.stringify(lost.value) },
  { name: "lostAt", of: ({ lost }) => lost.at },
  { name: "kept", of: ({ kept }) => JSON.stringify(kept.value) },
  { name: "keptAt", of: ({ kept }) => kept.at },
];

function Item({ conflict, zone, onDone }: {
  readonly conflict: Conflict;
  readonly zone: string;
  readonly onDone: () => void;
}) {
  const { id, kind, key, task, register, at, lost, kept } = conflict;
  const isBusy = useSignal(false);
  async function restore(): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    const answer = await ask<Task>("POST", `/conflicts/${encodeURIComponent(id)}/restore`, { body: {} });
    isBusy.value = false;
    if (answer.kind === "done") say(`${answer.value.name} has its ${wordOf(register)} of before again.`);
    else if (answer.kind !== "aborted") say(`${task ?? key}: ${failureText(answer)}`, { isTrouble: true });
    onDone();
  }
  return (
    <li class="card panel">
      <div class="panel-head">
        <h2>
          The {wordOf(register)} of {task === null ? `${kind} ${key}` : (
            <a href={pageOf("task", { id: task })}>
              <bdi>{task}</bdi>
            </a>
          )}
        </h2>
        <span class="none">
          <Moment at={at} zone={zone} isWhole />
        </span>
      </div>
      <div class="sides">
        <SideOf title="Lost" side={lost} zone={zone} />
        <SideOf title="Kept" side={kept} zone={zone} />
      </div>
      {kind === "task" && (
        <div class="answers">
          <button type="button" aria-disabled={isBusy.value} onClick={() => void restore()}>
            Put the lost one back
          </button>
        </div>
      )}
    </li>
  );
}

/** What a part of a task is called. */
function wordOf(register: string): string {
  return ({ meta: "name and labels", state: "pause", life: "being there" } as Words)[register] ?? register;
}

type Words = { readonly [register: string]: string };

function SideOf({ title, side: { value, at, by }, zone }: {
  readonly title: string;
  readonly side: Side;
  readonly zone: string;
}) {
  return (
    <div>
      <h3>{title}</h3>
      <pre tabIndex={0} aria-label={title}>{JSON.stringify(value, null, 2)}</pre>
      <p class="none">
        written <Moment at={at} zone={zone} isWhole /> at {by === null ? "a peer that has gone" : peerName(by)}
      </p>
    </div>
  );
}
