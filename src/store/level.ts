// Ordered texts in LevelDB: synced in groups, each record under a checksum, in a folder that one process has. Nothing
// that was acknowledged is lost when the process or the machine dies. A disk that fails stops the writes and leaves the
// reads; when it has recovered, the store opens itself anew.

import type { Iterator, Level } from "level";
import { openRecord, sealRecord } from "./checksum.ts";
import { checkFolder, makeFolder } from "./folder.ts";
import { GroupCommit } from "./group-commit.ts";
import type { KeyValue, Operation, Range, Space, Walk } from "./key-value.ts";
import { isCorruption, isHandleClosed, openRefusal, readFailure, writeFailure } from "./level-error.ts";
import { nameOwner, unnameOwner } from "./owner.ts";
import { hasRoom } from "./room.ts";
import { findRot, forgetRot } from "./rot.ts";
import { StoreFailure, StoreRefusal } from "./store.ts";

export type LevelSettings = {
  /** The folder of the store; made, for its owner alone, when it is not there. */
  readonly path: string;
  readonly log?: (
    level: "warning" | "error",
    message: string,
    facts: { readonly [name: string]: string | number },
  ) => void;
};

/** Opens the store, or rejects with `StoreRefusal`. */
export async function levelKeyValue(settings: LevelSettings): Promise<KeyValue> {
  await makeFolder(settings.path);
  await checkFolder(settings.path);
  const rot = await findRotIn(settings.path);
  const database = await openDatabase(settings.path);
  try {
    await checkFormat(database, settings.path);
    await nameOwner(settings.path);
  } catch (error) {
    await database.close();
    throw error instanceof StoreRefusal ? error : openRefusal(settings.path, error);
  }
  const keyValue = new LevelKeyValue(settings, database);
  for (const damage of rot) keyValue.noteDamage(damage);
  return keyValue;
}

type Database = Level<string, string>;

/** What this program writes. A store of a greater number is refused; one of a smaller is brought up to it here. */
const FORMAT = 2;
const FORMAT_KEY = wholeKey("meta", "format");

/** How often a full disk is asked whether it has room again. */
const RECOVER_EVERY_MS = 500;

/** The longest pause between attempts to open a store whose disk has room and still fails. */
const RECOVER_PAUSE_MAX_MS = 16_000;

/** How long a read waits for the store to be opened anew: an open takes 0.2 s, after a crash with a full log 0.5 s. */
const READ_PATIENCE_MS = 10_000;

/** Times that a read is done again because the database was closed under it. */
const READ_TRIES = 5;

/** Damaged records that are told apart, so that one that is read often counts once. */
const DAMAGED_KEYS_MAX = 10_000;

/** Bytes of a walk that LevelDB reads ahead into memory; its default of 16 KiB costs a native call for 40 runs. */
const WALK_BYTES = 256 * 1024;

class LevelKeyValue implements KeyValue {
  readonly #settings: LevelSettings;
  readonly #commit: GroupCommit<Operation>;
  readonly #listeners: ((writable: boolean, why: string) => void)[] = [];
  readonly #damaged = new Set<string>();
  readonly #closing = new AbortController();
  #database: Database;
  /** Under way while the database is closed to be opened anew: reads wait for it. */
  #reopening: PromiseWithResolvers<void> | undefined;
  #recovering: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(settings: LevelSettings, database: Database) {
    this.#settings = settings;
    this.#database = database;
    this.#commit = new GroupCommit({
      write: (operations) => this.#write(operations),
      onRefusing: (failure) => this.#stop(failure),
      onRelieved: () => this.#tell(true, "the disk has caught up"),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  }

  batch(operations: readonly Operation[]): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(closedFailure());
    if (operations.length === 0) return Promise.resolve();
    let length = 0;
    for (const { key, value } of operations) length += key.length + (value?.length ?? 0);
    return this.#commit.add(operations, length);
  }

  async getMany(space: Space, keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (keys.length === 0) return [];
    const whole = keys.map((key) => wholeKey(space, key));
    const found = await this.read(async (database) => {
      try {
        return await database.getMany(whole);
      } catch (error) {
        if (!isCorruption(error)) throw error;
        return await this.#getEach(database, whole);
      }
    });
    return found.map((sealed, at) => sealed === undefined ? undefined : this.open(whole[at] ?? "", sealed));
  }

  walk(space: Space, range: Range): Walk {
    return new LevelWalk(this, space, range);
  }

  damaged(): number {
    return this.#damaged.size;
  }

  onWritable(listener: (writable: boolean, why: string) => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  // ── for its walks ────────────────────────────────────────────────────────────────────────────────────────────────

  /** The database as it stands; a walk of an earlier one begins anew. */
  get database(): Database | undefined {
    return this.#reopening === undefined && this.#closed === undefined ? this.#database : undefined;
  }

  /** Does a read, again when the database was closed under it to be opened anew. */
  async read<T>(read: (database: Database) => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      if (this.#reopening !== undefined) await withPatience(this.#reopening.promise);
      if (this.#closed !== undefined) throw closedFailure();
      try {
        return await read(this.#database);
      } catch (error) {
        if (!isHandleClosed(error) || tries === READ_TRIES) throw readFailure(error);
      }
    }
  }

  /** The text of a record; absent, and counted, when it is damaged. */
  open(key: string, sealed: string): string | undefined {
    const text = openRecord(key, sealed);
    if (text === undefined) this.noteDamage(key);
    return text;
  }

  noteDamage(key: string): void {
    if (this.#damaged.size === 0) {
      this.#settings.log?.(
        "error",
        "the store is damaged: what can't be read is left out, and from now on only counted. " +
          "Restore a backup, or let this peer join its mesh anew",
        { folder: this.#settings.path, damaged: key },
      );
    }
    if (this.#damaged.size < DAMAGED_KEYS_MAX) this.#damaged.add(key);
  }

  // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #write(operations: Operation[]): Promise<void> {
    try {
      // One native call for each costs two thirds of an array of objects, whose every property is a native call.
      const batch = this.#database.batch();
      for (const operation of operations) {
        const key = wholeKey(operation.space, operation.key);
        if (operation.value === undefined) batch.del(key);
        else batch.put(key, sealRecord(key, operation.value));
      }
      await batch.write({ sync: true });
    } catch (error) {
      throw writeFailure(error);
    }
  }

  /** No write goes on: says so, and unless it passes by itself watches for the disk to recover. */
  #stop(failure: StoreFailure): void {
    this.#tell(false, failure.message);
    if (failure.kind !== "full" && failure.kind !== "io") return;
    this.#settings.log?.("error", "the store takes no writes until the disk has recovered; reads go on", {
      folder: this.#settings.path,
      why: failure.message,
    });
    this.#recovering ??= this.#recover().finally(() => this.#recovering = undefined);
  }

  #tell(writable: boolean, why: string): void {
    if (this.#closed !== undefined) return;
    for (const listener of this.#listeners) listener(writable, why);
  }

  // ── recovery ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** After a failed write every later one on the same handle fails, though there is room again: it has to be a new one. */
  async #recover(): Promise<void> {
    for (let pauseMs = RECOVER_EVERY_MS; await this.#pause(pauseMs);) {
      if (!(await hasRoom(this.#settings.path))) continue;
      const failure = await this.#reopen();
      if (this.#closed !== undefined) return;
      if (failure === undefined) {
        this.#commit.accept();
        this.#settings.log?.("warning", "the store takes writes again", { folder: this.#settings.path });
        this.#tell(true, "the disk has recovered");
        return;
      }
      pauseMs = Math.min(pauseMs * 2, RECOVER_PAUSE_MAX_MS);
      this.#commit.refuse(new StoreFailure("io", failure));
      this.#tell(false, failure);
    }
  }

  /** Closes the database, opens it, and proves that it can be written; what went wrong, when something did. */
  async #reopen(): Promise<string | undefined> {
    this.#reopening ??= Promise.withResolvers();
    try {
      await this.#database.close();
      this.#database = await openDatabase(this.#settings.path);
    } catch (error) {
      return messageOf(error);
    }
    this.#endReopening();
    try {
      await this.#database.put(FORMAT_KEY, sealRecord(FORMAT_KEY, String(FORMAT)), { sync: true });
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  #endReopening(): void {
    this.#reopening?.resolve();
    this.#reopening = undefined;
  }

  /** Waits; false when the store is closed meanwhile. */
  #pause(ms: number): Promise<boolean> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve(!signal.aborted);
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }

  // ── reading and closing ──────────────────────────────────────────────────────────────────────────────────────────

  /** One by one, when one of them lies in a block that LevelDB can't read. */
  async #getEach(database: Database, keys: readonly string[]): Promise<(string | undefined)[]> {
    const found: (string | undefined)[] = [];
    for (const key of keys) {
      try {
        found.push(await database.get(key));
      } catch (error) {
        if (!isCorruption(error)) throw error;
        this.noteDamage(key);
        found.push(undefined);
      }
    }
    return found;
  }

  async #close(): Promise<void> {
    await this.#commit.settled();
    this.#closing.abort();
    await this.#recovering;
    this.#endReopening();
    this.#commit.refuse(closedFailure());
    await this.#database.close();
    await forgetRot(this.#settings.path);
    await unnameOwner(this.#settings.path);
  }
}

type Entry = [key: string, value: string];

class LevelWalk implements Walk {
  readonly #store: LevelKeyValue;
  readonly #prefix: string;
  readonly #low: string;
  readonly #high: string;
  readonly #reverse: boolean;
  #database: Database | undefined;
  #iterator: Iterator<Database, string, string> | undefined;
  /** Where it goes on in a database that was opened anew: behind a key that was read, or at one that is sought. */
  #behind: string | undefined;
  #sought: string | undefined;
  #isPastDamage = false;

  constructor(store: LevelKeyValue, space: Space, { gt, gte, lt, lte, reverse }: Range) {
    this.#store = store;
    this.#prefix = wholeKey(space, "");
    // Nothing sorts between a key and the same with U+0000 behind it: so every range is from `low` to before `high`.
    this.#low = this.#prefix + (gt === undefined ? gte ?? "" : gt + "\0");
    this.#high = lte === undefined && lt === undefined ? endOf(space) : this.#prefix + (lt ?? lte + "\0");
    this.#reverse = reverse === true;
    if (store.database !== undefined) this.#begin(store.database);
  }

  async take(count: number): Promise<readonly Entry[]> {
    const taken: Entry[] = [];
    while (taken.length < count) {
      const entries = await this.#store.read((database) => this.#next(database, count - taken.length));
      if (entries.length === 0) break;
      for (const [key, sealed] of entries) {
        const text = this.#store.open(key, sealed);
        if (text !== undefined) taken.push([key.slice(this.#prefix.length), text]);
      }
    }
    return taken;
  }

  seek(key: string): void {
    this.#sought = this.#prefix + key;
    this.#behind = undefined;
    this.#isPastDamage = false;
    if (this.#database !== undefined && this.#database === this.#store.database) this.#iterator?.seek(this.#sought);
  }

  async close(): Promise<void> {
    await this.#iterator?.close();
  }

  async #next(database: Database, count: number): Promise<Entry[]> {
    if (this.#isPastDamage) return [];
    if (this.#database !== database) this.#begin(database);
    let entries: Entry[];
    try {
      entries = await this.#iterator?.nextv(count) ?? [];
    } catch (error) {
      if (!isCorruption(error)) throw error;
      entries = await this.#nextUpToDamage(database, count);
    }
    const last = entries[entries.length - 1];
    if (last !== undefined) this.#behind = last[0];
    return entries;
  }

  /**
   * LevelDB passes over a block that it can't read and says so only at the end, in place of the last entries: these
   * are read again one by one.
   */
  async #nextUpToDamage(database: Database, count: number): Promise<Entry[]> {
    this.#store.noteDamage(`a block of ${this.#prefix}`);
    await this.#iterator?.close();
    this.#begin(database);
    const entries: Entry[] = [];
    try {
      while (entries.length < count) {
        const entry = await this.#iterator?.next();
        if (entry === undefined) break;
        entries.push(entry);
      }
    } catch (error) {
      if (!isCorruption(error)) throw error;
      this.#isPastDamage = true;
    }
    return entries;
  }

  #begin(database: Database): void {
    const { low, high } = this.#left();
    this.#database = database;
    this.#iterator = database.iterator({ gte: low, lt: high, reverse: this.#reverse, highWaterMarkBytes: WALK_BYTES });
    if (this.#behind === undefined && this.#sought !== undefined) this.#iterator.seek(this.#sought);
  }

  /** The part of the range that was not read yet. */
  #left(): { readonly low: string; readonly high: string } {
    if (this.#behind === undefined) return { low: this.#low, high: this.#high };
    return this.#reverse ? { low: this.#low, high: this.#behind } : { low: this.#behind + "\0", high: this.#high };
  }
}

/** The key as it lies in LevelDB: a space is what `abstract-level` calls a sublevel of that name. */
function wholeKey(space: Space, key: string): string {
  return `!${space}!${key}`;
}

/** Above every key of the space: `"` follows `!`. */
function endOf(space: Space): string {
  return `!${space}"`;
}

async function findRotIn(path: string): Promise<readonly string[]> {
  try {
    return await findRot(path);
  } catch (error) {
    throw openRefusal(path, error);
  }
}

async function openDatabase(path: string): Promise<Database> {
  // A native addon: loaded when a store is opened, and not by a program that only asks its version.
  const { Level } = await import("level");
  const database: Database = new Level(path);
  try {
    await database.open();
    return database;
  } catch (error) {
    throw openRefusal(path, error);
  }
}

async function checkFormat(database: Database, path: string): Promise<void> {
  const sealed = await database.get(FORMAT_KEY);
  if (sealed === undefined) {
    for await (const _ of database.keys({ limit: 1 })) throw damagedFormat(path);
    return await database.put(FORMAT_KEY, sealRecord(FORMAT_KEY, String(FORMAT)), { sync: true });
  }
  const format = Number(openRecord(FORMAT_KEY, sealed));
  if (!Number.isInteger(format) || format < 1) throw damagedFormat(path);
  if (format > FORMAT) {
    throw new StoreRefusal(
      "newer",
      `the store in ${path} was written by a newer Metronome (format ${format}, this one knows ${FORMAT}): ` +
        "upgrade this program, or start it with another data folder",
    );
  }
}

function damagedFormat(path: string): StoreRefusal {
  return openRefusal(path, { code: "LEVEL_CORRUPTION", message: "its format record is gone or damaged" });
}

async function withPatience(reopening: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreFailure("io", "the store is being opened anew, and can't be read meanwhile")),
      READ_PATIENCE_MS,
    );
  });
  try {
    await Promise.race([reopening, patience]);
  } finally {
    clearTimeout(timer);
  }
}

function closedFailure(): StoreFailure {
  return new StoreFailure("closed", "the store is closed");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
