import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { privateKeyOf } from "../../src/core/values/ed25519.ts";
import { openEnvelope, sealEnvelope } from "../../src/mesh/envelope.ts";
import { loadFormerMeshKey, loadIdentity, loadMeshKey, replaceMeshKey } from "../../src/mesh/identity.ts";
import { Numbers } from "../../src/mesh/numbers.ts";
import { checkingKey, isSignedBy, peerIdOf, signatureOf } from "../../src/mesh/peer-key.ts";

test("the keys are made once, and are for their owner alone", async () => {
  await using folder = await makeFolder();
  const [one, mesh] = [await loadIdentity(folder.path), await loadMeshKey(folder.path)];
  assert.match(one.peer, /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/);
  assert.deepEqual([await loadIdentity(folder.path), await loadMeshKey(folder.path)], [one, mesh]);
  assert.notDeepEqual(one.seed, mesh);
  assert.deepEqual((await readdir(folder.path)).toSorted(), ["identity.key", "mesh.key"]);
  for (const name of ["identity.key", "mesh.key"]) {
    assert.equal((await stat(join(folder.path, name))).mode & 0o777, 0o600);
  }
});

test("two starts at once make one identity", async () => {
  await using folder = await makeFolder();
  const made = await Promise.all(Array.from({ length: 20 }, () => loadIdentity(folder.path)));
  assert.deepEqual(new Set(made.map(({ peer }) => peer)).size, 1);
});

test("a key that others can read, that is damaged or no file is refused with what to do", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "identity.key");
  await loadIdentity(folder.path);
  for (const mode of [0o644, 0o640, 0o602, 0o610]) {
    await chmod(path, mode);
    await assert.rejects(loadIdentity(folder.path), {
      name: "IdentityRefusal",
      message: /open to other users .*chmod 600/,
    });
  }
  await chmod(path, 0o600);
  for (const text of ["", "abc", "g".repeat(64), "a".repeat(63), "a".repeat(65), `${"a".repeat(64)}\n\n`]) {
    await writeFile(path, text);
    await assert.rejects(loadIdentity(folder.path), { name: "IdentityRefusal", message: /damaged/ });
  }
  await rm(path);
  await symlink("/dev/zero", path);
  await assert.rejects(loadIdentity(folder.path), { name: "IdentityRefusal", message: /is to be a file/ });
});

test("a folder that is not there is a refusal, not a crash", async () => {
  await assert.rejects(loadIdentity(join(tmpdir(), "metronome-nowhere")), { name: "IdentityRefusal" });
});

test("the key of another mesh takes the place of the own one, which is kept for what it sealed", async () => {
  await using folder = await makeFolder();
  const own = await loadMeshKey(folder.path);
  const key = new Uint8Array(randomBytes(32));
  await replaceMeshKey(folder.path, key);
  assert.deepEqual(await loadMeshKey(folder.path), key);
  assert.equal((await readFile(join(folder.path, "mesh.key"), "utf8")).trim(), Buffer.from(key).toString("hex"));
  assert.deepEqual(await loadFormerMeshKey(folder.path), own);
  assert.deepEqual((await readdir(folder.path)).sort(), ["former-mesh.key", "mesh.key"]);
});

test("an id is the key that checks its signatures, as libp2p writes it", () => {
  // Made with @libp2p/crypto 5.1.23 and @libp2p/peer-id 6.0.15 from the seed 00 01 02 … 1f.
  const seed = Uint8Array.from({ length: 32 }, (_, at) => at);
  assert.equal(peerIdOf(seed), "12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB");
  const bytes = randomBytes(1_000);
  for (let round = 0; round < 20; round++) {
    const each = randomBytes(32);
    const key = checkingKey(peerIdOf(each)) ?? assert.fail();
    const signature = signatureOf(bytes, privateKeyOf(each));
    assert.ok(isSignedBy(bytes, signature, key));
    assert.ok(!isSignedBy(bytes.subarray(1), signature, key));
    assert.ok(!isSignedBy(bytes, signature.subarray(1), key));
    assert.ok(!isSignedBy(bytes, signatureOf(bytes, privateKeyOf(seed)), key));
  }
  for (
    const text of [
      "",
      "12D3KooW",
      "x".repeat(1e6),
      "0".repeat(52),
      `${peerIdOf(seed)}1`,
      "QmNPubsDWATVngE3d5WDSNe7eVrFLuk38qb9t6vdLnu2aK",
    ]
  ) {
    assert.equal(checkingKey(text), undefined);
  }
});

test("an envelope is of the peer, the topic, the number and the body that were signed, or of nobody", () => {
  const seed = randomBytes(32);
  const key = checkingKey(peerIdOf(seed)) ?? assert.fail();
  const body = randomBytes(500);
  const bytes = sealEnvelope(
    { from: peerIdOf(seed), number: 1_790_000_000_123, topic: "/t/1", body },
    privateKeyOf(seed),
  );
  const isGood = (sealed: Uint8Array, topic: string) => {
    const envelope = openEnvelope(sealed, topic);
    return envelope !== undefined && envelope.from === peerIdOf(seed) &&
      isSignedBy(envelope.signed, envelope.signature, key);
  };
  assert.ok(isGood(bytes, "/t/1"));
  assert.ok(!isGood(bytes, "/t/2"));
  const { from, number, body: opened } = openEnvelope(bytes, "/t/1") ?? assert.fail();
  assert.deepEqual([from, number, Buffer.from(opened)], [peerIdOf(seed), 1_790_000_000_123, body]);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.ok(!isGood(changed, "/t/1"), `byte ${at}`);
    assert.ok(!isGood(bytes.subarray(0, at), "/t/1"), `cut at ${at}`);
  }
});

test("a number passes once, in any order, and what is long past never", () => {
  const numbers = new Numbers();
  assert.deepEqual([5, 3, 5, 4, 3].map((number) => numbers.pass(number)), [true, true, false, true, false]);
  for (let number = 10; number < 2_000; number++) assert.ok(numbers.pass(number));
  assert.deepEqual([1, 5, 10, 1_999, 2_000].map((number) => numbers.pass(number)), [false, false, false, false, true]);
});

async function makeFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "metronome-identity-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
