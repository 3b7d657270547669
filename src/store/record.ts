// A record as text: one digit for its format, then JSON. The store as a whole has a format number too; this one is for
// records that change their form one by one, as they are written again.

const FORMAT = "1";

export function writeRecord(value: unknown): string {
  return FORMAT + JSON.stringify(value);
}

/** Reads what `writeRecord` made: the checksum has vouched for the text. */
export function readRecord<T>(text: string): T {
  if (text[0] !== FORMAT) {
    throw new Error(`a record has the format ${JSON.stringify(text[0])}, and this program knows ${FORMAT}`);
  }
  return JSON.parse(text.slice(1)) as T;
}
