// The audit on a real disk.

import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { auditSeal } from "../../src/audit-head.ts";
import { type AuditLog, openAuditLog } from "../../src/audit/audit-log.ts";
import type { AuditEntry, AuditFilter, AuditHead } from "../../src/core/people/audit.ts";
import { instant } from "../../src/core/values/instant.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { chanceOf } from "../chance.ts";

const FLIPS = Number(globalThis.process?.env.METRONOME_FLIPS ?? 1_000);
const SEED = Number(globalThis.process?.env.METRONOME_SEED ?? 20_261_128);
const KEY = new Uint8Array(32).fill(7);
const PEER = peerIdOf(KEY);

type Site = {
  readonly folder: string;
  readonly file: string;
  /** What was asked so far: the mesh for the head, and the key for signatures. */
  readonly asked: { known: number; signatures: number };
  open(known?: AuditHead | (() => AuditHead | undefined), fileMaxBytes?: number): Promise<AuditLog>;
};

async function withSite(run: (site: Site) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "metronome-audit-"));
  const asked = { known: 0, signatures: 0 };
  const seal = auditSeal({ peer: PEER, seed: KEY });
  try {
    await run({
      ...{ folder, asked },
      file: join(folder, "audit.log"),
      open: (known, fileMaxBytes) =>
        openAuditLog({
          ...{ folder, peer: PEER, ...seal },
          isSigned(text, signature) {
            asked.signatures++;
            return seal.isSigned(text, signature);
          },
          known() {
            asked.known++;
            return Promise.resolve(typeof known === "function" ? known() : known);
          },
          ...(fileMaxBytes === undefined ? {} : { fileMaxBytes }),
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

test("what was found whole is not read as a chain again, and what has come since is", () =>
  withSite(async ({ open, file, asked }) => {
    let told: AuditHead | undefined;
    const audit = await open(() => told);
    const groups = 5;
    for (let i = 0; i < groups; i++) {
      fill(audit, 3, i * 3);
      await audit.page({ limit: 1 });
    }
    const first = await audit.verify();
    assert.deepEqual([first.broken, asked.signatures], [undefined, groups]);
    told = first.head;
    for (let i = 0; i < 3; i++) assert.deepEqual(await audit.verify(), first);
    assert.equal(asked.signatures, groups);
    fill(audit, 2, 100);
    const second = await audit.verify();
    assert.deepEqual([second.broken, second.head.n, asked.signatures], [undefined, 17, groups + 1]);
    // Of the whole, what the mesh is told of is known still: a record in the middle, the last, one that never was.
    const hashOf = (n: number) => new RegExp(`^([0-9a-f]{64}) \\{"n":${n},`, "m").exec(readFileSync(file, "utf8"))?.[1];
    for (const n of [1, 7, 17]) {
      told = { n, hash: hashOf(n) ?? "" };
      assert.equal((await audit.verify()).broken, undefined, String(n));
    }
    assert.equal(asked.signatures, groups + 1);
    told = { n: 7, hash: "0".repeat(64) };
    assert.deepEqual((await audit.verify()).broken, { n: 7, why: "the mesh was told of another record here" });
    told = { n: 18, hash: "0".repeat(64) };
    assert.deepEqual((await audit.verify()).broken, { n: 18, why: "the mesh was told of 18 records" });
    await audit.close();
  }));

test("all who ask while it is read are answered by one reading more, which begins after they asked", () =>
  withSite(async ({ open, file, asked }) => {
    const audit = await open();
    fill(audit, 100);
    assert.equal((await audit.verify()).broken, undefined);
    asked.known = 0;
    const running = audit.verify();
    const whole = readFileSync(file);
    await new Promise((resolve) => setImmediate(resolve));
    whole[500] = (whole[500] ?? 0) ^ 1;
    writeFileSync(file, whole);
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => audit.verify()));
    assert.ok(verdicts.every(({ broken }) => broken !== undefined));
    await running;
    assert.equal(asked.known, 2);
    await audit.close();
  }));

test("a file that is full becomes an older one, the oldest goes, and what is missing between is missed", () =>
  withSite(async ({ open, folder, file, asked }) => {
    const audit = await open(undefined, 20_000);
    const grow = async (from: number) => {
      for (let i = 0; i < 6; i++) {
        fill(audit, 20, from + i * 20);
        await audit.page({ limit: 1 });
      }
    };
    let count = 0;
    for (let round = 0; round < 6; round++) {
      await grow(count);
      count += 120;
      asked.signatures = 0;
      const { broken, first, head } = await audit.verify();
      assert.deepEqual([broken, head.n], [undefined, count]);
      assert.ok(asked.signatures <= 6, "what has come since");
      let exported = "";
      for await (const bytes of audit.bytes()) exported += new TextDecoder().decode(bytes);
      assert.equal(Number(/"n":(\d+)/.exec(exported)?.[1]), first);
      assert.equal(exported.trim().split("\n").filter((line) => !line.startsWith("seal")).length, count - first + 1);
    }
    assert.ok(existsSync(`${file}.3`) && !existsSync(`${file}.4`));
    for (const name of ["audit.log.2", "audit.log.1", "audit.log"]) {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      rmSync(path);
      assert.ok((await audit.verify()).broken !== undefined, path);
      writeFileSync(path, bytes);
      assert.equal((await audit.verify()).broken, undefined, path);
      const flipped = Uint8Array.from(bytes);
      flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] ?? 0) ^ 4;
      writeFileSync(path, flipped);
      assert.ok((await audit.verify()).broken !== undefined, path);
      writeFileSync(path, bytes);
    }
    await audit.close();
  }));
