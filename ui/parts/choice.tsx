/** @jsxImportSource preact */
// One of a few: a row of radio buttons that looks like a switch, moved by the arrow keys.

import type { Signal } from "@preact/signals";
import { Icon, type IconName } from "./icon.tsx";

export type Option<T extends string> = {
  readonly value: T;
  readonly label: string;
  readonly icon?: IconName;
  readonly title?: string;
};

export function Choice<T extends string>({ name, label, options, chosen }: {
  readonly name: string;
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly chosen: Signal<T>;
}) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map(({ value, label, icon, title }) => (
        <label key={value} title={title ?? label}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={chosen.value === value}
            onChange={() => chosen.value = value}
          />
          <span>
            {icon === undefined ? label : (
              <>
                <Icon name={icon} />
                <span class="hidden">{label}</span>
              </>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
