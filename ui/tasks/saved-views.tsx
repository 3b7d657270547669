/** @jsxImportSource preact */
// Searches of the list that a person keeps by a name, in this browser: an address each, like every other.

import { signal, useSignal } from "@preact/signals";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import { pageOf } from "../router.ts";
import { NO_SEARCH, type Search } from "./task-list.ts";

type View = { readonly name: string; readonly search: Search };

const STORAGE_KEY = "metronome.views";
/** More are a list to be searched itself. */
const VIEWS_MAX = 20;

const views = signal<readonly View[]>(kept());

export function SavedViews({ search }: { readonly search: Search }) {
  const isNaming = useSignal(false);
  const key = JSON.stringify(search);
  const here = views.value.find((view) => JSON.stringify(view.search) === key);
  const isAny = key === JSON.stringify(NO_SEARCH);
  return (
    <>
      <Menu
        label={
          <>
            <Icon name="book" /> {here === undefined ? "Views" : <bdi>{here.name}</bdi>}
          </>
        }
      >
        {views.value.map(({ name, search }) => (
          <a class="button quiet" key={name} href={pageOf("tasks", search)}>
            <bdi>{name}</bdi>
          </a>
        ))}
        {here !== undefined
          ? (
            <button type="button" class="quiet" onClick={() => keep(views.value.filter((view) => view !== here))}>
              <Icon name="bin" /> Forget this one
            </button>
          )
          : isAny
          ? <p class="none">Search or filter, then keep it here by a name.</p>
          : (
            <button type="button" class="quiet" onClick={() => isNaming.value = true}>
              <Icon name="plus" /> Keep this view…
            </button>
          )}
      </Menu>
      {isNaming.value && <NameDialog search={search} onClose={() => isNaming.value = false} />}
    </>
  );
}

function NameDialog({ search, onClose }: { readonly search: Search; readonly onClose: () => void }) {
  const name = useSignal("");
  const text = name.value.trim();
  const isFull = views.value.length >= VIEWS_MAX && !views.value.some((view) => view.name === text);
  return (
    <Dialog title="Keep this view" onClose={onClose}>
      <form
        class="asked"
        onSubmit={(event) => {
          event.preventDefault();
          if (text === "" || isFull) return;
          keep([...views.value.filter((view) => view.name !== text), { name: text, search }]);
          onClose();
        }}
      >
        <Field
          id="view-name"
          label="Name"
          value={name.value}
          onText={(text) => name.value = text}
          placeholder="What fails in Lyon"
          problem={isFull
            ? { field: "view-name", message: `There are ${VIEWS_MAX}: forget one first, or take its name.` }
            : undefined}
          hint="It is kept in this browser. Its address does the same anywhere."
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary" aria-disabled={text === "" || isFull}>Keep it</button>
        </div>
      </form>
    </Dialog>
  );
}

function keep(next: readonly View[]): void {
  views.value = next;
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  } catch {
    // Storage is denied or full: they last as long as the page.
  }
}

/** What another version, or a hand, has left there is no view. */
function kept(): readonly View[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]");
    return Array.isArray(found) ? found.filter(isView).slice(0, VIEWS_MAX) : [];
  } catch {
    return [];
  }
}

function isView(value: unknown): value is View {
  if (typeof value !== "object" || value === null || !("name" in value) || !("search" in value)) return false;
  const { name, search } = value;
  return typeof name === "string" && typeof search === "object" && search !== null &&
    Object.keys(NO_SEARCH).every((part) =>
      typeof Object.entries(search).find(([each]) => each === part)?.[1] === "string"
    );
}
