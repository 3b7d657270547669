// What a run says in a spreadsheet.

import type { Column } from "../parts/download.ts";
import type { Run } from "../views.ts";

export const RUN_COLUMNS: readonly Column<Run>[] = [
  { name: "id", of: ({ id }) => id },
  { name: "task", of: ({ task }) => task },
  { name: "instant", of: ({ instant }) => instant },
  { name: "state", of: ({ state }) => state },
  { name: "outcome", of: ({ outcome }) => outcome },
  { name: "latenessMs", of: ({ latenessMs }) => latenessMs },
  { name: "attempts", of: ({ attempts }) => attempts.length },
  { name: "status", of: ({ attempts }) => attempts.at(-1)?.status },
  { name: "error", of: ({ attempts, reason }) => attempts.at(-1)?.error ?? reason },
];
