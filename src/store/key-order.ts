// The order of keys: that of their UTF-8 bytes, as LevelDB has it. JavaScript compares UTF-16 units, which differs where
// a pair of surrogates (U+10000 and up) meets U+E000 to U+FFFF.

/** Negative when `a` comes first, positive when `b` does, 0 when they are the same. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    if (left >= SURROGATES && right >= SURROGATES) return lifted(left) - lifted(right);
    return left - right;
  }
  return a.length - b.length;
}

const SURROGATES = 0xd800;
const AFTER_SURROGATES = 0xe000;

/** Surrogates go above the rest of the plane. */
function lifted(unit: number): number {
  return unit < AFTER_SURROGATES ? unit + 0x10000 : unit;
}
