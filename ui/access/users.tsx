/** @jsxImportSource preact */
// Users, their roles, and who may become one: for admins.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type Answer, ask, failureText } from "../api.ts";
import { Copy } from "../parts/copy.tsx";
import type { Column } from "../parts/download.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Field } from "../parts/field.tsx";
import { Moment } from "../parts/moment.tsx";
import { say } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { useReading } from "../reading.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import type { Page } from "../views.ts";
import { type Quota, QuotaDialog } from "./quota-dialog.tsx";

type User = {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly quota: Quota;
  readonly createdAt: string;
};
type Invite = {
  readonly id: string;
  readonly role: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
};

const COLUMNS: readonly Column<User>[] = [
  { name: "id", of: ({ id }) => id },
  { name: "name", of: ({ name }) => name },
  { name: "role", of: ({ role }) => role },
  { name: "createdAt", of: ({ createdAt }) => createdAt },
];

const ROLES: { readonly [role: string]: string } = {
  viewer: "viewer: sees",
  runner: "runner: also triggers and pauses",
  editor: "editor: also writes",
  admin: "admin: all, of all users",
};

const SIGN_UPS: { readonly [signUp: string]: string } = {
  first: "only the first user, with the link of the first start",
  closed: "nobody: an admin makes users",
  invite: "who has an invitation",
  open: "everybody who reaches this page",
};

/** `children`: what stands below, and is not shown before all above it is there: it would be moved. */
export function Users({ children }: { readonly children: ComponentChildren }) {
  const users = useReading<Page<User>>("/users", { limit: 500 });
  const invites = useReading<Page<Invite>>("/invites");
  const settings = useReading<{ signUp: string; quota: Quota }>("/settings");
  const invited = useSignal("");
  const limiting = useSignal<User | "all" | undefined>(undefined);
  const leaving = useSignal<User | undefined>(undefined);
  const role = useSignal("editor");
  const zone = shownZone(zoneChoice.value);
  if (users.status === 403) return <>{children}</>;
  if ([users, invites, settings].some(({ value, why }) => value === undefined && why === undefined)) {
    return <p class="blank" key="blank">Loading…</p>;
  }

  async function act(asking: Promise<Answer<unknown>>, done: string): Promise<void> {
    const answer = await asking;
    if (answer.kind === "done") say(done);
    else if (answer.kind !== "aborted") say(failureText(answer), { isTrouble: true });
    for (const reading of [users, invites, settings]) reading.again();
  }

  async function invite(event: Event): Promise<void> {
    event.preventDefault();
    const answer = await ask<{ invite: string }>("POST", "/invites", { body: { role: role.value } });
    if (answer.kind === "done") invited.value = answer.value.invite;
    else if (answer.kind !== "aborted") say(failureText(answer), { isTrouble: true });
    invites.again();
  }

  return (
    <>
      <section class="card panel" aria-labelledby="users-title">
        <div class="panel-head">
          <h2 id="users-title">Users</h2>
          {(users.value?.items.length ?? 0) > 0 && (
            <ExportMenu<User> list={{ path: "/users", query: {}, name: "users" }} columns={COLUMNS} />
          )}
        </div>
        {settings.value !== undefined && (
          <label class="rule-of">
            <span>Who may sign up</span>
            <select
              value={settings.value.signUp}
              onChange={(event) =>
                void act(
                  ask("PATCH", "/settings", { body: { signUp: event.currentTarget.value } }),
                  "Changed, at every peer.",
                )}
            >
              {[...new Set([...Object.keys(SIGN_UPS), settings.value.signUp])].map((each) => (
                <option key={each} value={each}>{SIGN_UPS[each] ?? each}</option>
              ))}
            </select>
          </label>
        )}
        {settings.value !== undefined && (
          <p class="rule-of">
            <span>
              Each may have {settings.value.quota.tasks?.toLocaleString("en")} tasks, and send{" "}
              {settings.value.quota.firesPerMinute?.toLocaleString("en")} events a minute
            </span>
            <button type="button" onClick={() => limiting.value = "all"}>Limits of all…</button>
          </p>
        )}
        {users.value === undefined
          ? <p class="none">{users.why ?? "Loading…"}</p>
          : users.value.items.length === 0
          ? <p class="none" role="status">None yet: the tokens of the settings and of this machine open all.</p>
          : (
            <ul class="rows">
              {users.value.items.map((user) => (
                <li key={user.id} data-user={user.name}>
                  <span>
                    <strong>{user.name}</strong>
                    <span class="none">
                      since <Moment at={user.createdAt} zone={zone} isWhole />
                    </span>
                  </span>
                  <select
                    aria-label={`Role of ${user.name}`}
                    class="narrow"
                    value={user.role}
                    onChange={(event) =>
                      void act(
                        ask("PATCH", `/users/${encodeURIComponent(user.id)}`, {
                          body: { role: event.currentTarget.value },
                        }),
                        `${user.name} has another role.`,
                      )}
                  >
                    {Object.keys(ROLES).map((each) => <option key={each} value={each}>{each}</option>)}
                  </select>
                  <button
                    type="button"
                    aria-label={`Limits of ${user.name}`}
                    onClick={() => limiting.value = user}
                  >
                    Limits…
                  </button>
                  <button type="button" class="danger" onClick={() => leaving.value = user}>Delete…</button>
                </li>
              ))}
            </ul>
          )}
        <NewUser onDone={users.again} />
      </section>
      <section class="card panel" aria-labelledby="invites-title">
        <div class="panel-head">
          <h2 id="invites-title">Invitations</h2>
          {(invites.value?.items.length ?? 0) > 0 && (
            <ExportMenu<Invite>
              list={{ path: "/invites", query: {}, name: "invitations", isWhole: true }}
              columns={[
                { name: "id", of: ({ id }) => id },
                { name: "role", of: ({ role }) => role },
                { name: "createdAt", of: ({ createdAt }) => createdAt },
                { name: "expiresAt", of: ({ expiresAt }) => expiresAt },
              ]}
            />
          )}
        </div>
        <form class="in-line" onSubmit={(event) => void invite(event)}>
          <label class="field">
            <span class="label-of">As</span>
            <select value={role.value} onChange={(event) => role.value = event.currentTarget.value}>
              {Object.entries(ROLES).map(([each, label]) => <option key={each} value={each}>{label}</option>)}
            </select>
          </label>
          <button type="submit" class="primary">Invite somebody</button>
        </form>
        {invited.value !== "" && (
          <div class="made" role="status">
            <p>Shown only now. Whoever has it signs up once, at the door of this page:</p>
            <Copy label="Copy the invitation" text={invited.value} isWhole />
          </div>
        )}
        <ul class="rows">
          {(invites.value?.items ?? []).map(({ id, role, expiresAt }) => (
            <li key={id}>
              <span>
                {role}
                <span class="none">
                  {expiresAt === null ? "without an end" : (
                    <>
                      good until <Moment at={expiresAt} zone={zone} isWhole />
                    </>
                  )}
                </span>
              </span>
              <button
                type="button"
                onClick={() =>
                  void act(ask("DELETE", `/invites/${encodeURIComponent(id)}`), "The invitation is taken back.")}
              >
                Take back
              </button>
            </li>
          ))}
        </ul>
      </section>
      {children}
      {limiting.value !== undefined && settings.value !== undefined && (
        <QuotaDialog
          {...limiting.value === "all"
            ? {
              title: "Limits of every user",
              path: "/settings",
              quota: settings.value.quota,
              otherwise: "as at first",
            }
            : {
              title: <>Limits of {<bdi>{limiting.value.name}</bdi>}</>,
              path: `/users/${encodeURIComponent(limiting.value.id)}`,
              quota: limiting.value.quota,
              otherwise: "as of every user",
            }}
          onClose={() => limiting.value = undefined}
          onDone={() => {
            limiting.value = undefined;
            say("The limits hold from now on, at every peer.");
            for (const reading of [users, settings]) reading.again();
          }}
        />
      )}
      {leaving.value !== undefined && (
        <Sure
          title={<>Delete {<bdi>{leaving.value.name}</bdi>}?</>}
          keep="Keep"
          deed="Delete the user"
          onClose={() => leaving.value = undefined}
          onSure={() => {
            const user = leaving.value;
            leaving.value = undefined;
            if (user !== undefined) {
              void act(ask("DELETE", `/users/${encodeURIComponent(user.id)}`), `${user.name} is deleted.`);
            }
          }}
        >
          All that was signed in as this user is signed out. A user that has tasks is deleted only with them.
        </Sure>
      )}
    </>
  );
}

function NewUser({ onDone }: { readonly onDone: () => void }) {
  const name = useSignal("");
  const password = useSignal("");
  const role = useSignal("editor");
  const problem = useSignal<{ readonly field: string; readonly message: string } | undefined>(undefined);
  const problemAt = (field: string) => problem.value?.field === field ? problem.value : undefined;
  async function make(event: Event): Promise<void> {
    event.preventDefault();
    const body = { name: name.value.trim(), password: password.value, role: role.value };
    const answer = await ask<User>("POST", "/users", { body });
    if (answer.kind !== "done") {
      problem.value = {
        field: answer.kind === "problem" && answer.problem.field === "password" ? "password" : "name",
        message: failureText(answer),
      };
      return;
    }
    say(`${answer.value.name} may sign in.`);
    name.value = password.value = "";
    problem.value = undefined;
    onDone();
  }
  return (
    <form class="in-line" onSubmit={(event) => void make(event)} noValidate>
      <Field
        id="user-name"
        label="Name"
        value={name.value}
        onText={(text) => name.value = text}
        problem={problemAt("name")}
      />
      <Field
        id="user-password"
        label="Password"
        isSecret
        autocomplete="new-password"
        value={password.value}
        onText={(text) => password.value = text}
        problem={problemAt("password")}
      />
      <label class="field">
        <span class="label-of">Role</span>
        <select value={role.value} onChange={(event) => role.value = event.currentTarget.value}>
          {Object.keys(ROLES).map((each) => <option key={each} value={each}>{each}</option>)}
        </select>
      </label>
      <button type="submit" class="primary">Make a user</button>
    </form>
  );
}
