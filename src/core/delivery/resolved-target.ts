// What a task's target comes to when an attempt starts: all that is to be known of where and how it is sent.

import type { Auth, Tls } from "../targets/target-auth.ts";
import type { PlainTarget } from "../targets/target.ts";

/** A target as an attempt is sent to it. */
export type ResolvedTarget = PlainTarget & {
  /** Of the named target that it is. */
  readonly name?: string;
  readonly auth?: Auth;
  readonly tls?: Tls;
  /** What is secret of it, and what that was sealed for. */
  readonly sealed?: { readonly text: string; readonly context: string };
  /** Attempts that may be in flight, when that is more than a plain target may have. */
  readonly concurrency?: number;
  /** A task of no admin's: it is sent to what is public, and what the settings allow. */
  readonly isGuarded?: true;
  /** Why nothing can be sent there now: the attempt fails with it, and may be made again. */
  readonly unsendable?: string;
};
