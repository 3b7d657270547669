/** @jsxImportSource preact */
// Somebody else changed the task while it was being edited: both edits, side by side, and the choice.

import type { Task } from "../views.ts";
import { begin, definitionIn, draft, keepMine, theirs as theirsNow } from "./draft.ts";
import { isFaults } from "../parts/fields.ts";
import { definitionOf } from "./fields.ts";

export function ConflictView({ theirs }: { readonly theirs: Task }) {
  const { texts, rest } = draft.value;
  const mine = definitionOf(texts, rest);
  const theirDefinition = definitionIn(theirs);
  const names = Object.keys(theirDefinition).filter((name) =>
    !isFaults(mine) && JSON.stringify(mine[name] ?? null) !== JSON.stringify(theirDefinition[name] ?? null) &&
    name !== "id"
  );
  return (
    <section class="card panel clash" role="alert" aria-labelledby="clash-title">
      <h2 id="clash-title">It was changed while you edited it</h2>
      <table class="times">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">As it is now</th>
            <th scope="col">As you wrote it</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <code>{JSON.stringify(theirDefinition[name])}</code>
              </td>
              <td>
                <code>{isFaults(mine) ? "" : JSON.stringify(mine[name])}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="answers">
        <button type="button" onClick={() => begin(theirs, theirsNow.peek()?.etag)}>Take theirs</button>
        <button type="button" class="primary" onClick={keepMine}>Keep mine, and save again</button>
      </div>
    </section>
  );
}
