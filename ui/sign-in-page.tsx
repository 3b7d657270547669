/** @jsxImportSource preact */
// The door: a token opens it, or the one-time link of the first start.

import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Field } from "./parts/field.tsx";
import { signIn } from "./session.ts";

export function SignInPage({ why }: { readonly why: string | undefined }) {
  const token = useSignal("");
  const problem = useSignal("");
  const isBusy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    document.title = "Sign in · Metronome";
    form.current?.querySelector<HTMLInputElement>("#token")?.focus();
  }, []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    problem.value = token.value.trim() === "" ? "A token is needed." : await signIn(token.value.trim()) ?? "";
    isBusy.value = false;
    if (problem.value !== "") form.current?.querySelector<HTMLInputElement>("#token")?.focus();
  }

  return (
    <form class="sign-in card" ref={form} onSubmit={(event) => void submit(event)} noValidate>
      <h1>Sign in</h1>
      {why !== undefined && <p class="why" role="alert">{why}</p>}
      {/* Keepers of passwords want a name to keep it under. */}
      <input type="text" autocomplete="username" value={`metronome ${location.host}`} readOnly hidden />
      <Field
        id="token"
        label="Token"
        isSecret
        autocomplete="current-password"
        isCode
        value={token.value}
        onText={(text) => {
          token.value = text;
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
    </form>
  );
}
