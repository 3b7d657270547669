/** @jsxImportSource preact */
// A value that is written as JSON.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";

export function JsonDialog({ title, id, label, hint, deed, value, rows, isWide = false, onSure, onClose }: {
  readonly title: ComponentChildren;
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  /** What the button does. */
  readonly deed: string;
  readonly value: unknown;
  readonly rows: number;
  readonly isWide?: boolean;
  /** Whether it was taken; why not is said elsewhere. */
  readonly onSure: (value: unknown) => Promise<boolean>;
  readonly onClose: () => void;
}) {
  const text = useSignal(JSON.stringify(value, null, 2));
  const problem = useSignal("");
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    let written: unknown;
    try {
      written = JSON.parse(text.value);
    } catch (error) {
      problem.value = `This is no JSON: ${error instanceof Error ? error.message : ""}`;
      return;
    }
    if (await onSure(written)) onClose();
  }
  return (
    <Dialog title={title} onClose={onClose} isWide={isWide}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <Field
          id={id}
          label={label}
          isCode
          rows={rows}
          value={text.value}
          onText={(value) => {
            text.value = value;
            problem.value = "";
          }}
          problem={problem.value === "" ? undefined : { field: id, message: problem.value }}
          hint={hint}
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary">{deed}</button>
        </div>
      </form>
    </Dialog>
  );
}
