// A failure ends a command: with an exit code that scripts can tell apart, a block of text for a human, and the facts
// as JSON for a program.

export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** What `--json` prints of it. */
  readonly facts: { readonly [name: string]: unknown };

  constructor(exitCode: ExitCode, message: string, facts: { readonly [name: string]: unknown } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.facts = { detail: message, ...facts };
  }
}

/** What a failed read or write of a file says. */
export function fileFailure(deed: string, file: string, error: unknown): Failure {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return new Failure(EXIT.failed, `Can't ${deed} ${file}: ${reasonOf(code, error)}.`);
}

/** Those of `node:fs`, and of Deno when its sandbox says no. */
function reasonOf(code: unknown, error: unknown): string {
  switch (code) {
    case "ENOENT":
      return "there is no such file or folder";
    case "EISDIR":
      return "it is a folder";
    case "ENOTDIR":
      return "a part of the path is no folder";
    case "EACCES":
    case "EPERM":
      return "it is not allowed";
    case "ENOSPC":
      return "the disk is full";
    case "EROFS":
      return "the disk takes no writes";
  }
  return error instanceof Error ? error.message : String(error);
}
