/** @jsxImportSource preact */
// Anywhere and anything from the keyboard: pages, deeds, and the tasks that the peer finds for what is typed.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask } from "../api.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { navigate, pageOf, taskPage } from "../router.ts";
import { ROUTES } from "../routes.ts";
import { session, signOut } from "../session.ts";
import { theme, zoneChoice } from "../settings.ts";
import type { Page, Task } from "../views.ts";
import { bound } from "./keys.ts";

type Entry = {
  readonly key: string;
  readonly text: string;
  readonly more?: string;
  readonly icon: IconName;
  readonly act: () => void;
};

const FOUND = 8;
/** A pause in typing. */
const SEARCH_AFTER_MS = 120;

const DEEDS: readonly Entry[] = [
  { key: "new", text: "New task", icon: "plus", act: () => navigate(pageOf("edit")) },
  ...ROUTES.flatMap(({ path, title, nav }): Entry[] =>
    nav === undefined ? [] : [{
      key: path,
      text: title,
      more: `g ${nav.letter}`,
      icon: nav.icon,
      act: () => navigate(path),
    }]
  ),
  { key: "join", text: "Add a machine to the mesh", icon: "plus", act: () => navigate(pageOf("join")) },
  { key: "failed", text: "Tasks that fail", icon: "warn", act: () => navigate(pageOf("tasks", { outcome: "failed" })) },
  {
    key: "paused",
    text: "Tasks that are paused",
    icon: "pause",
    act: () => navigate(pageOf("tasks", { paused: "true" })),
  },
  { key: "light", text: "Light theme", icon: "sun", act: () => theme.value = "light" },
  { key: "dark", text: "Dark theme", icon: "moon", act: () => theme.value = "dark" },
  { key: "task-zone", text: "Times in the zone of each task", icon: "clock", act: () => zoneChoice.value = "task" },
  {
    key: "browser-zone",
    text: "Times in the zone of this browser",
    icon: "clock",
    act: () => zoneChoice.value = "browser",
  },
  { key: "utc", text: "Times in UTC", icon: "clock", act: () => zoneChoice.value = "UTC" },
  { key: "out", text: "Sign out", icon: "door", act: () => void signOut() },
];

/** What the keys of the page that is shown do; to walk a list from in here makes no sense. */
function ofPage(): readonly Entry[] {
  return bound.value.filter(({ where }) => where !== "Everywhere" && where !== "In the list")
    .flatMap(({ where, list }) =>
      list.map(({ keys, what, act }): Entry => ({
        ...{ key: `here ${keys}`, text: `${where}: ${what.toLowerCase()}`, more: keys, icon: "bolt", act },
      }))
    );
}

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const text = useSignal("");
  const at = useSignal(0);
  const tasks = useSignal<readonly Task[]>([]);
  const part = text.value.trim();
  useEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.focus();
  }, []);
  useEffect(() => {
    const asking = new AbortController();
    if (part === "") tasks.value = [];
    const timer = part === "" ? undefined : setTimeout(async () => {
      const answer = await ask<Page<Task>>("GET", "/tasks", {
        query: { q: part, limit: FOUND },
        signal: asking.signal,
      });
      if (answer.kind === "done") tasks.value = answer.value.items;
    }, SEARCH_AFTER_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [part]);
  if (session.value.kind !== "in") return null;
  const words = part.toLowerCase().split(/\s+/);
  const entries: readonly Entry[] = [
    ...[...ofPage(), ...DEEDS].filter((entry) => words.every((word) => entry.text.toLowerCase().includes(word))),
    ...tasks.value.map((task): Entry => ({
      key: `task ${task.id}`,
      text: task.name,
      more: task.sentence,
      icon: "list",
      act: () => navigate(taskPage(task)),
    })),
  ];
  const chosen = Math.min(at.value, Math.max(0, entries.length - 1));
  const act = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    dialog.current?.close();
    entry.act();
  };
  const move = (step: number) => {
    at.value = entries.length === 0 ? 0 : (chosen + step + entries.length) % entries.length;
    document.getElementById(`palette-${at.value}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <dialog
      ref={dialog}
      class="card palette"
      aria-label="Go anywhere, do anything"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={entries.length === 0 ? undefined : `palette-${chosen}`}
        aria-label="A page, a deed or a task"
        placeholder="A page, a deed or a task"
        spellcheck={false}
        autocomplete="off"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            move(event.key === "ArrowDown" ? 1 : -1);
          } else if (event.key === "Enter") {
            event.preventDefault();
            act(entries[chosen]);
          }
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="What there is">
        {entries.map((entry, n) => (
          <li
            key={entry.key}
            id={`palette-${n}`}
            role="option"
            aria-selected={n === chosen}
            onClick={() => act(entry)}
            onMouseMove={() => at.value = n}
          >
            <Icon name={entry.icon} />
            <bdi>{entry.text}</bdi>
            {entry.more !== undefined && <small>{entry.more}</small>}
          </li>
        ))}
      </ul>
      {entries.length === 0 && <p class="none" role="status">Nothing has this in its name.</p>}
    </dialog>
  );
}
