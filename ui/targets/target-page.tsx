/** @jsxImportSource preact */
// One named target: what it says, which credentials are held, a try, a rotation, and the tasks that send to it.

import { useSignal } from "@preact/signals";
import { type Answer, ask, failureText } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Moment } from "../parts/moment.tsx";
import { JsonDialog } from "../parts/json-dialog.tsx";
import { say } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { Values } from "../parts/values.tsx";
import { useReading } from "../reading.ts";
import { navigate, pageOf, parameter } from "../router.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone, spanText } from "../time.ts";
import type { NamedTarget, Page, Task } from "../views.ts";

type Test = {
  readonly ms: number;
  readonly outcome: "delivered" | "failed";
  readonly status?: number;
  readonly error?: string;
};

/** The credentials that are one text. */
const SECRETS: { readonly [name: string]: string } = {
  password: "Password",
  token: "Bearer token",
  clientSecret: "OAuth2 client secret",
  key: "Private key, PEM",
  signingSecret: "Signing secret, whsec_…",
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
  const asked = useSignal<"" | "rotate" | "delete" | "edit">("");
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

  const isRotating = Object.values(target.held).some(({ previous }) => previous !== undefined);
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
            <Moment at={createdAt} zone={zone} />
          </Fact>
          <Fact name="Changed">
            <Moment at={updatedAt} zone={zone} />
          </Fact>
        </Facts>
      </section>
      <section class="card panel" aria-labelledby="held-title">
        <div class="panel-head">
          <h2 id="held-title">Credentials</h2>
          <button type="button" onClick={() => asked.value = "rotate"}>
            <Icon name="key" /> Bring new ones…
          </button>
        </div>
        {Object.keys(held).length === 0
          ? <p class="none">None. They are kept sealed, and never shown again.</p>
          : (
            <ul class="rows">
              {Object.entries(held).map(([each, { since, previous }]) => (
                <li key={each}>
                  <span>{SECRETS[each] ?? each}</span>
                  <span class="none">
                    since <Moment at={since} zone={zone} />
                    {previous !== undefined && ", the one before is good too"}
                  </span>
                </li>
              ))}
            </ul>
          )}
        {isRotating && (
          <div class="answers">
            <button
              type="button"
              onClick={() => void act(ask("POST", `${path}/revert`, { body: {} }), "Back to the old ones.")}
            >
              Back to the old ones
            </button>
            <button
              type="button"
              class="primary"
              onClick={() => void act(ask("POST", `${path}/confirm`, { body: {} }), "The old ones are forgotten.")}
            >
              The new ones are good: forget the old
            </button>
          </div>
        )}
      </section>
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
      {asked.value === "rotate" && (
        <Rotate
          onClose={shut}
          onSure={(credentials) =>
            Object.keys(credentials).some((each) => each in held)
              ? act(ask("POST", `${path}/rotate`, { body: { credentials } }), "The new ones are used from now on.")
              : act(ask("PATCH", path, { body: { credentials } }), "It is used from now on.")}
        />
      )}
      {asked.value === "edit" && (
        <JsonDialog
          title="Edit the target"
          id="target-json"
          label="As JSON"
          hint="urn, method, headers, auth, tls, limits, success, cloudEvents…: all of it is described at /api/v1/openapi.json. Credentials stay."
          deed="Save"
          value={{ description, urn, ...rules }}
          rows={14}
          isWide
          onClose={shut}
          onSure={(body) => act(ask("PUT", path, { body }), `${name} is changed, for all that send to it.`)}
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

function Rotate({ onClose, onSure }: {
  readonly onClose: () => void;
  readonly onSure: (credentials: { readonly [name: string]: string }) => Promise<boolean>;
}) {
  const kind = useSignal("token");
  const value = useSignal("");
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    if (value.value !== "" && await onSure({ [kind.value]: value.value })) onClose();
  }
  return (
    <Dialog title="New credentials" onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <label class="field">
          <span class="label-of">Which</span>
          <select value={kind.value} onChange={(event) => kind.value = event.currentTarget.value}>
            {Object.entries(SECRETS).map(([name, label]) => <option key={name} value={name}>{label}</option>)}
          </select>
        </label>
        <Field
          id="secret"
          label="Value"
          isSecret={kind.value !== "key"}
          isCode
          {...kind.value === "key" ? { rows: 6 } : {}}
          value={value.value}
          onText={(text) => value.value = text}
          hint="Write-only: it is sealed, and never shown again. The old one stays good until it is confirmed."
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary" aria-disabled={value.value === ""}>Use it</button>
        </div>
      </form>
    </Dialog>
  );
}
