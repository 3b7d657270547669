// What goes wrong with bytes and with values, from a seed: bits that flip, ends that are missing, halves of two that were
// put together; and lies, which are well-formed, and not true.

/** One of these, changed in one to four ways. */
export function mutate(corpus: readonly Uint8Array[], chance: () => number): Uint8Array {
  const pick = () => corpus[Math.floor(chance() * corpus.length)] ?? new Uint8Array(0);
  let bytes = Buffer.from(pick());
  const at = () => Math.floor(chance() * (bytes.length + 1));
  for (let times = Math.floor(chance() * 4); times >= 0; times--) {
    switch (Math.floor(chance() * 6)) {
      case 0:
        if (bytes.length > 0) bytes[at() % bytes.length] = Math.floor(chance() * 256);
        break;
      case 1:
        bytes = bytes.subarray(0, at());
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at()), pick().subarray(at())]);
        break;
      case 3: {
        const cut = at();
        const tokens = ["[", "{", '"', ",", "1e999", "null", '"__proto__":', "]", "\\u", "\xff"];
        const token = tokens[Math.floor(chance() * tokens.length)] ?? "";
        bytes = Buffer.concat([
          bytes.subarray(0, cut),
          Buffer.from(token.repeat(1 + Math.floor(chance() * 60))),
          bytes.subarray(cut),
        ]);
        break;
      }
      case 4:
        // A digit for a digit: most of these stay plain.
        for (let each = 0; each < bytes.length; each++) {
          if ((bytes[each] ?? 0) >> 4 === 3 && chance() < 0.1) bytes[each] = 0x31;
        }
        break;
    }
  }
  return bytes;
}

const NUMBERS = [0, -1, 1, 0.5, 255, 2 ** 16, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, -(2 ** 40), 1e15];
const TEXTS = [
  "",
  "x",
  "\0",
  "é".repeat(300),
  "0".repeat(64),
  "f".repeat(22),
  "__proto__",
  "AAAA",
  "R/2026-01-01T00:00:00Z/PT1S",
];

/** The same kind of value with another content; now and then a part of another kind. */
export function lie(value: unknown, chance: () => number): unknown {
  const pick = <T>(of: readonly T[]): T | undefined => of[Math.floor(chance() * of.length)];
  if (chance() < 0.03) return pick<unknown>([null, true, [], {}, 7, "seven"]);
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item: unknown) => chance() < 0.3 ? lie(item, chance) : item);
    if (chance() < 0.15) items.reverse();
    if (chance() < 0.15) items.splice(Math.floor(chance() * items.length), 1);
    if (chance() < 0.15 && items.length > 0) items.push(pick(items));
    return items;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const lying = Math.floor(chance() * entries.length);
    return Object.fromEntries(
      entries
        .filter((_, at) => at !== lying || chance() > 0.05)
        .map(([name, each], at) => [name, at === lying || chance() < 0.1 ? lie(each, chance) : each]),
    );
  }
  if (typeof value === "number") return chance() < 0.5 ? pick(NUMBERS) : value + Math.floor((chance() - 0.5) * 20);
  if (typeof value === "boolean") return !value;
  if (typeof value !== "string") return value;
  const at = Math.floor(chance() * value.length);
  if (chance() < 0.3) return pick(TEXTS);
  // A digit of a guid, a stamp or a peer id.
  if (chance() < 0.6) return value.slice(0, at) + Math.floor(chance() * 10) + value.slice(at + 1);
  return chance() < 0.5 ? value.slice(0, at) : value + value;
}
