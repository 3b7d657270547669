/** @jsxImportSource preact */
// A moment that is chosen, in the zone in which times are shown; what comes of it is an instant of UTC.

import type { ComponentChildren } from "preact";
import { instantIn, wallIn } from "./wall.ts";

export function When({ label, zone, value, onInstant, hasSeconds = false, isInline = false }: {
  readonly label: ComponentChildren;
  /** Its name is said beside the label: the field itself shows none. */
  readonly zone: string;
  /** An instant; "" for none. */
  readonly value: string;
  readonly onInstant: (at: string) => void;
  readonly hasSeconds?: boolean;
  /** In a line of filters, where the zone stands in the title. */
  readonly isInline?: boolean;
}) {
  return (
    <label class={isInline ? "when-of" : "field"} title={`In ${zone}`}>
      <span class={isInline ? undefined : "label-of"}>
        {label} {!isInline && <span class="optional">in {zone}</span>}
        {isInline && <span class="hidden">, in {zone}</span>}
      </span>
      <input
        type="datetime-local"
        {...hasSeconds ? { step: "1" } : {}}
        value={value === "" ? "" : wallIn(value, zone, hasSeconds)}
        onChange={(event) => onInstant(instantIn(event.currentTarget.value, zone) ?? "")}
      />
    </label>
  );
}
