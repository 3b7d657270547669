/** @jsxImportSource preact */
// What is done to the tasks that are chosen, or to all that match.

import { useSignal } from "@preact/signals";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Sure } from "../parts/sure.tsx";
import { chooseAll, chooseNone, type Deed, DEEDS, DELETION, doToChosen, doToFound, selected } from "./selection.ts";
import { list, type Search } from "./task-list.ts";

type Asked = "" | "label" | "target" | "delete";

export function Chosen({ search }: { readonly search: Search }) {
  const asked = useSignal<Asked>("");
  const isAll = useSignal(false);
  const isBusy = useSignal(false);
  const shut = () => asked.value = "";
  const { ids, cursor, total } = list.value;
  const shown = selected.value.size;
  // There are more than are shown, and who has chosen all of these may mean those too.
  const isMore = shown === ids.length && cursor !== null;
  const isWhole = isAll.value && isMore;
  const all = total === null ? "all" : `all ${total.toLocaleString("en")}`;
  const count = isWhole ? all : String(shown);
  const act = async (deed: Deed) => {
    if (isBusy.value) return;
    isBusy.value = true;
    shut();
    await (isWhole ? doToFound(deed, search) : doToChosen(deed));
    isBusy.value = false;
  };
  return (
    <div class="chosen-bar card" role="group" aria-label="What to do to the selected tasks">
      <strong role="status">{isBusy.value ? "Under way…" : isWhole ? `${all} selected` : `${shown} selected`}</strong>
      {shown < ids.length && <button type="button" class="quiet" onClick={chooseAll}>Select all {ids.length}</button>}
      {isMore && (
        <button type="button" class="quiet" onClick={() => isAll.value = !isWhole}>
          {isWhole ? `Only the ${shown} that are shown` : `Select ${all} that match`}
        </button>
      )}
      {DEEDS.map((deed) => (
        <button
          key={deed.do}
          type="button"
          aria-disabled={isBusy.value}
          onClick={() => void act(deed)}
        >
          {deed.name}
        </button>
      ))}
      <button type="button" onClick={() => asked.value = "label"}>Label…</button>
      <button type="button" onClick={() => asked.value = "target"}>Target…</button>
      <button type="button" class="danger" onClick={() => asked.value = "delete"}>Delete…</button>
      <button type="button" class="quiet" onClick={chooseNone}>Select none</button>
      {asked.value === "label" && <LabelDialog count={count} onSure={act} onClose={shut} />}
      {asked.value === "target" && <TargetDialog count={count} onSure={act} onClose={shut} />}
      {asked.value === "delete" && (
        <Sure
          title={`Delete ${count} ${count === "1" ? "task" : "tasks"}?`}
          deed={`Delete ${count} for ever`}
          onClose={shut}
          onSure={() => void act(DELETION)}
        >
          They stop firing at once, and this can't be undone; to stop them for a while, pause them.
        </Sure>
      )}
    </div>
  );
}

type Further = {
  readonly count: string;
  readonly onSure: (deed: Deed) => Promise<void>;
  readonly onClose: () => void;
};

function LabelDialog({ count, onSure, onClose }: Further) {
  const name = useSignal("");
  const value = useSignal("");
  const isReady = name.value.trim() !== "";
  return (
    <Dialog title={`Label ${count} ${count === "1" ? "task" : "tasks"}`} onClose={onClose}>
      <form
        class="asked"
        onSubmit={(event) => {
          event.preventDefault();
          const label = value.value.trim() === "" ? null : value.value.trim();
          if (isReady) {
            void onSure({
              name: "Label",
              do: "change",
              with: { labels: { [name.value.trim()]: label } },
              done: "changed",
            });
          }
        }}
      >
        <Field
          id="label-name"
          label="Name"
          isCode
          value={name.value}
          onText={(text) => name.value = text}
          placeholder="team"
        />
        <Field
          id="label-value"
          label="Value"
          isOptional
          isCode
          value={value.value}
          onText={(text) => value.value = text}
          placeholder="ops"
          hint="Left empty, the label is taken off them. Their other labels stay."
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Leave them</button>
          <button type="submit" class="primary" aria-disabled={!isReady}>
            {isReady && value.value.trim() === "" ? "Take it off" : "Label them"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function TargetDialog({ count, onSure, onClose }: Further) {
  const urn = useSignal("");
  const text = urn.value.trim();
  const named = /^@([^/]+)(\/.*)?$/.exec(text);
  // As a merge patch: what else they say of their targets stays.
  const target = named === null
    ? { urn: text, name: null, path: null }
    : { urn: null, name: named[1], path: named[2] ?? null };
  return (
    <Dialog title={`Send ${count} ${count === "1" ? "task" : "tasks"} elsewhere`} onClose={onClose}>
      <form
        class="asked"
        onSubmit={(event) => {
          event.preventDefault();
          if (text !== "") void onSure({ name: "Target", do: "change", with: { target }, done: "changed" });
        }}
      >
        <Field
          id="target-of-all"
          label="Target"
          isCode
          value={urn.value}
          onText={(text) => urn.value = text}
          placeholder="https://example.org/hook"
          hint="A URL, or @name of a target that is kept apart. What they said of their targets beside the URL stays."
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Leave them</button>
          <button type="submit" class="primary" aria-disabled={text === ""}>Send them there</button>
        </div>
      </form>
    </Dialog>
  );
}
