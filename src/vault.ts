// The vault seals the credentials of targets for the mesh, opens them where they are used, and seals them anew when this
// peer has joined another mesh: what only the former key opens, the others could not use.

import type { Command, CommandResult } from "./core/command.ts";
import {
  type Credentials,
  heldOf,
  readCredentials,
  type SealedCredentials,
  writeCredentials,
} from "./core/credentials.ts";
import type { Json } from "./core/json.ts";
import { Memo } from "./core/memo.ts";
import type { Entity } from "./core/register.ts";
import { targetOf } from "./core/target-entity.ts";
import type { Seal } from "./mesh/seal.ts";

/** Credentials that are kept open, the latest: an attempt should not have to open them each time. */
const OPEN_MAX = 4_096;

export class Vault {
  readonly #seal: Seal;
  readonly #opened = new Memo<string, Credentials>(OPEN_MAX);

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** `context` is the key of the target that they are of. Absent when there are none. */
  close(credentials: Credentials, context: string): SealedCredentials | undefined {
    if (Object.keys(credentials).length === 0) return undefined;
    return { sealed: this.#seal.seal(writeCredentials(credentials), context), held: heldOf(credentials) };
  }

  /** Absent when they were sealed for another mesh, or another target. */
  open(sealed: string, context: string): Credentials | undefined {
    const known = this.#opened.get(context + sealed);
    if (known !== undefined) return known;
    const text = this.#seal.open(sealed, context);
    const credentials = text === undefined ? undefined : readCredentials(text);
    return credentials === undefined ? undefined : this.#opened.set(context + sealed, credentials);
  }
}

/**
 * Seals what `current` does not open, and `all` does, anew. Resolves to whether all of it is done; what is not is left
 * as it was.
 */
export async function reseal(
  { targets, current, all, submit }: {
    readonly targets: readonly Entity[];
    /** Of the key of this mesh alone, and of that before too. */
    readonly current: Vault;
    readonly all: Vault;
    readonly submit: (command: Command) => Promise<CommandResult>;
  },
): Promise<boolean> {
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
