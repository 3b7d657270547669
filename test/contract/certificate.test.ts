import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fingerprintOf, selfSigned } from "../../src/secrets/certificate.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const NAMES = ["shop.lan", "localhost", "127.0.0.1", "::1", "fe80::1%eth0", "2001:db8::1:0:0:1", "no name of a host"];

test("a certificate says who it is for, since when and until when, and is signed with the key that comes with it", () => {
  const made = selfSigned(NAMES, NOW);
  const read = new X509Certificate(made.certificate);
  assert.equal(read.subject, "CN=shop.lan");
  assert.equal(read.issuer, "CN=shop.lan");
  // Each runtime writes an address in its own way.
  const alternative = read.subjectAltName?.split(", ").map((each) => {
    const address = each.replace("IP Address:", "");
    return address.includes(":") && !address.startsWith("DNS") ? new URL(`http://[${address}]/`).hostname : address;
  });
  const names = ["DNS:shop.lan", "DNS:localhost", "127.0.0.1", "[::1]", "[fe80::1]", "[2001:db8::1:0:0:1]"];
  assert.deepEqual(alternative, names);
  assert.deepEqual([Date.parse(read.validFrom), Date.parse(read.validTo)], [
    NOW - 86_400_000,
    NOW + 3_650 * 86_400_000,
  ]);
  assert.ok(read.checkPrivateKey(createPrivateKey(made.key)));
  assert.ok(read.verify(read.publicKey));
  assert.match(fingerprintOf(made.certificate), /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  const other = selfSigned(NAMES, NOW);
  assert.notEqual(new X509Certificate(other.certificate).serialNumber, read.serialNumber);
  assert.equal(new X509Certificate(other.certificate).checkPrivateKey(createPrivateKey(made.key)), false);
});

test("a year beyond 2049 is written as X.509 wants it", () => {
  const read = new X509Certificate(selfSigned(["a"], Date.UTC(2045, 0, 1)).certificate);
  assert.equal(new Date(read.validTo).getUTCFullYear(), 2054);
  assert.equal(new Date(read.validFrom).getUTCFullYear(), 2044);
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

test("OpenSSL finds nothing wrong with it, by its strict rules", { skip: !hasOpenssl }, () => {
  const folder = mkdtempSync(join(tmpdir(), "metronome-certificate-"));
  try {
    const path = join(folder, "c.pem");
    writeFileSync(path, selfSigned(NAMES, Date.now()).certificate);
    const verified = spawnSync("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", path, path]);
    assert.equal(verified.status, 0, String(verified.stderr));
    assert.match(String(verified.stdout), /: OK$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
