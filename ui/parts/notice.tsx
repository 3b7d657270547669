/** @jsxImportSource preact */
// What has just happened, said once: seen at the foot of the page, and heard by who can't see it.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { path } from "../router.ts";
import { Icon } from "./icon.tsx";

/** Where what has happened can be looked at. */
type Way = { readonly to: string; readonly text: string };
type Notice = { readonly text: string; readonly isTrouble: boolean; readonly way: Way | undefined };

const notice = signal<Notice | undefined>(undefined);
const SHOWN_MS = 6_000;
const TROUBLE_SHOWN_MS = 20_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(
  text: string,
  { isTrouble = false, way }: { readonly isTrouble?: boolean; readonly way?: Way } = {},
): void {
  clearTimeout(timer);
  notice.value = { text, isTrouble, way };
  timer = setTimeout(hush, isTrouble ? TROUBLE_SHOWN_MS : SHOWN_MS);
}

export function Notices() {
  const shown = notice.value;
  const here = path.value;
  useEffect(() => {
    // Whoever went on knows the way, or does not want it.
    if (notice.peek()?.way !== undefined) hush();
  }, [here]);
  return (
    <div class="notices" role="status">
      {shown !== undefined && (
        <p class={shown.isTrouble ? "notice trouble" : "notice"}>
          {shown.text}
          {shown.way !== undefined && <a href={shown.way.to} onClick={hush}>{shown.way.text}</a>}
          <button type="button" class="quiet" aria-label="Dismiss" onClick={hush}>
            <Icon name="cross" />
          </button>
        </p>
      )}
    </div>
  );
}

function hush(): void {
  clearTimeout(timer);
  notice.value = undefined;
}
