// What LevelDB's errors mean. It has few codes and says the rest in the text of the system; an error of opening lies in
// the `cause` of another.

import { ownerOf } from "./owner.ts";
import { StoreFailure, StoreRefusal } from "./store.ts";

const FULL = /no space left on device|disk quota exceeded|ENOSPC|EDQUOT|not enough space/i;
const GONE_PIECE = /missing files|no such file|does not exist|\.(?:ldb|sst): Invalid argument/i;
const BROKEN_CODES = new Set(["LEVEL_CORRUPTION", "LEVEL_NOT_FOUND"]);

/** A write that was not kept. */
export function writeFailure(error: unknown): StoreFailure {
  const { code, message } = rootOf(error);
  if (isHandleClosed(error)) return new StoreFailure("closed", "the store is closed", { cause: error });
  if (FULL.test(message)) return new StoreFailure("full", `the disk is full: ${message}`, { cause: error });
  return new StoreFailure("io", `the disk failed: ${message} (${code})`, { cause: error });
}

/** A read that can't be done. */
export function readFailure(error: unknown): StoreFailure {
  if (error instanceof StoreFailure) return error;
  if (isHandleClosed(error)) return new StoreFailure("closed", "the store is closed", { cause: error });
  return new StoreFailure("io", `the disk can't be read: ${rootOf(error).message}`, { cause: error });
}

/** A block or a record that can't be read: the rest can. */
export function isCorruption(error: unknown): boolean {
  return rootOf(error).code === "LEVEL_CORRUPTION";
}

export function isHandleClosed(error: unknown): boolean {
  return CLOSED_CODES.has(codeOf(error));
}

const CLOSED_CODES = new Set(["LEVEL_DATABASE_NOT_OPEN", "LEVEL_ITERATOR_NOT_OPEN", "LEVEL_BATCH_NOT_OPEN"]);

/** A store that can't be opened, for the one who started the program. */
export function openRefusal(path: string, error: unknown): StoreRefusal {
  if (error instanceof StoreRefusal) return error;
  const { code, message } = rootOf(error);
  const options = { cause: error };
  if (code === "LEVEL_LOCKED") {
    const owner = ownerOf(path);
    const process = owner === undefined ? "another process" : `another process (pid ${owner})`;
    const text =
      `the store in ${path} is in use by ${process}: stop that one, or start this one with another data folder`;
    return new StoreRefusal("locked", text, options);
  }
  if (BROKEN_CODES.has(code) || (code === "LEVEL_IO_ERROR" && GONE_PIECE.test(message))) {
    const text =
      `the store in ${path} is damaged (${message}): move this folder away, then restore a backup into a new ` +
      "one, or start with an empty one and join the mesh again. Nothing was deleted";
    return new StoreRefusal("damaged", text, options);
  }
  if (FULL.test(message)) {
    const text = `the disk of ${path} is full (${message}): make room, then start again. What was acknowledged is kept`;
    return new StoreRefusal("full", text, options);
  }
  const text =
    `the store in ${path} can't be written (${message}): make it a folder that this user may write, or start ` +
    "with another data folder";
  return new StoreRefusal("unwritable", text, options);
}

type Root = { readonly code: string; readonly message: string };

/** The innermost error that has a code; on Deno the code of LevelDB may sit on the cause, on Node on either. */
function rootOf(error: unknown): Root {
  let root: Root = { code: "", message: String(error) };
  for (let each: unknown = error, depth = 0; depth < 5 && isObject(each); each = each.cause, depth++) {
    const code = codeOf(each);
    if (code === "" && root.code !== "") continue;
    root = { code, message: typeof each.message === "string" ? each.message : root.message };
  }
  return root;
}

function codeOf(error: unknown): string {
  return isObject(error) && typeof error.code === "string" ? error.code : "";
}

function isObject(
  value: unknown,
): value is { readonly code?: unknown; readonly message?: unknown; readonly cause?: unknown } {
  return typeof value === "object" && value !== null;
}
