/** @jsxImportSource preact */
// Targets: named ones, that many tasks refer to, and the ways from this peer to all of them, those that are shut first.

import { useSignal } from "@preact/signals";
import { ask, failureText } from "../api.ts";
import { peerName } from "../mesh-news.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Countdown } from "../parts/moment.tsx";
import { More } from "../parts/more.tsx";
import { say } from "../parts/notice.tsx";
import { usePages } from "../pages.ts";
import { useReading } from "../reading.ts";
import { navigate, pageOf } from "../router.ts";
import type { NamedTarget } from "../views.ts";

type Breaker = {
  readonly target: string;
  readonly breaker: "closed" | "open" | "half-open";
  readonly until: string | null;
  readonly failures: number;
  readonly error: string | null;
  /** The peer that sends in place of this one, which does not reach the target. */
  readonly by: string | null;
  readonly inFlight: number;
  readonly waiting: number;
  readonly tasksWaiting: number;
};

export function TargetsPage() {
  const { items, isReady, why, cursor, isComing, more } = usePages<NamedTarget>("/targets");
  return (
    <>
      <div class="head">
        <h1>Targets</h1>
        {items.length > 0 && (
          <ExportMenu<NamedTarget>
            list={{ path: "/targets", query: {}, name: "targets" }}
            columns={[
              { name: "name", of: ({ name }) => name },
              { name: "urn", of: ({ urn }) => urn },
              { name: "description", of: ({ description }) => description },
              { name: "auth", of: ({ auth }) => auth?.kind },
              { name: "updatedAt", of: ({ updatedAt }) => updatedAt },
            ]}
          />
        )}
      </div>
      <p class="lead">
        A named target is kept apart from the tasks that send to it, with its credentials, limits and rules: changed
        once, it is changed for all of them.
      </p>
      <section class="card panel" aria-labelledby="named-title">
        <h2 id="named-title">Named targets</h2>
        {!isReady
          ? <p class="none" role={why === undefined ? undefined : "alert"}>{why ?? "Loading…"}</p>
          : items.length === 0
          ? <p class="none" role="status">There are none yet. A task may also say its URL itself.</p>
          : (
            <>
              <ul class="rows">
                {items.map(({ name, urn, description, auth, held }) => (
                  <li key={name} data-target={name}>
                    <span>
                      <a href={pageOf("target", { name })}>
                        <strong>{name}</strong>
                      </a>
                      {auth !== undefined && <span class="tag">{auth.kind}</span>}
                      {"signingSecret" in held && <span class="tag">signed</span>}
                      <span class="none">
                        {description !== "" && `${description} · `}
                        <code>{urn}</code>
                      </span>
                    </span>
                  </li>
                ))}
              </ul>
              {cursor !== null && <More shown={items.length} what="target" isMore isComing={isComing} onMore={more} />}
            </>
          )}
        {isReady && <NewTarget />}
      </section>
      {isReady && <Ways />}
    </>
  );
}

function NewTarget() {
  const name = useSignal("");
  const urn = useSignal("");
  const problem = useSignal<{ readonly field: string; readonly message: string } | undefined>(undefined);
  async function make(event: Event): Promise<void> {
    event.preventDefault();
    const answer = await ask<NamedTarget>("POST", "/targets", {
      body: { name: name.value.trim(), urn: urn.value.trim() },
    });
    if (answer.kind === "done") {
      say(`${answer.value.name} is there: tasks may send to it.`);
      navigate(pageOf("target", { name: answer.value.name }));
    } else if (answer.kind === "problem") {
      const { field, detail } = answer.problem;
      // What is wrong with the whole of it is said at the first.
      problem.value = { field: field === "urn" ? "urn" : "name", message: detail };
    } else problem.value = { field: "name", message: failureText(answer) };
  }
  const problemAt = (field: string) => problem.value?.field === field ? problem.value : undefined;
  return (
    <form class="in-line" onSubmit={(event) => void make(event)} noValidate>
      <Field
        id="target-name"
        label="Name"
        isCode
        placeholder="billing"
        value={name.value}
        onText={(text) => name.value = text}
        problem={problemAt("name")}
      />
      <Field
        id="target-urn"
        label="Where"
        isCode
        placeholder="https://api.example.com/hooks"
        value={urn.value}
        onText={(text) => urn.value = text}
        problem={problemAt("urn")}
      />
      <button type="submit" class="primary">Make a target</button>
    </form>
  );
}

/** Breakers are shown to admins: to others this part is not there. */
function Ways() {
  const { value, status } = useReading<{ items: readonly Breaker[] }>("/breakers", {}, {
    after: ["run"],
    everyMs: 3_000,
  });
  if (status === 403 || value === undefined) return null;
  return (
    <section class="card panel" aria-labelledby="ways-title">
      <div class="panel-head">
        <h2 id="ways-title">Ways from this peer</h2>
        {value.items.length > 0 && (
          <ExportMenu<Breaker>
            list={{ path: "/breakers", query: {}, name: "ways", isWhole: true }}
            columns={[
              { name: "target", of: ({ target }) => target },
              { name: "breaker", of: ({ breaker }) => breaker },
              { name: "failures", of: ({ failures }) => failures },
              { name: "error", of: ({ error }) => error },
              { name: "inFlight", of: ({ inFlight }) => inFlight },
              { name: "waiting", of: ({ waiting }) => waiting },
            ]}
          />
        )}
      </div>
      {value.items.length === 0
        ? <p class="none" role="status">None is in use. What this peer sends to is seen here.</p>
        : (
          <ul class="rows">
            {value.items.map(({ target, breaker, until, failures, error, by, inFlight, waiting, tasksWaiting }) => (
              <li key={target}>
                <span>
                  <code>{target}</code>
                  {error !== null && breaker !== "closed" && <span class="none error">{error}</span>}
                </span>
                <span class="none">
                  {inFlight} in flight, {waiting}{" "}
                  waiting{tasksWaiting > 0 && `, ${tasksWaiting === 1 ? "1 task" : `${tasksWaiting} tasks`} held back`}
                  {by !== null && `; not reached from here, sent by ${peerName(by)}`}
                </span>
                <span class={`mark ${breaker === "closed" ? "delivered" : "failed"}`}>
                  <Icon name={breaker === "closed" ? "check" : "cross"} />
                  {breaker === "closed"
                    ? "open to all"
                    : `shut after ${failures} ${failures === 1 ? "failure" : "failures"}`}
                  {until !== null && breaker === "open" && (
                    <>
                      , tried <Countdown at={until} past="now" />
                    </>
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
    </section>
  );
}
