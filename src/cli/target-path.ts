// Where a named target stands in the API.

/** `what`: a resource below it, such as `test`. */
export function targetPath(name: string, what?: string): string {
  return `targets/${encodeURIComponent(name)}${what === undefined ? "" : `/${what}`}`;
}
