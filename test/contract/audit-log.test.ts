// The audit on a real disk.

import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { auditSeal } from "../../src/audit-head.ts";
import { type AuditLog, openAuditLog } from "../../src/audit-log.ts";
import type { AuditEntry, AuditFilter, AuditHead } from "../../src/core/people/audit.ts";
import { instant } from "../../src/core/values/instant.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { chanceOf } from "../chance.ts";

const FLIPS = Number(globalThis.process?.env.METRONOME_FLIPS ?? 1_000);
const SEED = Number(globalThis.process?.env.METRONOME_SEED ?? 20_261_128);
const KEY = new Uint8Array(32).fill(7);
const PEER = peerIdOf(KEY);

type Site = { readonly folder: string; readonly file: string; open(known?: AuditHead): Promise<AuditLog> };

async function withSite(run: (site: Site) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "metronome-audit-"));
  try {
    await run({
      folder,
      file: join(folder, "audit.log"),
      open: (known) =>
        openAuditLog({
          folder,
          peer: PEER,
          ...auditSeal({ peer: PEER, seed: KEY }),
          known: () => Promise.resolve(known),
          log: (_level, message, facts) => assert.fail(`${message} ${JSON.stringify(facts)}`),
        }),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fill(audit: AuditLog, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) void audit.append(entryOf(i));
}

function entryOf(i: number): AuditEntry {
  return { at: instant(i), user: "ada", by: "token", from: "10.0.0.1", what: "task put", on: `t${i}`, after: { i } };
}

test("what was appended is read back, the latest first, page by page, after a restart too", () =>
  withSite(async ({ open, file }) => {
    let audit = await open();
    fill(audit, 1_000);
    await audit.close();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    audit = await open();
    fill(audit, 500, 1_000);
    const seen: unknown[] = [];
    let page = await audit.page({ limit: 70 });
    for (;;) {
      seen.push(...page.items.map(({ entry }) => entry.on));
      if (page.cursor === undefined) break;
      page = await audit.page({ limit: 70, cursor: page.cursor });
    }
    assert.deepEqual(seen, Array.from({ length: 1_500 }, (_, i) => `t${1_499 - i}`));
    const { broken, head, sealed, first } = await audit.verify();
    assert.deepEqual([broken, head.n, sealed, first], [undefined, 1_500, 1_500, 1]);
    await audit.close();
  }));

test("what is appended while the disk is written to is not lost", () =>
  withSite(async ({ open }) => {
    const audit = await open();
    for (let i = 0; i < 50; i++) {
      fill(audit, 1, i * 2);
      const page = audit.page({ limit: 1 });
      await Promise.resolve();
      fill(audit, 1, i * 2 + 1);
      await page;
    }
    assert.deepEqual((await audit.page({ limit: 200 })).items.length, 100);
    assert.deepEqual((await audit.verify()).broken, undefined);
    await audit.close();
  }));

test("who brings more than the disk has taken waits for it, and nothing is lost", () =>
  withSite(async ({ open }) => {
    const audit = await open();
    for (let i = 0; i < 30_000; i++) {
      const room = audit.append(entryOf(i));
      if (room !== undefined) await room;
    }
    const { broken, head } = await audit.verify();
    assert.deepEqual([broken, head.n], [undefined, 30_000]);
    await audit.close();
  }));

test("a page holds what was asked for alone: by whom, what, on what, and when", () =>
  withSite(async ({ open }) => {
    const audit = await open();
    fill(audit, 2_000);
    const put = { at: instant(500), by: "token" };
    void audit.append({ ...put, user: "bob", what: "task put", on: "t7" });
    void audit.append({ ...put, user: "bob", what: "tasking", on: 'a "task put"' });
    void audit.append({ ...put, user: "ada", what: "task remove", on: "t7" });
    const found = async (filter: AuditFilter) =>
      (await audit.page({ limit: 10, filter })).items.map(({ entry: { user, what, on } }) => `${user} ${what} ${on}`);
    assert.deepEqual(await found({ on: "t7" }), ["ada task remove t7", "bob task put t7", "ada task put t7"]);
    assert.deepEqual(await found({ on: "t7", what: "task", user: "bob" }), ["bob task put t7"]);
    assert.deepEqual(await found({ what: "task", user: "bob" }), ["bob task put t7"]);
    assert.deepEqual(await found({ what: "tasking" }), ['bob tasking a "task put"']);
    const [from, until] = [instant(498), instant(500)];
    assert.deepEqual(await found({ from, until }), ["ada task put t499", "ada task put t498"]);
    assert.deepEqual(await found({ on: "nowhere" }), []);
    await audit.close();
  }));

test(`of ${FLIPS} flipped bits each is found`, () =>
  withSite(async ({ open, file }) => {
    const audit = await open();
    fill(audit, 40);
    await audit.verify();
    fill(audit, 40, 40);
    const { head } = await audit.verify();
    const whole = readFileSync(file);
    const chance = chanceOf(SEED);
    for (let i = 0; i < FLIPS; i++) {
      const at = Math.floor(chance() * whole.length);
      const bit = 1 << Math.floor(chance() * 8);
      const flipped = Uint8Array.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ bit;
      writeFileSync(file, flipped);
      assert.ok((await audit.verify()).broken !== undefined, `seed ${SEED}: bit ${bit} of byte ${at}`);
    }
    writeFileSync(file, whole);
    assert.deepEqual((await audit.verify()).head, head);
    assert.equal((await audit.verify()).broken, undefined);
    await audit.close();
  }));

test("a record that is taken out, put in or cut off is missed", () =>
  withSite(async ({ open, file }) => {
    const audit = await open();
    for (let i = 0; i < 5; i++) {
      fill(audit, 1, i);
      await audit.verify();
    }
    const { head } = await audit.verify();
    await audit.close();
    const lines = readFileSync(file, "utf8").trim().split("\n");
    assert.equal(lines.length, 10);
    const broken = async (kept: readonly string[], known?: AuditHead) => {
      writeFileSync(file, `${kept.join("\n")}\n`);
      const again = await open(known);
      const verdict = await again.verify();
      await again.close();
      return verdict.broken?.why;
    };
    assert.equal(await broken(lines, head), undefined);
    assert.match(await broken(lines.toSpliced(2, 2)) ?? "", /missing/);
    assert.match(await broken(lines.toSpliced(4, 0, lines[0] ?? "", lines[1] ?? "")) ?? "", /missing|put in/);
    assert.match(await broken(lines.slice(0, 6), head) ?? "", /told of 5 records/);
    assert.match(await broken([...lines.slice(0, 9), lines[7] ?? ""]) ?? "", /seal/);
  }));

test("half a line, which a crash has left, is no break", () =>
  withSite(async ({ open, file }) => {
    let audit = await open();
    fill(audit, 10);
    await audit.close();
    const whole = statSync(file).size;
    appendFileSync(file, '0123456789abcdef {"n":11,');
    audit = await open();
    fill(audit, 1, 10);
    assert.deepEqual([(await audit.verify()).broken, (await audit.verify()).head.n], [undefined, 11]);
    await audit.close();
    // The seal alone was lost: the records are there, and get one.
    const lines = readFileSync(file, "utf8").slice(0, whole).trimEnd().split("\n");
    truncateSync(file, lines.slice(0, -1).join("\n").length + 1);
    audit = await open();
    assert.deepEqual([(await audit.verify()).broken, (await audit.verify()).head.n], [undefined, 10]);
    await audit.close();
  }));
