/** @jsxImportSource preact */
// The first page: all tasks, and the form for a new one.

import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import { parameter, setParameter } from "../router.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { draft, isFormOpen, writeExample } from "./new-task.ts";
import { keepNextTrue } from "./next-runs.ts";
import { list, loadMore, searchTasks } from "./task-list.ts";
import { TaskRow } from "./task-row.tsx";

const NewTaskForm = lazy(async () => (await import("./new-task-form.tsx")).NewTaskForm);

/** A pause in typing. */
const SEARCH_AFTER_MS = 200;

export function TasksPage() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(keepNextTrue, []);
  return (
    <>
      <div class="head">
        <h1 ref={heading} tabIndex={-1}>Tasks</h1>
        <Search />
        <button
          type="button"
          class="primary"
          aria-expanded={isFormOpen.value}
          aria-controls="new-task"
          onClick={() => isFormOpen.value = !isFormOpen.value}
        >
          <Icon name="plus" /> New task
        </button>
      </div>
      {isFormOpen.value && <NewTaskForm />}
      <List />
      <DeleteDialog onDeleted={() => heading.current?.focus()} />
    </>
  );
}

function Search() {
  const text = parameter("q");
  useEffect(() => {
    const timer = setTimeout(() => void searchTasks(text.trim()), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="search">
      <span class="hidden">Search tasks by id or name</span>
      <Icon name="search" />
      <input
        type="search"
        placeholder="Search id or name"
        maxLength={256}
        value={text}
        onInput={(event) => setParameter("q", event.currentTarget.value)}
      />
    </label>
  );
}

function List() {
  const { kind, ids, cursor, isMoreComing, problem } = list.value;
  const isSearch = parameter("q").trim() !== "";
  if (problem !== undefined && ids.length === 0) return <p class="blank" role="alert">{problem}</p>;
  if (kind === "loading") return <p class="blank">Loading…</p>;
  if (ids.length === 0 && cursor === null) {
    return isSearch ? <p class="blank" role="status">No task has this in its id or name.</p> : <First />;
  }
  return (
    <>
      <div class="tasks" role="table" aria-label="Tasks">
        <div role="rowgroup" class="columns">
          <div role="row">
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
          {ids.map((id) => <TaskRow key={id} id={id} />)}
        </div>
      </div>
      <p class="foot">
        <span role="status">
          {ids.length === 1 ? "1 task" : `${ids.length} tasks`}
          {cursor === null ? "" : " shown"}
        </span>
        {cursor !== null && (
          <button type="button" aria-disabled={isMoreComing} onClick={() => void loadMore()}>
            {isMoreComing ? "Loading…" : "Load more"}
          </button>
        )}
      </p>
    </>
  );
}

const RECEIVER =
  `node -e 'require("http").createServer((q,s)=>{console.log(new Date().toISOString(),q.headers["ce-id"]);s.end()}).listen(9000)'`;

function First() {
  const isUntouched = Object.values(draft).every((text) => text.value === "");
  return (
    <section class="first card" aria-labelledby="first-title">
      <h2 id="first-title">No tasks yet</h2>
      <p>
        A task is a <strong>schedule</strong> and a{" "}
        <strong>target</strong>: at each instant of the schedule, Metronome sends an event to the target's URL, tries
        again when that fails, and keeps what became of it.
      </p>
      <ol>
        <li>
          In a terminal, start something that listens: <pre>{RECEIVER}</pre>
        </li>
        <li>
          Let the form be filled with a task that fires every five seconds, and add it:{" "}
          <button type="button" class={isUntouched ? "primary" : ""} onClick={writeExample}>
            Fill in a first task
          </button>
        </li>
        <li>Watch it here. Stop the receiver, and see it retried.</li>
      </ol>
    </section>
  );
}
