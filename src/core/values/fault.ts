// A fault is what the core says when what it was given cannot be: a value, never an exception. It names the field,
// says what was expected, where the text went wrong, and the way out. The rim turns it into an HTTP problem or a line.

export type Fault = {
  readonly kind: "fault";
  /** Path of the offending field, dotted: `schedule`, `policy.retry.limit`. */
  readonly field: string;
  /** One sentence for a human: what was found and what was expected. */
  readonly message: string;
  /** Offset of the first wrong character, in UTF-16 units, when the field is a text. */
  readonly position?: number;
  /** A text that would be accepted and is probably what was meant. */
  readonly suggestion?: string;
};

export function fault(field: string, message: string, more: { position?: number; suggestion?: string } = {}): Fault {
  return { kind: "fault", field, message, ...more };
}

export function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "fault";
}
