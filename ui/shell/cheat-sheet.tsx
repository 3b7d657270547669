/** @jsxImportSource preact */
// All keys that act here and now.

import { Dialog } from "../parts/dialog.tsx";
import { keyChoice } from "../settings.ts";
import { bound } from "./keys.ts";

export function CheatSheet({ onClose }: { readonly onClose: () => void }) {
  const shown = bound.value.filter(({ list }) => list.length > 0).toReversed();
  return (
    <Dialog title="Keys" onClose={onClose} isWide>
      <div class="sheet">
        {shown.map(({ where, list }) => (
          <section key={where}>
            <h3>{where}</h3>
            <dl>
              {list.map(({ keys, what }) => (
                <div key={keys}>
                  <dt>{keys.split(/ |(?<=Ctrl)-/).map((key) => <kbd key={key}>{key}</kbd>)}</dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      {keyChoice.value === "off" && <p class="none">Single keys are switched off in the settings; Ctrl-K acts.</p>}
      <div class="answers">
        <button type="button" data-first onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}
