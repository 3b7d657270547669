// Which tables a LevelDB folder consists of: what its manifest says. A table that is not named there was left by a process
// that died while it wrote it, holds nothing that is missing elsewhere, and goes at the next open. Format: a log of edits,
// `doc/log_format.md` and `db/version_edit.cc` of google/leveldb 1.20.

/** The numbers of the living tables; absent when the manifest can't be read to its end. */
export function liveTables(manifest: Buffer): ReadonlySet<number> | undefined {
  try {
    const live = new Set<number>();
    for (const edit of recordsOf(manifest)) apply(edit, live);
    return live;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const BLOCK = 32 * 1024;
const HEADER = 7;
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

/** The records of a log, put together from their parts. One that is torn at the end never counted. */
function recordsOf(log: Buffer): readonly Buffer[] {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let block = 0; block < log.length; block += BLOCK) {
    const end = Math.min(block + BLOCK, log.length);
    for (let at = block; at + HEADER <= end;) {
      const kind = log[at + 6];
      const next = at + HEADER + log.readUInt16LE(at + 4);
      if (next > end) return records;
      const part = log.subarray(at + HEADER, next);
      if (kind === FULL) records.push(part);
      else if (kind === FIRST) parts = [part];
      else if (kind === MIDDLE || kind === LAST) parts.push(part);
      if (kind === LAST) records.push(Buffer.concat(parts));
      at = next;
    }
  }
  return records;
}

/** What an edit says, by its number. */
const TAG = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deleted: 6,
  added: 7,
  previousLog: 9,
} as const;

function apply(edit: Buffer, live: Set<number>): void {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let unit = 1;; unit *= 128) {
      const byte = edit[at++];
      if (byte === undefined || unit > 2 ** 56) throw new RangeError("an edit that ends too early");
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  const skipText = (): void => {
    const length = varint();
    at += length;
  };
  while (at < edit.length) {
    switch (varint()) {
      case TAG.comparator:
        skipText();
        break;
      case TAG.logNumber:
      case TAG.nextFile:
      case TAG.lastSequence:
      case TAG.previousLog:
        varint();
        break;
      case TAG.compactPointer:
        varint();
        skipText();
        break;
      case TAG.deleted:
        varint();
        live.delete(varint());
        break;
      case TAG.added:
        varint();
        live.add(varint());
        varint();
        skipText();
        skipText();
        break;
      default:
        throw new RangeError("an edit of a kind that is not known");
    }
  }
}
