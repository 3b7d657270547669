/** @jsxImportSource preact */
// What was given up: grouped by target and error, looked at one by one, and driven again at a pace.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { ask, failureText } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Icon } from "../parts/icon.tsx";
import { Countdown, Moment } from "../parts/moment.tsx";
import { More } from "../parts/more.tsx";
import { say } from "../parts/notice.tsx";
import { type Pages, usePages } from "../pages.ts";
import { pageOf, parameter, setParameter, taskPage } from "../router.ts";
import { RUN_COLUMNS } from "../runs/run-columns.ts";
import { zoneChoice } from "../settings.ts";
import { retry } from "../tasks/deeds.ts";
import { shownZone } from "../time.ts";
import type { Run } from "../views.ts";

type Cause = {
  readonly target: string;
  readonly error: string;
  readonly count: number;
  readonly isMore: boolean;
  readonly latest: string;
};

type Which = { readonly target?: string; readonly error?: string; readonly task?: string };

type Deed = "redrive" | "dismiss";
type Asked = {
  readonly deed: Deed;
  readonly which: Which;
  /** How many there are of them, when that is known. */
  readonly count?: string;
};

export function DeadLettersPage() {
  const causes = usePages<Cause>("/dead-letters/causes", {}, isLetter);
  const which = { target: parameter("target"), error: parameter("error"), task: parameter("task") };
  const isChosen = Object.values(which).some((each) => each !== "");
  const query = Object.fromEntries(Object.entries(which).map(([name, value]) => [name, value || undefined]));
  // The first one is shown when it comes; what comes while some are read would push these away.
  const isNone = useRef(true);
  const letters = usePages<Run>("/dead-letters", query, (run) => isLetter(run) && isNone.current);
  isNone.current = letters.items.length === 0;
  const asked = useSignal<Asked | undefined>(undefined);
  const done = () => {
    asked.value = undefined;
    // Of what was chosen nothing is left.
    for (const name of Object.keys(which)) setParameter(name, "");
    causes.again();
    letters.again();
  };
  return (
    <>
      <div class="head">
        <h1>Dead letters</h1>
        {causes.items.length > 0 && (
          <div class="task-deeds">
            <button
              type="button"
              onClick={() => asked.value = { deed: "redrive", which: isChosen ? chosenOf(which) : {} }}
            >
              <Icon name="again" /> Send {isChosen ? "these" : "all"} again…
            </button>
            <button
              type="button"
              class="quiet"
              onClick={() => asked.value = { deed: "dismiss", which: isChosen ? chosenOf(which) : {} }}
            >
              Dismiss {isChosen ? "these" : "all"}…
            </button>
          </div>
        )}
      </div>
      <p class="lead">
        An event that no attempt could deliver is a dead letter: it is not sent again by itself. Mend the target, then
        send its letters again, with the ids that they have; or dismiss what nobody needs any more.
      </p>
      {!causes.isReady
        ? <p class="blank" role={causes.why === undefined ? undefined : "alert"}>{causes.why ?? "Loading…"}</p>
        : causes.items.length === 0
        ? (
          <p class="blank" role="status">
            None: nothing was given up. What fails for good comes here, sorted by its cause.
          </p>
        )
        : (
          <>
            <section class="card panel wide-panel" aria-labelledby="causes-title">
              <h2 id="causes-title">By target and error</h2>
              <ul class="rows">
                {causes.items.map((cause) => (
                  <CauseRow
                    key={`${cause.target} ${cause.error}`}
                    cause={cause}
                    isHere={which.target === cause.target && which.error === cause.error}
                    onAsk={(deed) =>
                      asked.value = {
                        deed,
                        which: { target: cause.target, error: cause.error },
                        count: countText(cause),
                      }}
                  />
                ))}
              </ul>
            </section>
            <Letters
              letters={letters}
              query={query}
              isChosen={isChosen}
              onDone={() => {
                causes.again();
                letters.again();
              }}
            />
          </>
        )}
      {asked.value?.deed === "redrive" && (
        <Redrive
          {...asked.value}
          onClose={() => asked.value = undefined}
          onDone={done}
        />
      )}
      {asked.value?.deed === "dismiss" && (
        <Dismiss
          {...asked.value}
          onClose={() => asked.value = undefined}
          onDone={done}
        />
      )}
    </>
  );
}

function CauseRow({ cause: { target, error, count, isMore, latest }, isHere, onAsk }: {
  readonly cause: Cause;
  readonly isHere: boolean;
  readonly onAsk: (deed: Deed) => void;
}) {
  const look = () => {
    setParameter("target", isHere ? "" : target);
    setParameter("error", isHere ? "" : error);
  };
  return (
    <li data-cause={error}>
      <span>
        <strong>{countText({ count, isMore })}</strong> × {error}
        <span class="none">
          <code>{target}</code>, the last <Countdown at={latest} />
        </span>
      </span>
      <button type="button" class="quiet" aria-pressed={isHere} onClick={look}>
        {isHere ? "Show all" : "Show these"}
      </button>
      <button type="button" class="quiet" onClick={() => onAsk("dismiss")}>Dismiss…</button>
      <button type="button" onClick={() => onAsk("redrive")}>Send again…</button>
    </li>
  );
}

/** What has just been given up. */
function isLetter({ outcome }: Run): boolean {
  return outcome === "failed";
}

function Letters({ letters: { items, cursor, isReady, isComing, more, why }, query, isChosen, onDone }: {
  readonly letters: Pages<Run>;
  /** One was sent again. */
  readonly onDone: () => void;
  readonly query: { readonly [name: string]: string | undefined };
  readonly isChosen: boolean;
}) {
  const zone = shownZone(zoneChoice.value);
  return (
    <section class="card panel wide-panel" aria-labelledby="letters-title">
      <div class="panel-head">
        <h2 id="letters-title">{isChosen ? "These letters" : "All letters"}</h2>
        <ExportMenu<Run> list={{ path: "/dead-letters", query, name: "dead-letters" }} columns={RUN_COLUMNS} />
      </div>
      {!isReady ? <p class="none">{why ?? "Loading…"}</p> : (
        <>
          <ul class="rows">
            {items.map((run) => (
              <li key={run.id} data-run={run.id}>
                <span>
                  <a href={pageOf("run", { id: run.id })}>
                    <Moment at={run.instant} zone={zone} />
                  </a>{" "}
                  of <a href={taskPage({ id: run.task, user: run.user })}>{run.task}</a>
                  <span class="error none">{run.attempts.at(-1)?.error ?? run.reason}</span>
                </span>
                <span class="none">
                  {run.attempts.length === 1 ? "1 attempt" : `${run.attempts.length} attempts`}
                </span>
                <button type="button" class="quiet" onClick={() => void retry(run).then(onDone)}>Send it again</button>
              </li>
            ))}
          </ul>
          <More shown={items.length} what="letter" isMore={cursor !== null} isComing={isComing} onMore={more} />
        </>
      )}
    </section>
  );
}

function countText({ count, isMore }: Pick<Cause, "count" | "isMore">): string {
  return `${count.toLocaleString("en")}${isMore ? "+" : ""}`;
}

const PACES: readonly (readonly [label: string, perSecond: number])[] = [
  ["as fast as the targets take them", 0],
  ["100 a second", 100],
  ["10 a second", 10],
  ["1 a second", 1],
];

function Redrive({ which, count, onClose, onDone }: {
  readonly which: Which;
  readonly count?: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const pace = useSignal(10);
  const problem = useSignal("");
  const isAll = Object.keys(which).length === 0;
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const answer = await ask<{ redriven: number; refused: number }>("POST", "/dead-letters/redrive", {
      body: { ...(isAll ? { all: true } : which), ...(pace.value === 0 ? {} : { perSecond: pace.value }) },
    });
    if (answer.kind !== "done") return void (problem.value = failureText(answer));
    const { redriven, refused } = answer.value;
    say(`${redriven} sent again${refused === 0 ? "" : `, ${refused} not: their tasks are gone or done`}.`);
    onDone();
  }
  return (
    <Dialog title={isAll ? "Send all dead letters again?" : `Send ${count ?? "these"} again?`} onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <Chosen which={which} />
        <label class="field">
          <span class="label-of">Pace</span>
          <select value={String(pace.value)} onChange={(event) => pace.value = Number(event.currentTarget.value)}>
            {PACES.map(([label, value]) => <option key={value} value={String(value)}>{label}</option>)}
          </select>
        </label>
        {problem.value !== "" && <p class="wrong" role="alert">{problem.value}</p>}
        <div class="answers">
          <button type="button" onClick={onClose}>Leave them</button>
          <button type="submit" class="primary">Send again</button>
        </div>
      </form>
    </Dialog>
  );
}

function Dismiss({ which, count, onClose, onDone }: {
  readonly which: Which;
  readonly count?: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const problem = useSignal("");
  const isAll = Object.keys(which).length === 0;
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const answer = await ask<{ dismissed: number; more: boolean }>("POST", "/dead-letters/dismiss", {
      body: isAll ? { all: true } : which,
    });
    if (answer.kind !== "done") return void (problem.value = failureText(answer));
    const { dismissed, more } = answer.value;
    say(`${dismissed} dismissed${more ? ", and there are more" : ""}.`);
    onDone();
  }
  return (
    <Dialog title={isAll ? "Dismiss all dead letters?" : `Dismiss ${count ?? "these"}?`} onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <Chosen which={which} />
        <p class="none">Their runs stay recorded as failed, and are found among the runs.</p>
        {problem.value !== "" && <p class="wrong" role="alert">{problem.value}</p>}
        <div class="answers">
          <button type="button" onClick={onClose}>Leave them</button>
          <button type="submit" class="primary">Dismiss</button>
        </div>
      </form>
    </Dialog>
  );
}

function Chosen({ which: { error, target, task } }: { readonly which: Which }) {
  if (error === undefined && target === undefined && task === undefined) return null;
  return (
    <p class="none">
      {error} {target !== undefined && (
        <>
          at <code>{target}</code>
        </>
      )} {task !== undefined && `of ${task}`}
    </p>
  );
}

function chosenOf(which: { readonly [name: string]: string }): Which {
  return Object.fromEntries(Object.entries(which).filter(([, value]) => value !== ""));
}
