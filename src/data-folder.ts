// What a peer keeps in its data folder beside the store: who it is, the key for the command line of the same machine,
// and, while it runs, where it answers. All of it for its owner alone.

import { chmod, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** Why a file of the folder can't be used, in words for who started the program. */
export class DataFolderRefusal extends Error {
  override readonly name = "DataFolderRefusal";
}

/** Of a running peer, for the command line. */
export type LocalPeer = {
  /** `http://127.0.0.1:8081` */
  readonly url: string;
  readonly key: string;
};

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
const KEY_FILE = "key";
const URL_FILE = "url";
const CERTIFICATE_FILE = "tls.pem";

export function storeFolder(folder: string): string {
  return join(folder, "store");
}

export function auditFolder(folder: string): string {
  return join(folder, "audit");
}

/**
 * Closes the data folder, and those in it, to the other users of the machine: it may have been there before, or brought back
 * from a backup. Tells of each that was open. Rejects with `DataFolderRefusal`.
 */
export async function closeFolder(folder: string, onOpen: (path: string, mode: string) => void): Promise<void> {
  // Windows has no such modes: the folder lies in the user's own profile.
  if (process.platform === "win32") return;
  for (const path of [folder, storeFolder(folder), auditFolder(folder)]) {
    const mode = await modeOf(path);
    if ((mode & OTHERS) === 0) continue;
    const text = mode.toString(8);
    try {
      await chmod(path, mode & ~OTHERS);
    } catch (error) {
      throw new DataFolderRefusal(
        `other users of this machine may enter ${path} (mode ${text}), and this one may not close it (${
          codeOf(error)
        }): ` +
          "make it a folder of this user's own, with mode 700",
      );
    }
    onOpen(path, text);
  }
}

/** 0 of what is not there. */
async function modeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw new DataFolderRefusal(`${path} can't be read (${codeOf(error)})`);
  }
}

/** The key that opens the API to who may read the folder; made when there is none. Rejects with `DataFolderRefusal`. */
export function keepKey(folder: string, make: () => string): Promise<string> {
  return keep(join(folder, KEY_FILE), make);
}

/** A certificate and its key, in one PEM; made when there is none. Rejects with `DataFolderRefusal`. */
export function keepCertificate(folder: string, make: () => string): Promise<string> {
  return keep(join(folder, CERTIFICATE_FILE), make);
}

/** Says where the peer answers, until `unannounce`. A peer that was killed leaves what it said. */
export async function announce(folder: string, url: string): Promise<void> {
  await write(join(folder, URL_FILE), url);
}

export async function unannounce(folder: string): Promise<void> {
  await rm(join(folder, URL_FILE), { force: true });
}

/** Absent when no peer has said that it runs on this folder, or this user may not read what it keeps. */
export async function findLocalPeer(folder: string): Promise<LocalPeer | undefined> {
  try {
    const [url, key] = await Promise.all([URL_FILE, KEY_FILE].map((file) => readFile(join(folder, file), "utf8")));
    return url === undefined || key === undefined ? undefined : { url: url.trim(), key: key.trim() };
  } catch {
    return undefined;
  }
}

async function keep(path: string, make: () => string): Promise<string> {
  try {
    const { mode } = await stat(path);
    // Windows has no such modes: the folder lies in the user's own profile.
    if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
      throw new DataFolderRefusal(
        `others on this machine may read ${path} (mode ${(mode & 0o777).toString(8)}): if none of them has, ` +
          `\`chmod 600\` it; else delete it, and a new one is made`,
      );
    }
    const text = (await readFile(path, "utf8")).trim();
    if (text === "") throw new DataFolderRefusal(`${path} is empty: delete it, and a new one is made`);
    return text;
  } catch (error) {
    if (error instanceof DataFolderRefusal) throw error;
    if (codeOf(error) !== "ENOENT") throw new DataFolderRefusal(`${path} can't be read (${codeOf(error)})`);
  }
  const made = make();
  await write(path, made);
  return made;
}

/** Whole or not at all, also when the power goes. */
async function write(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  try {
    await rm(draft, { force: true });
    const file = await open(draft, "wx", OWNER_ONLY);
    try {
      await file.writeFile(`${text}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    throw new DataFolderRefusal(
      `${path} can't be written (${codeOf(error)}): make its folder one that this user may write`,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
