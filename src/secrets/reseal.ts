// What a peer brings into another mesh is sealed anew: what only the former key opens, the others could not use.

import { targetOf } from "../core/delivery/target-entity.ts";
import type { Command, CommandResult } from "../core/protocol/command.ts";
import { type Entity, revisionOf } from "../core/register/register.ts";
import type { Dossier } from "../core/task/dossier.ts";
import { taskOf } from "../core/task/task-entity.ts";
import type { Json } from "../core/values/json.ts";
import type { Page, TaskQuery } from "../store/store.ts";
import type { Vault } from "./vault.ts";

export type ResealParts = {
  readonly targets: readonly Entity[];
  readonly tasks: (query: TaskQuery) => Promise<Page<Dossier>>;
  /** Of the key of this mesh alone, and of that before too. */
  readonly current: Vault;
  readonly all: Vault;
  readonly submit: (command: Command) => Promise<CommandResult>;
};

const PAGE = 250;

/**
 * Seals what `current` does not open, and `all` does, anew. Resolves to whether all of it is done; what is not is left
 * as it was.
 */
export async function reseal(parts: ResealParts): Promise<boolean> {
  const areTargets = await resealTargets(parts);
  const areTasks = await resealTasks(parts);
  return areTargets && areTasks;
}

async function resealTargets({ targets, current, all, submit }: ResealParts): Promise<boolean> {
  let isDone = true;
  for (const entity of targets) {
    const target = targetOf(entity);
    const sealed = target?.credentials?.sealed;
    if (sealed === undefined || current.open(sealed, entity.key) !== undefined) continue;
    const credentials = all.open(sealed, entity.key);
    if (credentials === undefined) continue;
    const closed = current.close(credentials, entity.key);
    if (closed === undefined) continue;
    const values = { credentials: closed as Json };
    const result = await submit({ kind: "entity", entity: { kind: "target", key: entity.key, registers: {} }, values });
    isDone &&= result.kind === "written";
  }
  return isDone;
}

async function resealTasks({ tasks, current, all, submit }: ResealParts): Promise<boolean> {
  let isDone = true;
  let cursor: string | undefined;
  do {
    const page = await tasks({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { guid, entity } of page.items) {
      const task = taskOf(entity);
      if (task === undefined || entity === undefined) continue;
      const { user, definition } = task;
      if (current.openTarget(definition.target) !== undefined) continue;
      const opened = all.openTarget(definition.target);
      if (opened === undefined) continue;
      const target = current.closeTarget(opened, definition.template === true);
      const put = { kind: "put", user, definition: { ...definition, target }, mode: "replace" } as const;
      const result = await submit({ kind: "task", guid, command: { ...put, match: [revisionOf(entity)] } });
      // Who has written it meanwhile has sealed it with the key of this mesh.
      isDone &&= result.kind === "task" || (result.kind === "refused" && result.why === "changed");
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return isDone;
}
