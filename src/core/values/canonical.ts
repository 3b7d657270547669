// What looks the same is the same: `é` may be one character or two, and which of them somebody types depends on the
// keyboard. Ids and names are kept, compared and looked up in one form.

/** More is no id and no name; and the work on a long text may be the square of its length. */
const LENGTH_MAX = 256;

/** Of an id: Unicode's NFC, as RFC 8265 §3.4 and RFC 5198 have it. */
export function canonicalId(text: string): string {
  return text.length > LENGTH_MAX ? text : text.normalize("NFC");
}

/** Of a name: also any blanks in a row are one plain blank, as RFC 8266 §2.1 has it. */
export function canonicalName(text: string): string {
  return canonicalId(text).replace(/\p{Zs}+/gu, " ");
}
