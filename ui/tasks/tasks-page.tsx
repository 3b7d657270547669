/** @jsxImportSource preact */
// All tasks: searched, sorted and paged by the peer, however many there are.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Icon } from "../parts/icon.tsx";
import { More } from "../parts/more.tsx";
import { navigate, pageOf, parameter, setParameter, taskPage } from "../router.ts";
import { useKeys } from "../shell/keys.ts";
import { targetUrn, type Task } from "../views.ts";
import { Chosen } from "./chosen.tsx";
import { pause, resume, trigger } from "./deeds.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { keepNextTrue } from "./next-runs.ts";
import { SavedViews } from "./saved-views.tsx";
import { choose, chooseAll, selected } from "./selection.ts";
import { hide, list, loadMore, rowOf, type Search, show, watchTasks } from "./task-list.ts";
import { TaskRow } from "./task-row.tsx";

/** The first key is searched for at once; while one types, so often. */
const SEARCH_EVERY_MS = 80;

const FILTERS = ["q", "target", "urn", "paused", "outcome", "label", "sort"] as const;

export function TasksPage() {
  const heading = useRef<HTMLHeadingElement>(null);
  const here = useSignal(-1);
  const search = Object.fromEntries(FILTERS.map((name) => [name, parameter(name).trim()])) as Search;
  const key = JSON.stringify(search);
  const searchedAt = useRef(-Infinity);
  useEffect(keepNextTrue, []);
  useEffect(() => {
    let stop = () => {};
    const look = () => {
      searchedAt.current = performance.now();
      stop = watchTasks(search);
    };
    const wait = searchedAt.current + SEARCH_EVERY_MS - performance.now();
    const timer = wait > 0 ? setTimeout(look, wait) : void look();
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [key]);
  useListKeys(here);
  return (
    <>
      <div class="head">
        <h1 ref={heading} tabIndex={-1}>Tasks</h1>
        <a class="button primary" href={pageOf("edit")}>
          <Icon name="plus" /> New task
        </a>
      </div>
      <Filters search={search} />
      {selected.value.size > 0 && <Chosen search={search} />}
      <List isSearch={FILTERS.some((name) => name !== "sort" && search[name] !== "")} here={here.value} />
      <DeleteDialog
        onDeleted={(task) => {
          hide(task);
          heading.current?.focus();
        }}
      />
    </>
  );
}

function useListKeys(here: { value: number; peek(): number }): void {
  const at = (): Task | undefined => {
    const id = list.peek().ids[here.peek()];
    return id === undefined ? undefined : rowOf(id)?.peek();
  };
  const to = (step: number) => here.value = Math.min(list.peek().ids.length - 1, Math.max(0, here.peek() + step));
  const withTask = (act: (task: Task) => void) => () => {
    const task = at();
    if (task !== undefined) act(task);
  };
  useKeys("In the list", [
    { keys: "j", what: "Next task", act: () => to(1) },
    { keys: "k", what: "Task before", act: () => to(-1) },
    { keys: "/", what: "Search", act: () => document.getElementById("search")?.focus() },
    {
      keys: "x",
      what: "Select",
      act: () => {
        const key = list.peek().ids[here.peek()];
        if (key !== undefined) choose(key);
      },
    },
    { keys: "o", what: "Open", act: withTask((task) => navigate(taskPage(task))) },
    { keys: "e", what: "Edit", act: withTask((task) => navigate(taskPage(task, "edit"))) },
    { keys: "t", what: "Trigger now", act: withTask((task) => void trigger(task)) },
    {
      keys: "p",
      what: "Pause or resume",
      act: withTask((task) =>
        void (task.state.paused ? resume(task) : pause(task)).then((changed) => changed !== undefined && show(changed))
      ),
    },
  ]);
}

function Filters({ search }: { readonly search: Search }) {
  const select = (
    name: "paused" | "outcome" | "sort",
    label: string,
    options: readonly (readonly [string, string])[],
  ) => (
    <label class="pick-one">
      <span class="hidden">{label}</span>
      <select value={search[name]} onChange={(event) => setParameter(name, event.currentTarget.value)}>
        {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </label>
  );
  return (
    <div class="filters" role="search">
      <label class="search">
        <span class="hidden">Search tasks by id or name</span>
        <Icon name="search" />
        <input
          id="search"
          type="search"
          placeholder="Search id or name"
          maxLength={256}
          value={parameter("q")}
          onInput={(event) => setParameter("q", event.currentTarget.value)}
        />
      </label>
      <label class="search by-target">
        <span class="hidden">Search tasks by URN</span>
        <Icon name="target" />
        <input
          type="search"
          placeholder="Target"
          maxLength={256}
          value={parameter("urn")}
          onInput={(event) => setParameter("urn", event.currentTarget.value)}
        />
      </label>
      {select("paused", "Paused or not", [["", "Any state"], ["false", "Active"], ["true", "Paused"]])}
      {select("outcome", "Last run", [
        ["", "Any result"],
        ["delivered", "Last delivered"],
        ["failed", "Last failed"],
        ["missed", "Last missed"],
        ["expired", "Last expired"],
        ["skipped", "Last skipped"],
      ])}
      {select("sort", "Order", [
        ["", "By id"],
        ["name", "By name"],
        ["next", "Next first"],
        ["-last", "Latest run first"],
        ["-updated", "Latest change first"],
      ])}
      {search.label !== "" && (
        <button
          type="button"
          onClick={() => setParameter("label", "")}
          aria-label={`No longer only ${search.label}`}
        >
          <code>{search.label}</code>
          <Icon name="cross" />
        </button>
      )}
      <SavedViews search={search} />
      <ExportMenu<Task>
        list={{
          path: "/tasks",
          query: Object.fromEntries(
            Object.entries(search).map(([name, value]) => [name, value === "" ? undefined : value]),
          ),
          name: "tasks",
        }}
        columns={[
          { name: "id", of: ({ id }) => id },
          { name: "name", of: ({ name }) => name },
          {
            name: "schedule",
            of: ({ schedule }) => typeof schedule === "string" ? schedule : JSON.stringify(schedule),
          },
          { name: "target", of: ({ target }) => targetUrn(target) },
          { name: "paused", of: ({ state }) => String(state.paused) },
          { name: "next", of: ({ next }) => next },
          { name: "last", of: ({ last }) => last?.instant },
          { name: "outcome", of: ({ last }) => last?.outcome },
        ]}
      />
    </div>
  );
}

/** Drawn by itself: the list is not drawn anew for it. */
function PickAll({ count }: { readonly count: number }) {
  return (
    <input
      type="checkbox"
      aria-label="Select all that are shown"
      checked={selected.value.size > 0 && selected.value.size === count}
      onClick={chooseAll}
    />
  );
}

function List({ isSearch, here }: { readonly isSearch: boolean; readonly here: number }) {
  const { kind, ids, cursor, isMoreComing, problem, total } = list.value;
  if (problem !== undefined && ids.length === 0) return <p class="blank" role="alert">{problem}</p>;
  if (kind === "loading") return <p class="blank">Loading…</p>;
  if (ids.length === 0 && cursor === null) {
    return isSearch
      ? <p class="blank" role="status">No task is like this. Fewer filters find more.</p>
      : (
        <div class="blank" role="status">
          <h2>No tasks yet</h2>
          <p>A task says when an event is sent, and where to.</p>
          <p>
            <a class="button primary" href={pageOf("edit")}>Write the first</a>{" "}
            <a class="button" href="/">See how it works</a>
          </p>
        </div>
      );
  }
  return (
    <>
      <div class="tasks" role="table" aria-label="Tasks">
        <div role="rowgroup" class="columns">
          <div role="row">
            <span role="columnheader">
              <PickAll count={ids.length} />
            </span>
            <span role="columnheader">Task</span>
            <span role="columnheader">Next run</span>
            <span role="columnheader">Last run</span>
            <span role="columnheader">Target</span>
            <span role="columnheader">
              <span class="hidden">Actions</span>
            </span>
          </div>
        </div>
        <div role="rowgroup">
          {ids.map((id, n) => <TaskRow key={id} id={id} isHere={n === here} />)}
        </div>
      </div>
      <More
        shown={ids.length}
        total={total}
        what="task"
        isMore={cursor !== null}
        isComing={isMoreComing}
        onMore={loadMore}
      />
    </>
  );
}
