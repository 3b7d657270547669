/** @jsxImportSource preact */
// One named target: what it says, which credentials are held, a try, a rotation, and the tasks that send to it.

import { useSignal } from "@preact/signals";
import { type Answer, ask, failureText } from "../api.ts";
import { Fact, Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icon.tsx";
import { Moment } from "../parts/moment.tsx";
import { say } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { Values } from "../parts/values.tsx";
import { useReading } from "../reading.ts";
import { navigate, pageOf, parameter } from "../router.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone, spanText } from "../time.ts";
import type { NamedTarget, Page, Task } from "../views.ts";
import { CredentialsOf } from "./credentials.tsx";
import { TargetForm } from "./target-form.tsx";

type Test = {
  readonly ms: number;
  readonly outcome: "delivered" | "failed";
  readonly status?: number;
  readonly error?: string;
};

const RULES: { readonly [rule: string]: string } = {
  auth: "Signs in",
  cloudEvents: "CloudEvents",
  headers: "Headers",
  limits: "Limits",
  method: "Method",
  success: "Success is",
  tls: "TLS",
};

export function TargetPage() {
  const name = parameter("name");
  const path = `/targets/${encodeURIComponent(name)}`;
  const { value: target, why, status, again } = useReading<NamedTarget>(path);
  const { value: users } = useReading<Page<Task>>("/tasks", { target: name, limit: 20 });
  const test = useSignal<Test | undefined>(undefined);
  const isTesting = useSignal(false);
  const asked = useSignal<"" | "delete" | "edit">("");
  const zone = shownZone(zoneChoice.value);
  const shut = () => asked.value = "";
  if (target === undefined) {
    return (
      <div class="blank" key="blank" role={why === undefined ? undefined : "alert"}>
        <p>{status === 404 ? `There is no target named ${name}. It may have been deleted.` : why ?? "Loading…"}</p>
        {why !== undefined && (
          <p>
            <a href={pageOf("targets")}>To the targets</a>
          </p>
        )}
      </div>
    );
  }

  async function act(asking: Promise<Answer<unknown>>, done: string): Promise<boolean> {
    const answer = await asking;
    if (answer.kind === "done") say(done);
    else if (answer.kind !== "aborted") say(`${name}: ${failureText(answer)}`, { isTrouble: true });
    again();
    return answer.kind === "done";
  }

  async function tryOut(): Promise<void> {
    if (isTesting.value) return;
    isTesting.value = true;
    const answer = await ask<Test>("POST", `${path}/test`, { body: {} });
    isTesting.value = false;
    if (answer.kind === "done") test.value = answer.value;
    else if (answer.kind !== "aborted") say(`${name}: ${failureText(answer)}`, { isTrouble: true });
  }

  const { held, createdAt, updatedAt, user: _, name: __, description, urn, ...rules } = target;
  return (
    <>
      <div class="head">
        <h1>{name}</h1>
        <div class="task-deeds">
          <button type="button" aria-disabled={isTesting.value} onClick={() => void tryOut()}>
            <Icon name="bolt" /> {isTesting.value ? "Sending…" : "Send a test event"}
          </button>
          <button type="button" onClick={() => asked.value = "edit"}>
            <Icon name="pen" /> Edit…
          </button>
          <button type="button" class="danger" onClick={() => asked.value = "delete"}>
            <Icon name="bin" /> Delete…
          </button>
        </div>
      </div>
      {description !== "" && <p class="lead">{description}</p>}
      {test.value !== undefined && (
        <p class={test.value.outcome === "delivered" ? "note good" : "note bad"} role="status">
          {test.value.outcome === "delivered" ? "Delivered" : `Not delivered: ${test.value.error ?? ""}`}
          {test.value.status !== undefined && `, status ${test.value.status}`}, in {spanText(test.value.ms)}.
        </p>
      )}
      <section class="card panel" aria-labelledby="what-title">
        <h2 id="what-title">What it says</h2>
        <Facts>
          <Fact name="Where">
            <code>{urn}</code>
          </Fact>
          {Object.entries(rules).filter(([, value]) => JSON.stringify(value) !== "{}").map(([rule, value]) => (
            <Fact name={RULES[rule] ?? rule} key={rule}>
              <Values of={value} />
            </Fact>
          ))}
          <Fact name="Made">
            <Moment at={createdAt} zone={zone} isWhole />
          </Fact>
          <Fact name="Changed">
            <Moment at={updatedAt} zone={zone} isWhole />
          </Fact>
        </Facts>
      </section>
      <CredentialsOf path={path} held={held} zone={zone} act={act} />
      <section class="card panel" aria-labelledby="users-title">
        <h2 id="users-title">Tasks that send to it</h2>
        {users === undefined
          ? <p class="none">Loading…</p>
          : users.items.length === 0
          ? <p class="none">None yet.</p>
          : (
            <>
              <ul class="rows">
                {users.items.map(({ id, name, sentence }) => (
                  <li key={id}>
                    <a href={pageOf("task", { id })}>{name}</a>
                    <span class="none">{sentence}</span>
                  </li>
                ))}
              </ul>
              {users.cursor !== null && <a href={pageOf("tasks", { target: name })}>All {users.total ?? ""}</a>}
            </>
          )}
      </section>
      {asked.value === "edit" && (
        <TargetForm
          name={name}
          value={{ description, urn, ...rules }}
          held={held}
          onClose={shut}
          onDone={() => {
            shut();
            say(`${name} is changed, for all that send to it.`);
            again();
          }}
        />
      )}
      {asked.value === "delete" && (
        <Sure
          title={<>Delete {<bdi>{name}</bdi>}?</>}
          deed="Delete it"
          onClose={shut}
          onSure={() =>
            void act(ask("DELETE", path), `${name} is deleted.`).then((isDone) =>
              isDone && navigate(pageOf("targets"))
            )}
        >
          Its credentials go with it. A target that a task refers to is not deleted.
        </Sure>
      )}
    </>
  );
}
