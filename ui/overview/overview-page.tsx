/** @jsxImportSource preact */
// The first page: how it goes, what comes up, and what needs attention.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { mesh, peerName } from "../mesh-news.ts";
import { Icon } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import { Countdown, Moment } from "../parts/moment.tsx";
import { pageOf, taskPage } from "../router.ts";
import { useReading } from "../reading.ts";
import { shownZone, spanText } from "../time.ts";
import { zoneChoice } from "../settings.ts";
import type { Overview } from "../views.ts";
import { Ahead, Hour } from "./charts.tsx";
import { welcomed } from "./welcomed.ts";

const Welcome = lazy(async () => (await import("./welcome.tsx")).Welcome);

/** Between two looks while nothing is told: the time goes on. */
const EVERY_MS = 5_000;

const PauseAll = lazy<{ onClose: () => void }>(async () => (await import("./pause-all.tsx")).PauseAll);

export function OverviewPage() {
  const isPausing = useSignal(false);
  const { value, why } = useReading<Overview>("/overview", {}, { after: ["run", "task", "mesh"], everyMs: EVERY_MS });
  useEffect(() => {
    if (value !== undefined) mesh.value = value.mesh;
  }, [value]);
  return (
    <>
      <div class="head">
        <h1>Overview</h1>
        <div class="task-deeds">
          {(value?.tasks?.tasks ?? 0) > 0 && (
            <button type="button" class="quiet" onClick={() => isPausing.value = true}>
              <Icon name="pause" /> Pause all…
            </button>
          )}
          <a class="button primary" href={pageOf("edit")}>
            <Icon name="plus" /> New task
          </a>
        </div>
      </div>
      {value === undefined
        ? <p class="blank" role={why === undefined ? undefined : "alert"}>{why ?? "Loading…"}</p>
        : value.tasks?.tasks === 0 || welcomed.value !== ""
        ? <Welcome />
        : <Shown value={value} />}
      {isPausing.value && <PauseAll onClose={() => isPausing.value = false} />}
    </>
  );
}

function Shown({ value }: { readonly value: Overview }) {
  const { tasks, minutes, lateness, outcomes, retrying, deadLetters, since } = value;
  const zone = shownZone(zoneChoice.value);
  const hour = minutes.reduce((sum, each) => sum + each, 0);
  const bad = outcomes.failed + outcomes.expired + outcomes.missed;
  return (
    <div class="overview">
      <dl class="tiles">
        <Tile name="Tasks" to={pageOf("tasks")} value={tasks === null ? "many" : tasks.tasks.toLocaleString("en")}>
          {tasks === null
            ? "not counted yet"
            : tasks.paused > 0
            ? `${tasks.paused.toLocaleString("en")} paused`
            : "none paused"}
        </Tile>
        <Tile name="Runs in the last hour" to={pageOf("runs")} value={hour.toLocaleString("en")}>
          {rate(minutes)}
        </Tile>
        <Tile name="Late at the median" value={lateness === null ? "–" : span(lateness.p50)}>
          {lateness === null ? "nothing attempted" : (
            <>
              95 % within {span(lateness.p95)}
              <br />
              99 % within {span(lateness.p99)}
            </>
          )}
        </Tile>
        <Tile
          name="Not delivered in 24 h"
          to={pageOf("runs", { outcome: outcomes.failed >= outcomes.missed + outcomes.expired ? "failed" : "missed" })}
          value={bad.toLocaleString("en")}
          isBad={bad > 0}
        >
          {bad === 0
            ? `${outcomes.delivered.toLocaleString("en")} delivered`
            : (["failed", "missed", "expired"] as const).filter((each) => outcomes[each] > 0)
              .map((each) => `${outcomes[each].toLocaleString("en")} ${each}`).join(", ")}
        </Tile>
        <Tile
          name="Waiting for a retry"
          to={pageOf("runs", { state: "retrying" })}
          value={retrying.toLocaleString("en")}
          isWaiting={retrying > 0}
        >
          {retrying === 0 ? "nothing is behind" : "tried again by themselves"}
        </Tile>
        <Tile
          name="Dead letters"
          to={pageOf("dead-letters")}
          value={`${deadLetters.count.toLocaleString("en")}${deadLetters.isMore ? "+" : ""}`}
          isBad={deadLetters.count > 0}
        >
          {deadLetters.count === 0 ? "nothing was given up" : "given up: mend, then send again"}
        </Tile>
      </dl>
      <section class="card panel" aria-labelledby="ahead-title">
        <h2 id="ahead-title">The next quarter of an hour</h2>
        {tasks === null ? <Unknown /> : <Ahead ahead={value.ahead} now={value.now} zone={zone} />}
      </section>
      <div class="beside">
        <section class="card panel" aria-labelledby="attention-title">
          <h2 id="attention-title">Needs attention</h2>
          <Attention value={value} zone={zone} />
        </section>
        <section class="card panel" aria-labelledby="next-title">
          <h2 id="next-title">Next</h2>
          {tasks === null
            ? <Unknown />
            : value.ahead.first.length === 0
            ? <p class="none">Nothing within 15 minutes.</p>
            : (
              <ol class="rows">
                {value.ahead.first.map(({ task, user, name, at }, n) => (
                  // By its place: what has fired goes, and nothing moves but the words.
                  <li key={n}>
                    <a href={taskPage({ id: task, user })}>
                      <bdi>{name}</bdi>
                    </a>
                    <Countdown at={at} past="now" />
                  </li>
                ))}
              </ol>
            )}
        </section>
      </div>
      <div class="beside">
        <section class="card panel" aria-labelledby="hour-title">
          <h2 id="hour-title">The last hour</h2>
          <Hour minutes={minutes} />
          <p class="none">
            Settled runs a minute. Counted since <Moment at={since} zone={zone} isWhole />.
          </p>
        </section>
        <section class="card panel" aria-labelledby="peers-title">
          <h2 id="peers-title">Who fires</h2>
          <Peers value={value} />
        </section>
      </div>
    </div>
  );
}

/** While a peer that has just started, or has very many tasks, can't say what comes. */
function Unknown() {
  return <p class="none">Not reckoned yet: there are many tasks.</p>;
}

function Tile({ name, value, to, isBad = false, isWaiting = false, children }: {
  readonly name: string;
  readonly value: string;
  readonly to?: string;
  readonly isBad?: boolean;
  readonly isWaiting?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`card tile${isBad ? " bad" : isWaiting ? " wait" : ""}`}>
      <dt>{to === undefined ? name : <a href={to}>{name}</a>}</dt>
      <dd>
        <strong>{value}</strong>
        <span>{children}</span>
      </dd>
    </div>
  );
}

function Attention({ value, zone }: { readonly value: Overview; readonly zone: string }) {
  const { failing, failingCount, shut, clocks } = value;
  const ill = value.mesh.peers.filter(({ state, draining, writable }) =>
    state !== "left" && (state !== "alive" || draining || !writable)
  );
  if (failing.length + ill.length + shut.length + clocks.length === 0 && !value.mesh.fenced) {
    return (
      <p class="calm">
        <Icon name="check" />
        {value.retrying === 0 ? "Nothing. All is as it should be." : (
          <span>
            Nothing was given up. What failed is tried again by itself:{" "}
            <a href={pageOf("runs", { state: "retrying" })}>see why</a>.
          </span>
        )}
      </p>
    );
  }
  return (
    <ul class="rows troubles">
      {value.mesh.fenced && (
        <li>
          <span>This peer fires nothing yet: it has not synced since its start.</span>
        </li>
      )}
      {ill.map(({ peer, name, state, writable }) => (
        <li key={peer}>
          <span>
            <a href={pageOf("mesh", { peer })}>{name || peerName(peer)}</a> {state !== "alive"
              ? `is ${state}: others fire its tasks`
              : writable
              ? "is drained: it fires nothing"
              : "has a disk that takes no writes: make room on it"}
          </span>
        </li>
      ))}
      {clocks.map(({ peer, name, offMs }) => (
        <li key={peer}>
          <span>
            The clock of <a href={pageOf("mesh", { peer })}>{name || peerName(peer)}</a> is {spanText(Math.abs(offMs))}
            {" "}
            {offMs > 0 ? "ahead" : "behind"}: set it, or others fire its tasks
          </span>
        </li>
      ))}
      {shut.map(({ target, failures, error, until, waiting }) => (
        <li key={target}>
          <span>
            <a href={pageOf("targets")}>
              <bdi>{target}</bdi>
            </a>{" "}
            is left alone after {failures} {failures === 1 ? "failure" : "failures"}
            {waiting > 0 && `, ${waiting.toLocaleString("en")} held back`}
            {until !== null && (
              <>
                , tried again <Countdown at={until} past="now" />
              </>
            )}
            {error !== null && <span class="error">{error}</span>}
          </span>
        </li>
      ))}
      {failing.map(({ task, user, name, since, failures, error, run }) => (
        <li key={task}>
          <span>
            <a href={taskPage({ id: task, user })}>
              <bdi>{name}</bdi>
            </a>{" "}
            has failed {failures === 1 ? "once" : `${failures} times`} since <Moment at={since} zone={zone} isWhole />
            {error !== null && <span class="error">{error}</span>}
          </span>
          <a class="go" href={pageOf("run", { id: run })}>Last run</a>
        </li>
      ))}
      {failingCount > failing.length && (
        <li>
          <a href={pageOf("tasks", { outcome: "failed" })}>All {failingCount} tasks that fail</a>
        </li>
      )}
    </ul>
  );
}

function Peers({ value }: { readonly value: Overview }) {
  const { peers, self } = value.mesh;
  const most = Math.max(1, ...peers.map(({ shards }) => shards));
  return (
    <ul class="rows bars">
      {peers.map(({ peer, name, state, shards }) => (
        <li key={peer}>
          <a href={pageOf("mesh", { peer })}>{name || peerName(peer)}</a>
          {peer === self ? <span class="none">this peer</span> : state !== "alive" && <span class="none">{state}</span>}
          <span class="share">{Math.round(shards / 40.96)} %</span>
          <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect width={100 * shards / most} height="4" rx="1" />
          </svg>
        </li>
      ))}
    </ul>
  );
}

/** By the last whole minutes; the present one is not over. */
function rate(minutes: readonly number[]): string {
  const whole = minutes.slice(-6, -1).filter((_, n, five) => five.slice(0, n + 1).some((before) => before > 0));
  if (whole.length === 0) return "in the last minute";
  const second = whole.reduce((sum, each) => sum + each, 0) / whole.length / 60;
  return second >= 1 ? `${second.toFixed(1)} a second` : `${(second * 60).toFixed(1)} a minute`;
}

function span(ms: number): string {
  return ms <= 0 ? "0 ms" : spanText(ms);
}
