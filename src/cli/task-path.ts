// Where a task stands in the API.

/** `what`: a resource below it, such as `runs`. */
export function taskPath(id: string, what?: string): string {
  return `tasks/${encodeURIComponent(id)}${what === undefined ? "" : `/${what}`}`;
}
