// A password, as the command line takes it: typed unseen at a terminal, else the first line of the standard input. It is
// no option: other users of the machine see a command line.

import { EXIT, Failure } from "./failure.ts";
import type { Parts } from "./parts.ts";

const LENGTH_MAX = 1_024;

/** `prompt`: `Password of ada`. */
export async function readPassword(
  { stdin, typed }: Pick<Parts, "stdin" | "typed">,
  prompt: string,
): Promise<string> {
  const password = typed === undefined ? await firstLine(stdin) : await typed(`${prompt}: `);
  if (password === "") throw new Failure(EXIT.usage, "A password is given on the standard input, or typed.");
  return password;
}

async function firstLine(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > LENGTH_MAX) break;
  }
  return text.split(/\r?\n/)[0] ?? "";
}
