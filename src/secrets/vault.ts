// The vault seals what is secret of targets for the mesh, and opens it where it is used: the credentials of named ones, and
// what stands in a task's own.

import {
  type Credentials,
  heldOf,
  readCredentials,
  type SealedCredentials,
  writeCredentials,
} from "../core/targets/credentials.ts";
import {
  isSealed,
  sealContextOf,
  SEALED,
  type SecretHolder,
  type Target,
  withSecrets,
} from "../core/targets/target.ts";
import { Memo } from "../core/values/memo.ts";
import type { Seal } from "../mesh/seal.ts";

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

  /** What is secret of a task's own target, sealed for the place that it leads to. What a template fills in stays open. */
  closeTarget(target: Target, isTemplate: boolean): Target {
    const context = sealContextOf(target);
    return withSecrets(
      target,
      (secret) => isTemplate && secret.includes("{{") ? secret : this.#seal.seal(secret, context),
    );
  }

  /** Absent when it was sealed for another mesh. */
  openTarget<T extends SecretHolder>(target: T): T | undefined {
    if (!isSealed(target)) return target;
    const context = sealContextOf(target);
    let isOpen = true;
    const opened = withSecrets(target, (secret) => {
      const text = secret.startsWith(SEALED) ? this.#seal.open(secret, context) : secret;
      isOpen &&= text !== undefined;
      return text ?? secret;
    });
    return isOpen ? opened : undefined;
  }
}
