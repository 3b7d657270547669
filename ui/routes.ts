// The pages, by path. The first is part of the shell; those that follow are `lazy`: files of their own, loaded when
// opened. The peer serves each of these paths (src/assets.ts).

import type { ComponentType } from "preact";
import { OverviewPage } from "./overview/overview-page.tsx";
import type { IconName } from "./parts/icon.tsx";
import { lazy } from "./parts/lazy.tsx";

export type Route = {
  readonly path: string;
  readonly title: string;
  readonly page: ComponentType;
  /** The page has a place in the navigation, and a letter after `g`. */
  readonly nav?: { readonly icon: IconName; readonly letter: string };
  /** The page of the navigation that it belongs to. */
  readonly under?: string;
};

export const ROUTES: readonly Route[] = [
  { path: "/", title: "Overview", page: OverviewPage, nav: { icon: "gauge", letter: "o" } },
  {
    path: "/ui/tasks",
    title: "Tasks",
    page: lazy(async () => (await import("./tasks/tasks-page.tsx")).TasksPage),
    nav: { icon: "list", letter: "t" },
  },
  {
    path: "/ui/task",
    title: "Task",
    page: lazy(async () => (await import("./task/task-page.tsx")).TaskPage),
    under: "/ui/tasks",
  },
  {
    path: "/ui/edit",
    title: "Edit a task",
    page: lazy(async () => (await import("./editor/editor-page.tsx")).EditorPage),
    under: "/ui/tasks",
  },
  {
    path: "/ui/runs",
    title: "Runs",
    page: lazy(async () => (await import("./runs/runs-page.tsx")).RunsPage),
    nav: { icon: "clock", letter: "r" },
  },
  {
    path: "/ui/run",
    title: "Run",
    page: lazy(async () => (await import("./runs/run-page.tsx")).RunPage),
    under: "/ui/runs",
  },
  {
    path: "/ui/dead-letters",
    title: "Dead letters",
    page: lazy(async () => (await import("./dead/dead-letters-page.tsx")).DeadLettersPage),
    nav: { icon: "tray", letter: "d" },
  },
  {
    path: "/ui/targets",
    title: "Targets",
    page: lazy(async () => (await import("./targets/targets-page.tsx")).TargetsPage),
    nav: { icon: "target", letter: "w" },
  },
  {
    path: "/ui/target",
    title: "Target",
    page: lazy(async () => (await import("./targets/target-page.tsx")).TargetPage),
    under: "/ui/targets",
  },
  {
    path: "/ui/mesh",
    title: "Mesh",
    page: lazy(async () => (await import("./mesh/mesh-page.tsx")).MeshPage),
    nav: { icon: "mesh", letter: "m" },
  },
  {
    path: "/ui/join",
    title: "Add a machine",
    page: lazy(async () => (await import("./mesh/join-page.tsx")).JoinPage),
    under: "/ui/mesh",
  },
  {
    path: "/ui/conflicts",
    title: "Conflicts",
    page: lazy(async () => (await import("./conflicts/conflicts-page.tsx")).ConflictsPage),
    nav: { icon: "fork", letter: "c" },
  },
  {
    path: "/ui/access",
    title: "Access",
    page: lazy(async () => (await import("./access/access-page.tsx")).AccessPage),
    nav: { icon: "key", letter: "a" },
  },
  {
    path: "/ui/audit",
    title: "Audit",
    page: lazy(async () => (await import("./audit/audit-page.tsx")).AuditPage),
    nav: { icon: "book", letter: "u" },
  },
  {
    path: "/ui/settings",
    title: "Settings",
    page: lazy(async () => (await import("./settings/settings-page.tsx")).SettingsPage),
    nav: { icon: "sliders", letter: "s" },
  },
];
