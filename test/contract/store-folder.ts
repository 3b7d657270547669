// A folder of its own for each test, taken away when the test is over.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Folder = AsyncDisposable & { readonly path: string };

export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "metronome-store-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
