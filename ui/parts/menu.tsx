/** @jsxImportSource preact */
// A few deeds behind one button. It closes when one is chosen, on Escape, and when the focus goes elsewhere.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

export function Menu({ label, name, children }: {
  /** What is seen of it. */
  readonly label: ComponentChildren;
  /** What it is called, when what is seen are no words. */
  readonly name?: string;
  readonly children: ComponentChildren;
}) {
  const menu = useRef<HTMLDetailsElement>(null);
  const shut = () => menu.current?.removeAttribute("open");
  return (
    <details
      ref={menu}
      class="menu-of"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        shut();
        menu.current.querySelector("summary")?.focus();
      }}
      onFocusOut={({ relatedTarget }) => {
        if (relatedTarget instanceof Node && !menu.current?.contains(relatedTarget)) shut();
      }}
    >
      <summary aria-label={name}>{label}</summary>
      <div class="card" onClick={shut}>{children}</div>
    </details>
  );
}
