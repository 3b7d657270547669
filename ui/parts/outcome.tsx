/** @jsxImportSource preact */
// What became of an occurrence: always the word; the colour and the drawing beside it say it again.

import type { Outcome, RunState } from "../views.ts";
import { Icon, type IconName } from "./icon.tsx";

const ICONS: { readonly [O in Outcome | Exclude<RunState, "settled">]: IconName } = {
  delivered: "check",
  failed: "cross",
  expired: "clock",
  missed: "clock",
  skipped: "skip",
  due: "dots",
  attempting: "dots",
  retrying: "again",
};

export function OutcomeMark({ outcome }: { readonly outcome: keyof typeof ICONS }) {
  return (
    <span class={`mark ${outcome}`}>
      <Icon name={ICONS[outcome]} />
      {outcome}
    </span>
  );
}
