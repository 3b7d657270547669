// Keys that act wherever one is on the page: a letter, or two after one another. They rest while something is typed or a
// dialog is open, and a person who speaks to the machine can switch them off.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { areKeysOn } from "../settings.ts";

export type Binding = {
  /** `j`, `g t` for one after the other, `?`; `Ctrl-K` acts while typing too. */
  readonly keys: string;
  readonly what: string;
  readonly act: () => void;
};

export type Bindings = { readonly where: string; readonly list: readonly Binding[] };

/** What is bound now, for the sheet that shows it. */
export const bound = signal<readonly Bindings[]>([]);

/** A dialog is on its way: what is typed meanwhile is meant for it. */
export const isDialogComing = signal(false);

/** The second of two keys comes within this. */
const SECOND_WITHIN_MS = 1_200;

let first = "";
let forgetting: ReturnType<typeof setTimeout> | undefined;

/** Binds the keys while the component is there. The list may be another at each drawing: the last one counts. */
export function useKeys(where: string, list: readonly Binding[]): void {
  const keys = list.map((each) => each.keys).join(" ");
  const bindings: { where: string; list: readonly Binding[] } = { where, list };
  useEffect(() => {
    bound.value = [...bound.peek().filter((each) => each.where !== where), bindings];
    return () => {
      bound.value = bound.peek().filter((each) => each !== bindings);
    };
  }, [where, keys]);
  const known = bound.peek().find((each) => each.where === where);
  if (known !== undefined) Object.assign(known, { list });
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      act("Ctrl-K", event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !areKeysOn.value || isTyping(event.target)) return;
    if (isDialogComing.value || document.querySelector("dialog[open]") !== null) return;
    const both = first === "" ? event.key : `${first} ${event.key}`;
    clearTimeout(forgetting);
    first = "";
    if (act(both, event)) return;
    if (all().some(({ keys }) => keys.startsWith(`${event.key} `))) {
      first = event.key;
      forgetting = setTimeout(() => first = "", SECOND_WITHIN_MS);
    }
  });
}

function act(keys: string, event: KeyboardEvent): boolean {
  // What came last stands in front: a page's own keys before those of the shell.
  const found = all().findLast((each) => each.keys === keys);
  if (found === undefined) return false;
  event.preventDefault();
  found.act();
  return true;
}

function all(): readonly Binding[] {
  return bound.peek().flatMap(({ list }) => list);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button])"));
}
