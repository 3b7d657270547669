/** @jsxImportSource preact */
// The door: a name and a password open it, or a token, or the one-time link of the first start. Who was invited signs up
// here.

import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ask } from "./api.ts";
import { Field } from "./parts/field.tsx";
import { signIn } from "./session.ts";

export function SignInPage({ why }: { readonly why: string | undefined }) {
  const isNew = useSignal(false);
  return isNew.value
    ? <SignUp onBack={() => isNew.value = false} />
    : <SignIn why={why} onInvited={() => isNew.value = true} />;
}

function SignIn({ why, onInvited }: { readonly why: string | undefined; readonly onInvited: () => void }) {
  const name = useSignal("");
  const secret = useSignal("");
  const problem = useSignal("");
  const isBusy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const focus = () => form.current?.querySelector<HTMLInputElement>("#token")?.focus();

  useEffect(() => {
    document.title = "Sign in · Metronome";
    focus();
  }, []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (isBusy.value) return;
    const [user, opens] = [name.value.trim(), secret.value.trim()];
    isBusy.value = true;
    problem.value = opens === ""
      ? "A token is needed, or a name and a password."
      : await signIn(user === "" ? { token: opens } : { name: user, password: secret.value }) ?? "";
    isBusy.value = false;
    if (problem.value !== "") focus();
  }

  return (
    <form class="sign-in card" ref={form} onSubmit={(event) => void submit(event)} noValidate>
      <h1>Sign in</h1>
      {why !== undefined && <p class="why" role="alert">{why}</p>}
      <Field
        id="username"
        label="Name"
        isOptional
        autocomplete="username"
        value={name.value}
        onText={(text) => name.value = text}
        hint="Left out with a token."
      />
      <Field
        id="token"
        label="Password or token"
        isSecret
        autocomplete="current-password"
        isCode
        value={secret.value}
        onText={(text) => {
          secret.value = text;
          problem.value = "";
        }}
        problem={problem.value === "" ? undefined : { field: "token", message: problem.value }}
        hint={
          <>
            On the peer's machine, <code>scripts/metronome token</code> prints one.
          </>
        }
      />
      <button type="submit" class="primary" aria-disabled={isBusy.value}>Sign in</button>
      <button type="button" class="quiet" onClick={onInvited}>I have an invitation</button>
    </form>
  );
}

function SignUp({ onBack }: { readonly onBack: () => void }) {
  const texts = { invite: useSignal(""), name: useSignal(""), password: useSignal("") };
  const problem = useSignal<{ readonly field: string; readonly message: string } | undefined>(undefined);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const [invite, name, password] = [texts.invite.value.trim(), texts.name.value.trim(), texts.password.value];
    const answer = await ask<unknown>("POST", "/users", {
      body: { name, password, ...(invite === "" ? {} : { invite }) },
    });
    if (answer.kind === "problem") {
      problem.value = { field: answer.problem.field ?? "invite", message: answer.problem.detail };
    } else if (answer.kind === "done") {
      const message = await signIn({ name, password });
      if (message !== undefined) problem.value = { field: "name", message };
    }
  }
  const bind = (field: keyof typeof texts) => ({
    id: `up-${field}`,
    value: texts[field].value,
    onText: (text: string) => texts[field].value = text,
    problem: problem.value?.field === field ? problem.value : undefined,
  });
  return (
    <form class="sign-in card" onSubmit={(event) => void submit(event)} noValidate>
      <h1>Sign up</h1>
      <Field {...bind("invite")} label="Invitation" isCode />
      <Field {...bind("name")} label="Name" autocomplete="username" />
      <Field {...bind("password")} label="Password" isSecret autocomplete="new-password" />
      {problem.value !== undefined && !(problem.value.field in texts) && (
        <p class="wrong" role="alert">{problem.value.message}</p>
      )}
      <button type="submit" class="primary">Sign up</button>
      <button type="button" class="quiet" onClick={onBack}>Sign in instead</button>
    </form>
  );
}
