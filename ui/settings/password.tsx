/** @jsxImportSource preact */
// One's own password, changed by who knows it.

import { useSignal } from "@preact/signals";
import { ask, failureProblems, type FieldProblem } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { say } from "../parts/notice.tsx";

export function PasswordDialog({ name, onClose }: {
  /** Whose it is: for who keeps passwords for people. */
  readonly name: string;
  readonly onClose: () => void;
}) {
  const before = useSignal("");
  const wanted = useSignal("");
  const problems = useSignal<readonly FieldProblem[]>([]);
  const problemAt = (name: string) => problems.value.find(({ field }) => field === name);
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const body = { currentPassword: before.value, password: wanted.value };
    const answer = await ask("PATCH", "/users/me", { body });
    if (answer.kind === "done") {
      say("The new password is good at every peer; your other sessions are over.");
      return onClose();
    }
    problems.value = failureProblems(answer);
  }
  return (
    <Dialog title="A new password" onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)} noValidate>
        <input type="text" hidden readOnly autocomplete="username" value={name} />
        <Field
          id="password-before"
          label="The one of now"
          isSecret
          autocomplete="current-password"
          value={before.value}
          onText={(text) => before.value = text}
          problem={problemAt("currentPassword")}
        />
        <Field
          id="password-new"
          label="The new one"
          isSecret
          autocomplete="new-password"
          value={wanted.value}
          onText={(text) => wanted.value = text}
          problem={problemAt("password")}
          hint="Your other sessions end; tokens stay."
        />
        {problems.value.filter(({ field }) => field !== "password" && field !== "currentPassword").map((
          { field, message },
        ) => <p class="wrong" role="alert" key={field}>{message}</p>)}
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary">Change it</button>
        </div>
      </form>
    </Dialog>
  );
}
