// The commands of named targets, against a real API on a real port.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HOURLY } from "../api/world.ts";
import { type Ran, withPeer } from "./world.ts";

const URN = "https://api.example.com/v1";
const SECRET = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;
const done = (out: string, err = ""): Ran => ({ code: 0, out, err });

test("adds a target with what is secret from a file, lists and shows it without", () =>
  withPeer(async ({ run, folder }) => {
    assert.deepEqual(await run("target ls"), {
      ...done("", "There are no named targets. `metronome target add --help` shows how to add one.\n"),
    });
    const file = join(folder, "secret.json");
    await writeFile(file, JSON.stringify({ password: "canary", signingSecret: SECRET }));
    const words = ["target", "add", "billing", "--urn", URN, "--user", "me", "--credentials", `@${file}`];
    assert.deepEqual(
      await run([...words, "--concurrency", "4", "--rate", "0.5", "--description", "invoices"]),
      done(`billing is ${URN}. Tasks refer to it with --to billing.\n`),
    );
    assert.equal(
      (await run("target ls")).out,
      "NAME     URN                         WHO SENDS  SIGNED  LIMITS\n" +
        `billing  ${URN}  basic      yes     {"concurrency":4,"rate":{"perSecond":0.5}}\n`,
    );
    const { out } = await run("target show billing");
    assert.deepEqual(out.split("\n").slice(0, 8), [
      "name           billing",
      `urn            ${URN}`,
      "description    invoices",
      'who sends      {"kind":"basic","user":"me"}',
      "how            the defaults",
      'limits         {"concurrency":4,"rate":{"perSecond":0.5}}',
      "password       held since 2026-12-01T09:30:00Z",
      "signingSecret  held since 2026-12-01T09:30:00Z",
    ]);
    const json = await run("target show billing --json");
    assert.ok(!(out + json.out).includes("canary"));
    const replaced = await run([
      "target",
      "add",
      "billing",
      "--urn",
      "https://b.example/",
      "--user",
      "you",
      "--replace",
    ]);
    assert.equal(replaced.code, 0, replaced.err);
  }));

test("changes what is given of a target, and leaves the rest", () =>
  withPeer(async ({ run, call }) => {
    const stdin = JSON.stringify({ password: "canary" });
    await run(["target", "add", "a", "--urn", URN, "--user", "me", "--credentials", "-", "--rate", "5"], { stdin });
    assert.deepEqual(
      await run("target edit a --concurrency 2 --description invoices"),
      done(`Changed a, which is ${URN}.\n`),
    );
    const bearer = await run("target edit a --bearer --credentials -", { stdin: JSON.stringify({ token: "canary" }) });
    assert.equal(bearer.code, 0, bearer.err);
    const { auth, limits, description, held } = (await call("GET targets/a")).body;
    assert.deepEqual([auth, description, Object.keys(held)], [{ kind: "bearer" }, "invoices", ["token"]]);
    assert.deepEqual(limits, { concurrency: 2, rate: { perSecond: 5 } });
    await run(["target", "edit", "a", "--definition", '{"limits":{"rate":null}}']);
    await run(["target", "edit", "a", "--definition", '{"auth":null,"method":"PUT"}']);
    const { body } = await call("GET targets/a");
    assert.deepEqual([body.limits, body.auth, body.held, body.method], [{ concurrency: 2 }, undefined, {}, "PUT"]);
    assert.equal((await run("target edit a")).code, 2);
    assert.equal((await run("target edit b --rate 1")).code, 4);
  }));

test("a secret on the command line is refused, and not repeated", () =>
  withPeer(async ({ run }) => {
    const words = ["target", "add", "a", "--urn", URN, "--user", "me", "--credentials"];
    const refused = await run([...words, '{"password":"canary"}']);
    const wrong = await run([...words, "-"], { stdin: "canary" });
    for (const { code, out, err } of [refused, wrong]) {
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /--credentials is/);
      assert.ok(!err.includes("canary"));
    }
    const lacking = await run(["target", "add", "a", "--urn", URN, "--user", "me"]);
    assert.equal(lacking.code, 4);
    assert.match(lacking.err, /needs password/);
  }));

test("tasks are added to a target, listed by it, and keep it from being removed", () =>
  withPeer(async ({ run, sent, call }) => {
    await run(["target", "add", "billing", "--urn", URN]);
    const added = await run(["task", "add", "--id", "a", "--schedule", HOURLY, "--to", "billing", "--path", "/x"]);
    assert.equal(added.code, 0, added.err);
    await run(["task", "add", "--id", "b", "--schedule", HOURLY, "--target", "http://elsewhere.example/"]);
    const listed = await run("task ls --target billing");
    assert.match(listed.out, /^a .*billing \/x$/m);
    assert.ok(!/^b /m.test(listed.out));
    await call("POST tasks/a/trigger");
    assert.deepEqual(sent.map(({ target }) => target.urn), [`${URN}/x`]);
    assert.deepEqual([(await run("target rm billing")).code, (await run("target rm billing --force")).out], [
      4,
      "Removed billing.\n",
    ]);
    for (const words of ["--to a --target b", "--path /x --target http://b", ""]) {
      const refused = await run(`task add --schedule 2026-12-02T00:00:00Z ${words}`.trim());
      assert.equal(refused.code, 2, words);
    }
  }));

test("a test tells what became of it, and fails when it does", () =>
  withPeer(async ({ run, answer }) => {
    await run(["target", "add", "billing", "--urn", URN]);
    const good = await run("target test billing");
    assert.deepEqual([good.code, /^delivered in \d+ ms: HTTP 200\n$/.test(good.out)], [0, true], good.out);
    answer({ kind: "failed", error: "it said no", retryable: true });
    const bad = await run("target test billing --payload 1");
    assert.deepEqual([bad.code, /^failed in \d+ ms: it said no\n$/.test(bad.out)], [1, true], bad.out);
  }));

test("rotates a secret, and confirms it", () =>
  withPeer(async ({ run }) => {
    const stdin = JSON.stringify({ signingSecret: SECRET });
    await run(["target", "add", "a", "--urn", URN, "--credentials", "-"], { stdin });
    const fresh = JSON.stringify({ signingSecret: `whsec_${btoa("another secret of thirty-two byte")}` });
    assert.deepEqual(
      await run("target rotate a --credentials - --until 2026-12-24T08:00:00Z", { stdin: fresh }),
      done("signingSecret: both are good until 2026-12-24T08:00:00Z\n"),
    );
    assert.deepEqual(await run("target rotate a --confirm"), done("a holds one of each again.\n"));
    assert.equal((await run("target rotate a --confirm --revert")).code, 2);
    assert.equal((await run("target rotate a --revert")).code, 4);
  }));
