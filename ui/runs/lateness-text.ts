// How late a run began, in words.

import { spanText } from "../time.ts";

export function latenessText(ms: number): string {
  return ms <= 0 ? "on time" : spanText(ms);
}
