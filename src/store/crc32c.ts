// CRC-32C (Castagnoli), the checksum that LevelDB puts on its blocks and log records, "masked" as it does. Node has only
// the other polynomial. Eight tables, as in "Slicing-by-8" (Kounavis and Berry, 2005): about 400 MB/s here.

/** The checksum of a part of the bytes, as LevelDB stores it. */
export function maskedCrc32c(bytes: Uint8Array, start: number, end: number): number {
  const crc = crc32c(bytes, start, end);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

function crc32c(bytes: Uint8Array, start: number, end: number): number {
  const t = TABLES;
  let crc = -1;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    crc ^= byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
    crc = slot(t, 7, crc & 255) ^ slot(t, 6, (crc >>> 8) & 255) ^ slot(t, 5, (crc >>> 16) & 255) ^
      slot(t, 4, crc >>> 24) ^
      slot(t, 3, byte(bytes, at + 4)) ^ slot(t, 2, byte(bytes, at + 5)) ^ slot(t, 1, byte(bytes, at + 6)) ^
      slot(t, 0, byte(bytes, at + 7));
  }
  for (; at < end; at++) crc = slot(t, 0, (crc ^ byte(bytes, at)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function slot(tables: Int32Array, table: number, at: number): number {
  return tables[table * 256 + at] ?? 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[n] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] ?? 0;
    tables[at] = slot(tables, 0, before & 255) ^ (before >>> 8);
  }
  return tables;
}
