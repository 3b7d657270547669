/** @jsxImportSource preact */
// How much a user may have and do; or, what holds for all of whom nothing else is said.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { ask, failureProblems, type FieldProblem } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";

export type Quota = {
  readonly tasks: number | null;
  readonly payloadBytes: number | null;
  readonly firesPerMinute: number | null;
};

const LIMITS: readonly (readonly [name: keyof Quota, label: string, hint: string])[] = [
  ["tasks", "Tasks", "How many it may have at a time."],
  ["payloadBytes", "Bytes of payloads", "Of all its tasks together."],
  ["firesPerMinute", "Events a minute", "By hand, by backfill, and as its schedules promise."],
];

export function QuotaDialog({ title, path, quota, otherwise, onDone, onClose }: {
  readonly title: ComponentChildren;
  /** What is patched. */
  readonly path: string;
  readonly quota: Quota;
  /** What holds when a limit is left out. */
  readonly otherwise: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const before: { readonly [name: string]: string } = useMemo(
    () => Object.fromEntries(Object.entries(quota).map(([name, limit]) => [name, limit === null ? "" : String(limit)])),
    [],
  );
  const texts = useSignal(before);
  const problems = useSignal<readonly FieldProblem[]>([]);
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    // What was not touched goes on as it holds: for this user, or for all.
    const limits = LIMITS.filter(([name]) => texts.value[name] !== before[name]).map(([name]) => {
      const text = (texts.value[name] ?? "").trim();
      // What is no number goes as it is: the peer says what was expected.
      return [name, text === "" ? null : Number.isNaN(Number(text)) ? text : Number(text)];
    });
    const answer = await ask("PATCH", path, { body: { quota: Object.fromEntries(limits) } });
    if (answer.kind === "done") return onDone();
    problems.value = failureProblems(answer);
  }
  const problemAt = (name: string) => problems.value.find(({ field }) => field === `quota.${name}`);
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)} noValidate>
        {LIMITS.map(([name, label, hint]) => (
          <Field
            key={name}
            id={`quota-${name}`}
            label={label}
            value={texts.value[name] ?? ""}
            placeholder={otherwise}
            hint={hint}
            onText={(text) => texts.value = { ...texts.value, [name]: text }}
            problem={problemAt(name)}
          />
        ))}
        {problems.value.filter(({ field }) => !field.startsWith("quota.")).map(({ field, message }) => (
          <p class="wrong" role="alert" key={field}>{message}</p>
        ))}
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary">Save</button>
        </div>
      </form>
    </Dialog>
  );
}
