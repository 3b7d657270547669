// The audit on a disk that runs full in the middle of a write: no half record stays, nothing that was taken is lost, and
// the chain is whole when there is room again.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { auditSeal } from "../../src/audit-head.ts";
import { openAuditLog } from "../../src/audit/audit-log.ts";
import { instant } from "../../src/core/values/instant.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { mountDisk } from "./store-mount.ts";

const KEY = new Uint8Array(32).fill(7);
const PEER = peerIdOf(KEY);
const BEFORE = 100;
/** As JSON about 600 KB, where 256 KB are left. */
const BURST = 3_000;

test("an audit whose disk runs full in the middle of a write has no half record, and goes on when there is room", async (t) => {
  const disk = await mountDisk("size=512k");
  if (typeof disk === "string") return t.skip(disk);
  await using mounted = disk;
  const folder = join(mounted.path, "audit");
  const logged: string[] = [];
  const open = () =>
    openAuditLog({
      folder,
      peer: PEER,
      ...auditSeal({ peer: PEER, seed: KEY }),
      known: () => Promise.resolve(undefined),
      log: (_level, message) => void logged.push(message),
    });
  const audit = await open();
  let count = 0;
  const append = (times: number) => {
    for (let i = 0; i < times; i++) {
      audit.append({ at: instant(count), user: "ada", by: "token", what: "task put", on: `t${count++}`, after: { i } });
    }
  };
  append(BEFORE);
  assert.deepEqual((await audit.verify()).head.n, BEFORE);
  assert.deepEqual(logged, []);

  writeFileSync(join(mounted.path, "ballast"), new Uint8Array(256 * 1_024));
  append(BURST);
  const full = await audit.verify();
  assert.match(logged[0] ?? "", /^the audit can't be written; it is tried again with the next record/);
  assert.deepEqual([full.head.n, full.broken], [BEFORE, undefined], "what is there is whole, and ends where it did");
  assert.ok(readFileSync(join(folder, "audit.log"), "utf8").endsWith("\n"));
  // Who opens it as it lies there finds nothing wrong either: a crash now would lose what waits, and break nothing.
  const other = await open();
  assert.equal((await other.verify()).broken, undefined);

  mounted.remount("size=8m");
  append(1);
  const again = await audit.verify();
  assert.deepEqual([again.first, again.head.n, again.broken], [1, BEFORE + BURST + 1, undefined]);
  await audit.close();
  const reopened = await open();
  assert.equal((await reopened.verify()).head.n, count);
  await reopened.close();
});
