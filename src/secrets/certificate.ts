// A certificate that a peer signs itself, for the HTTP side on a local network: X.509 v3 (RFC 5280), a P-256 key, and the
// names and addresses by which the peer is known. Nobody vouches for it, so its fingerprint is shown, to be compared.
//
// Neither runtime makes certificates. The packages that do (selfsigned 5.5, on @peculiar/x509) bring 26 others of 9.7 MB,
// take 0.2 s on Node and 0.7 s on Deno to load, with 24 MB, and change the global Reflect: for a thing that is written
// once in the life of a peer, of our own values alone. It is read by OpenSSL in the tests, as strictly as that can.

import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** PEM, both. */
export type Certified = { readonly key: string; readonly certificate: string };

/** Browsers take certificates of ten years from nobody but who has said so by hand, as here. */
const LASTS_MS = 10 * 365 * 86_400_000;
/** The clock of who looks may be behind. */
const EARLIER_MS = 86_400_000;

/** `names`: host names and addresses, the first of them the one that it is called by. */
export function selfSigned(names: readonly string[], now: number): Certified {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = sequence(set(sequence(COMMON_NAME, utf8((names[0] ?? "metronome").slice(0, 64)))));
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(positive(randomBytes(16))),
    ECDSA_SHA256,
    issuer,
    sequence(time(now - EARLIER_MS), time(now + LASTS_MS)),
    issuer,
    publicKey.export({ format: "der", type: "spki" }),
    tagged(
      3,
      sequence(
        extension(SUBJECT_ALTERNATIVE_NAME, sequence(...names.flatMap(alternativeName))),
        extension(EXTENDED_KEY_USAGE, sequence(SERVER_AUTHENTICATION)),
      ),
    ),
  );
  const signature = sign("sha256", body, { key: privateKey, dsaEncoding: "der" });
  const whole = sequence(body, ECDSA_SHA256, value(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString("base64").replace(/(.{64})(?=.)/g, "$1\n");
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** SHA-256 of the certificate, as browsers show it: `AB:CD:…`. */
export function fingerprintOf(certificate: string): string {
  const { raw } = new X509Certificate(certificate);
  return (createHash("sha256").update(raw).digest("hex").toUpperCase().match(/../g) ?? []).join(":");
}

// ── DER, X.690 ─────────────────────────────────────────────────────────────────────────────────────────────────────

const COMMON_NAME = oid("2.5.4.3");
const SUBJECT_ALTERNATIVE_NAME = oid("2.5.29.17");
const EXTENDED_KEY_USAGE = oid("2.5.29.37");
const SERVER_AUTHENTICATION = oid("1.3.6.1.5.5.7.3.1");
const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

function value(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 128) return Buffer.from([length]);
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return value(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Uint8Array[]): Buffer {
  return value(0x31, Buffer.concat(parts));
}

function tagged(number: number, content: Uint8Array): Buffer {
  return value(0xa0 | number, content);
}

function integer(bytes: Uint8Array): Buffer {
  return value(0x02, bytes);
}

/** Without a sign, and not zero in front. */
function positive(bytes: Buffer): Buffer {
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function utf8(text: string): Buffer {
  return value(0x0c, Buffer.from(text));
}

/** GeneralizedTime is for 2050 and later, UTCTime before. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, "");
  return Number(digits.slice(0, 4)) < 2050
    ? value(0x17, Buffer.from(digits.slice(2)))
    : value(0x18, Buffer.from(digits));
}

function extension(id: Buffer, content: Uint8Array): Buffer {
  return sequence(id, value(0x04, content));
}

function alternativeName(name: string): readonly Buffer[] {
  const version = isIP(name);
  if (version > 0) return [value(0x87, addressBytes(name, version))];
  return /^[a-z0-9._-]{1,253}$/i.test(name) ? [value(0x82, Buffer.from(name))] : [];
}

function addressBytes(address: string, version: number): Buffer {
  if (version === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const middle = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return Buffer.from([...before, ...middle, ...after].map((group) => group.padStart(4, "0")).join(""), "hex");
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest.flatMap(base128)];
  return value(0x06, Buffer.from(bytes));
}

function base128(number: number): readonly number[] {
  const digits = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
