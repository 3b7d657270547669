// The pages, by path. The first is part of the shell; those that follow are `lazy`: files of their own, loaded when opened.

import type { ComponentType } from "preact";
import { TasksPage } from "./tasks/tasks-page.tsx";

export type Route = { readonly path: string; readonly title: string; readonly page: ComponentType };

export const ROUTES: readonly Route[] = [
  { path: "/", title: "Tasks", page: TasksPage },
];
