/** @jsxImportSource preact */
// A text that is to be taken elsewhere, and the button that takes it.

import { useSignal } from "@preact/signals";
import { Icon } from "./icon.tsx";
import { say } from "./notice.tsx";

export function Copy({ text, label, isWhole = false }: {
  readonly text: string;
  /** What the button is called. */
  readonly label: string;
  /** Of several lines. */
  readonly isWhole?: boolean;
}) {
  return (
    <div class={isWhole ? "copy whole" : "copy"}>
      <pre tabIndex={0} aria-label={label.replace(/^Copy (the )?/, "")}>{text}</pre>
      <CopyButton text={text} label={label} />
    </div>
  );
}

function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const isDone = useSignal(false);
  return (
    <button
      type="button"
      class="quiet"
      title={label}
      aria-label={label}
      onClick={() => void copy(text).then((isCopied) => isDone.value = isCopied)}
    >
      <Icon name={isDone.value ? "check" : "copy"} />
    </button>
  );
}

/** Whether it is in the clipboard. Over plain HTTP from another machine a browser has none to write to. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
    return true;
  } catch {
    say("This browser copies nothing from a page without HTTPS: select the text, and copy it yourself.", {
      isTrouble: true,
    });
    return false;
  }
}
