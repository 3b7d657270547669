/** @jsxImportSource preact */
// A deed that can't be undone is asked for once more. Who only presses Enter keeps what there is.

import type { ComponentChildren } from "preact";
import { Dialog } from "./dialog.tsx";

export function Sure({ title, keep = "Keep it", deed, problem = "", onSure, onClose, children }: {
  readonly title: ComponentChildren;
  readonly keep?: string;
  /** What the button does. */
  readonly deed: string;
  /** Why it was not done. */
  readonly problem?: string;
  readonly onSure: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      {problem !== "" && <p class="wrong" role="alert">{problem}</p>}
      <div class="answers">
        <button type="button" data-first onClick={onClose}>{keep}</button>
        <button type="button" class="primary danger" onClick={onSure}>{deed}</button>
      </div>
    </Dialog>
  );
}
