// LevelDB's own checksums, verified. It has one on every block of a table and on every record of a log, but as we get it
// checks none in a table (a damaged key even aborts the process, in an assertion of its compaction), and passes over the
// damaged part of a log without a word. Formats: `doc/table_format.md` and `doc/log_format.md` of google/leveldb 1.20.

import { maskedCrc32c } from "./crc32c.ts";

/** Where a table is damaged first; absent when all its blocks are as they were written. */
export function damageOfTable(bytes: Buffer): string | undefined {
  try {
    if (bytes.length < FOOTER || bytes.readBigUInt64LE(bytes.length - 8) !== MAGIC) {
      return "its end is not that of a table";
    }
    const footer = new Reader(bytes, bytes.length - FOOTER);
    const meta = readHandle(footer);
    const index = readHandle(footer);
    // The filters are found by way of `meta`: a damaged one would hide records.
    for (const handle of [...blocksOf(readBlock(bytes, meta)), ...blocksOf(readBlock(bytes, index))]) {
      if (!isWhole(bytes, handle)) return `the block at byte ${handle.offset}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return `its index: ${error.message}`;
    throw error;
  }
}

/**
 * Where a log is damaged; absent when it is whole or only torn at its end, as a power cut leaves it. Each batch is synced
 * before the next one begins: so a bad record with a good beginning of another behind it was once good.
 */
export function damageOfLog(bytes: Buffer): string | undefined {
  let bad: number | undefined;
  for (let block = 0; block < bytes.length; block += LOG_BLOCK) {
    const end = Math.min(block + LOG_BLOCK, bytes.length);
    for (let at = block; at + LOG_HEADER <= end;) {
      const next = at + LOG_HEADER + bytes.readUInt16LE(at + 4);
      if (next > end || bytes.readUInt32LE(at) !== maskedCrc32c(bytes, at + 6, next)) bad ??= at;
      else if (bad !== undefined && BEGINNINGS.has(bytes[at + 6])) return `the record at byte ${bad}`;
      at = next;
    }
  }
  return undefined;
}

const LOG_BLOCK = 32 * 1024;
const LOG_HEADER = 7;
/** The kinds FULL and FIRST. */
const BEGINNINGS = new Set<number | undefined>([1, 2]);

const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
const SNAPPY = 1;

type Handle = { readonly offset: number; readonly size: number };

function isWhole(bytes: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  return end + 4 <= bytes.length && bytes.readUInt32LE(end) === maskedCrc32c(bytes, offset, end);
}

function readBlock(bytes: Buffer, handle: Handle): Buffer {
  if (!isWhole(bytes, handle)) throw new RangeError(`the block at byte ${handle.offset}`);
  const stored = bytes.subarray(handle.offset, handle.offset + handle.size);
  return bytes[handle.offset + handle.size] === SNAPPY ? unsnap(stored) : stored;
}

/** The values of an index block, which say where the others lie. */
function blocksOf(index: Buffer): readonly Handle[] {
  const restarts = index.readUInt32LE(index.length - 4);
  const end = index.length - 4 * (restarts + 1);
  const handles: Handle[] = [];
  for (const reader = new Reader(index, 0); reader.at < end;) {
    reader.varint();
    const keyLength = reader.varint();
    const valueLength = reader.varint();
    const value = reader.at + keyLength;
    handles.push(readHandle(new Reader(index, value)));
    reader.at = value + valueLength;
  }
  return handles;
}

function readHandle(reader: Reader): Handle {
  return { offset: reader.varint(), size: reader.varint() };
}

/** Snappy's plain format: `format_description.txt` of google/snappy. */
function unsnap(bytes: Buffer): Buffer {
  const reader = new Reader(bytes, 0);
  const out = Buffer.alloc(reader.varint());
  let length = 0;
  while (reader.at < bytes.length) {
    const tag = reader.number(1);
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const count = 1 + (short < 60 ? short : reader.number(short - 59));
      length += bytes.copy(out, length, reader.at, reader.at + count);
      reader.at += count;
      continue;
    }
    const [count, back] = (tag & 3) === 1
      ? [4 + ((tag >> 2) & 7), ((tag >> 5) << 8) | reader.number(1)]
      : [1 + (tag >> 2), reader.number((tag & 3) === 2 ? 2 : 4)];
    if (back === 0 || back > length || length + count > out.length) throw new RangeError("it can't be unpacked");
    for (let n = 0; n < count; n++, length++) out[length] = out[length - back] ?? 0;
  }
  return out;
}

/** Numbers read one after the other; what goes over the end is a RangeError. */
class Reader {
  at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  number(bytes: number): number {
    const value = this.#bytes.readUIntLE(this.at, bytes);
    this.at += bytes;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = this.number(1);
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      if (shift > 2 ** 42) throw new RangeError("a number is too long");
    }
  }
}
