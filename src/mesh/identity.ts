// The two secrets in the data folder: the key that makes this peer the one it is, and the key that all of its mesh
// share. Made at the first start, whole or not at all, and for the user of this process alone.

import { randomBytes } from "node:crypto";
import { link, lstat, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { KEY_BYTES } from "../core/values/ed25519.ts";
import type { PeerId } from "../core/values/ids.ts";
import { syncFolder } from "../sync-folder.ts";
import { peerIdOf } from "./peer-key.ts";

export type Identity = {
  readonly peer: PeerId;
  /** The Ed25519 private key: 32 bytes, the seed of RFC 8032. */
  readonly seed: Uint8Array;
};

/** A key that can't be used; the message says which and what to do. */
export class IdentityRefusal extends Error {
  override readonly name = "IdentityRefusal";
}

const IDENTITY_FILE = "identity.key";
const MESH_FILE = "mesh.key";
const FORMER_MESH_FILE = "former-mesh.key";
const TICKET_FILE = "ticket.digest";
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** Who this peer is; `folder` is there. Rejects with `IdentityRefusal`. */
export async function loadIdentity(folder: string): Promise<Identity> {
  const seed = await loadKey(join(folder, IDENTITY_FILE));
  return { peer: peerIdOf(seed), seed };
}

/** The 32 bytes without which nothing that this mesh says can be told from noise. Rejects with `IdentityRefusal`. */
export function loadMeshKey(folder: string): Promise<Uint8Array> {
  return loadKey(join(folder, MESH_FILE));
}

/** Puts the key of another mesh in place of its own: this peer joins it. The former one is kept until it is forgotten. */
export async function replaceMeshKey(folder: string, key: Uint8Array): Promise<void> {
  const former = await read(join(folder, MESH_FILE));
  if (former !== undefined && Buffer.from(former).equals(key)) return;
  if (former !== undefined) await write(join(folder, FORMER_MESH_FILE), former, { isReplacing: true });
  await write(join(folder, MESH_FILE), key, { isReplacing: true });
}

/** The key of the mesh before, while something may still be sealed with it. */
export function loadFormerMeshKey(folder: string): Promise<Uint8Array | undefined> {
  return read(join(folder, FORMER_MESH_FILE));
}

export async function forgetFormerMeshKey(folder: string): Promise<void> {
  await rm(join(folder, FORMER_MESH_FILE), { force: true });
}

/** The digest of the ticket that this peer last joined with: 32 bytes. */
export function loadTicket(folder: string): Promise<Uint8Array | undefined> {
  return read(join(folder, TICKET_FILE));
}

export async function keepTicket(folder: string, digest: Uint8Array): Promise<void> {
  await write(join(folder, TICKET_FILE), digest, { isReplacing: true });
}

async function loadKey(path: string): Promise<Uint8Array> {
  return await read(path) ?? await make(path);
}

async function make(path: string): Promise<Uint8Array> {
  await write(path, randomBytes(KEY_BYTES), { isReplacing: false });
  const key = await read(path);
  if (key === undefined) throw new IdentityRefusal(`${path} was made and is gone again`);
  return key;
}

async function read(path: string): Promise<Uint8Array | undefined> {
  const stat = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new IdentityRefusal(`${path} cannot be read: ${codeOf(error)}`, { cause: error });
  });
  if (stat === undefined) return undefined;
  if (!stat.isFile()) throw new IdentityRefusal(`${path} is to be a file, and is none`);
  // Windows has no such bits: there the folder's own list of who may read it holds.
  if (process.platform !== "win32" && (stat.mode & OTHERS) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
    throw new IdentityRefusal(
      `${path} is open to other users (mode ${mode}). If nobody has read it, close it: chmod 600 ${path}. ` +
        "Otherwise delete it: a new key is made at the next start, and this peer joins its mesh again.",
    );
  }
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new IdentityRefusal(`${path} cannot be read: ${codeOf(error)}`, { cause: error });
  });
  const digits = /^([0-9a-f]{64})\n?$/.exec(text)?.[1];
  if (digits === undefined) {
    throw new IdentityRefusal(
      `${path} is damaged: it is to hold 64 hex digits. Bring it back from a backup, or delete it: a new key is made.`,
    );
  }
  return new Uint8Array(Buffer.from(digits, "hex"));
}

/** Whole and synced under another name, then under its own: a crash at any moment leaves the old, the new, or none. */
async function write(path: string, key: Uint8Array, { isReplacing }: { readonly isReplacing: boolean }): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    const file = await open(draft, "wx", OWNER_ONLY);
    try {
      await file.writeFile(`${Buffer.from(key).toString("hex")}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isReplacing) await rename(draft, path);
    else await linkOrRename(draft, path);
    await syncFolder(join(path, ".."));
  } catch (error) {
    throw new IdentityRefusal(`${path} cannot be made: ${codeOf(error)}`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}

/** A second process that makes the same key at once does not take the first one's away: a link never replaces. */
async function linkOrRename(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    // Some file systems (FAT, some network shares) have no links.
    await rename(from, to);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
