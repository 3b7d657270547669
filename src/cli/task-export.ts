// `task export`: all tasks as lines of JSON that `task import` takes, to a file that is whole or not there, or to the
// standard output.

import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import type { Bytes } from "./client.ts";
import type { Spec } from "./command.ts";
import { EXIT, Failure, fileFailure } from "./failure.ts";
import type { Parts } from "./parts.ts";
import { createProgress, type Progress } from "./progress.ts";
import { tasks } from "./task-import.ts";

export const taskExport: Spec<Record<never, never>> = {
  usage: "export [file]",
  summary: "write all tasks, one on each line, to a file or the standard output; secrets stay masked",
  examples: ["metronome task export tasks.ndjson", "metronome task export | gzip > tasks.ndjson.gz"],
  async run({ parts, isJson, connect, print, printJson, note }, _options, [file = "-"]) {
    const client = await connect();
    const bytes = await client.stream("tasks:export");
    const progress = await createProgress("Exporting", parts);
    const counted = counting(bytes, progress);
    if (file === "-") {
      await copy(counted.bytes, print, progress);
      return await note(`Exported ${tasks(counted.lines())}.`);
    }
    try {
      await writeWhole(file, (write) => copy(counted.bytes, write, progress), parts);
    } catch (error) {
      throw error instanceof Failure ? error : fileFailure("write", file, error);
    }
    const exported = counted.lines();
    return isJson ? await printJson({ exported, file }) : await print(`Exported ${tasks(exported)} to ${file}.\n`);
  },
};

type Write = (chunk: Uint8Array) => Promise<void>;

async function copy(bytes: Bytes, write: Write, progress: Progress): Promise<void> {
  try {
    for await (const chunk of bytes) await write(chunk);
  } finally {
    progress.stop();
  }
}

function counting(bytes: Bytes, progress: Progress): { readonly bytes: Bytes; lines(): number } {
  let lines = 0;
  let length = 0;
  return { bytes: counted(), lines: () => lines };

  async function* counted(): Bytes {
    for await (const chunk of bytes) {
      for (const byte of chunk) if (byte === LINE_FEED) lines++;
      length += chunk.length;
      progress.update({ bytes: length, tasks: lines });
      yield chunk;
    }
  }
}

const LINE_FEED = 10;
/** It may hold what is nobody else's business. */
const OWNER_ONLY = 0o600;

/** The file is replaced when all is on the disk; until then, and if that fails, it is what it was. */
async function writeWhole(
  file: string,
  fill: (write: Write) => Promise<void>,
  { interrupted }: Pick<Parts, "interrupted">,
): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory() === true) throw new Failure(EXIT.failed, `Can't write ${file}: it is a folder.`);
  // A pipe or a device is written to, never replaced.
  if (there !== undefined && !there.isFile()) return await writeTo(await open(file, "w"), fill);
  const path = there === undefined ? file : await realpath(file);
  // A name that the sandbox can know before. What a killed export left there goes.
  const draft = `${path}.part`;
  try {
    await rm(draft, { force: true });
    await writeTo(await open(draft, "wx", there?.mode ?? OWNER_ONLY), fill, true);
    if (interrupted().aborted) throw new Failure(EXIT.failed, "Interrupted.");
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeTo(handle: FileHandle, fill: (write: Write) => Promise<void>, isSynced = false): Promise<void> {
  try {
    await fill(async (chunk) => void await handle.writeFile(chunk));
    if (isSynced) await handle.sync();
  } finally {
    await handle.close();
  }
}
