// `--rate`: how many in a second.

import { EXIT, Failure } from "./failure.ts";

export function perSecond(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number > 0 && Number.isFinite(number)) return number;
  throw new Failure(EXIT.usage, "--rate is a number above 0: 10, or 0.5 for one in two seconds.");
}
