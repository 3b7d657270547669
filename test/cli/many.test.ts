// Import and export: many tasks, in whatever pieces they come, and what breaks on the way.

import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { asLines } from "../../src/cli/array-lines.ts";
import { type Batch, batches } from "../../src/cli/batches.ts";
import type { Bytes } from "../../src/cli/client.ts";
import { Failure } from "../../src/cli/failure.ts";
import { chanceOf } from "../chance.ts";
import { chunks, line, type Ran, withPeer } from "./world.ts";

const paused = { state: { paused: true } };

test("imports lines and tells which were refused, by their place", () =>
  withPeer(async ({ run, folder, call }) => {
    const file = join(folder, "tasks.ndjson");
    await writeFile(file, `\ufeff${line("a")}\n${line("b", { schedule: "R/x" })}{bad\n${line("c").trim()}`);
    const bad =
      "schedule: Expected a period or an end, as in R/2026-01-01T00:00:00Z/PT1H; found nothing. (at character 4)";
    const err =
      `Refused:\n  line 3: ${bad}\n  line 4: The line is not JSON: an unexpected character. (at character 2)\n`;
    assert.deepEqual(await run(["task", "import", file]), {
      code: 1,
      out: "Imported 2 tasks: 2 new, 0 replaced; 2 refused.\n",
      err,
    });
    assert.deepEqual(await run("task import -", { stdin: line("c") + line("d") }), {
      code: 0,
      out: "Imported 2 tasks: 1 new, 1 replaced.\n",
      err: "",
    });
    assert.deepEqual(await run("task import -"), { code: 0, out: "Imported 0 tasks: 0 new, 0 replaced.\n", err: "" });
    const { code, out } = await run("task import - --json", { stdin: `${line("e")}${line("f", { target: 1 })}` });
    const [refused, whole] = out.trim().split("\n").map((text) => JSON.parse(text));
    assert.deepEqual([code, refused.line, refused.problem.field], [1, 2, "target"]);
    assert.deepEqual(whole, { imported: 1, created: 1, replaced: 0, refused: 1 });
    assert.deepEqual((await call("GET tasks")).body.items.map(({ id }: { id: string }) => id), ["a", "c", "d", "e"]);
  }));

test("imports an array of JSON, told by its first sign", () =>
  withPeer(async ({ run, call }) => {
    const tasks = [1, 2, 3].map((n) => JSON.parse(line(`task-${n}`, { payload: { 'a,]}"\\': "\n[{" } })));
    const stdin = ` \n${JSON.stringify([...tasks, {}], undefined, 2)}\n`;
    const { code, out, err } = await run("task import -", { stdin });
    assert.deepEqual([code, out], [1, "Imported 3 tasks: 3 new, 0 replaced; 1 refused.\n"]);
    assert.match(err, /^Refused:\n {2}item 4: schedule: A task needs a schedule\./);
    assert.deepEqual((await call("GET tasks/task-2")).body.payload, { 'a,]}"\\': "\n[{" });
    const broken = await run("task import -", { stdin: `[${line("x")},` });
    assert.deepEqual([broken.code, broken.out], [1, "Imported 1 task: 1 new, 0 replaced.\n"]);
    assert.equal(broken.err, "The JSON array is broken behind item 1: the array does not end.\n");
  }));

/** A text, and its items or what is wrong. */
const ARRAYS: readonly (readonly [text: string, items: readonly string[], fault?: string])[] = [
  ["[]", []],
  [" [ \n ] \n", []],
  ["[1]", ["1"]],
  ['[1,"a,b]",{"x":[1,2]},[[]]]', ["1", '"a,b]"', '{"x":[1,2]}', "[[]]"]],
  ['["\\"]",{"a\\\\":"}"}]', ['"\\"]"', '{"a\\\\":"}"}']],
  ["[1,\n2\n]\n", ["1", "2"]],
  // A bare line feed in a text stays what it is: no JSON.
  ['["a\nb"]', ['"a\tb"']],
  ["[1,,2]", ["1"], "behind item 1: there is nothing behind a comma"],
  ["[1,]", ["1"], "behind item 1: there is nothing behind a comma"],
  ["[,1]", [], "behind item 0: there is nothing behind a comma"],
  ["[1", [], "behind item 0: the array does not end"],
  ["[1,2", ["1"], "behind item 1: the array does not end"],
  ['[{"a":1}}', [], "behind item 0: there is a brace too many"],
  ["[1] [2]", ["1"], "behind item 1: something stands behind its end"],
];

test("turns an array into lines, however it is cut into chunks", async () => {
  for (const [text, items, fault] of ARRAYS) {
    for (const size of [1, 2, 3, 1_000]) {
      const { unit, bytes } = await asLines(pieces(Buffer.from(text), () => size));
      let lines = "";
      let failed: string | undefined;
      try {
        for await (const batch of batches(bytes, NEVER)) lines += Buffer.from(batch.bytes).toString();
      } catch (error) {
        assert.ok(error instanceof Failure);
        failed = /^The JSON array is broken (.*)\.$/.exec(error.message)?.[1];
      }
      const found = lines.split("\n").map((item) => item.trim()).filter((item) => item !== "");
      assert.deepEqual([unit, found, failed], ["item", items, fault], `${text} by ${size}`);
    }
  }
});

test("batches hold every line once, whole, with its number, from seeds", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const chance = chanceOf(seed);
    const below = (n: number) => Math.floor(chance() * n);
    const lines = Array.from({ length: below(400) }, () => "x".repeat(chance() < 0.02 ? 400_000 : below(60)));
    const whole = Buffer.from(lines.join("\n"));
    const found: string[] = [];
    let offset = 0;
    for await (const batch of batches(pieces(whole, () => 1 + below(100_000)), NEVER)) {
      assert.equal(batch.firstLine, found.length + 1, `seed ${seed}`);
      assert.ok(batch.bytes.length < 3 * 1024 * 1024, `seed ${seed}: ${batch.bytes.length}`);
      const texts = Buffer.from(batch.bytes).toString().split("\n");
      if (texts.at(-1) === "") texts.pop();
      assert.equal(batch.lastLine, texts.findLastIndex((text) => text.trim() !== "") + 1, `seed ${seed}`);
      found.push(...texts);
      offset = batch.offset;
      if (chance() < 0.5) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    // A last line without any sign is none.
    while (lines.at(-1) === "") lines.pop();
    while (found.at(-1) === "") found.pop();
    assert.deepEqual(found, lines, `seed ${seed}`);
    if (lines.length > 0) {
      assert.ok(offset >= Buffer.byteLength(lines.join("\n")) && offset <= whole.length, `seed ${seed}`);
    }
  }
});

test("holds no more than a batch ahead, and of an endless line no more than is needed to refuse it", async () => {
  const megabyte = new Uint8Array(1024 * 1024).fill(120);
  let read = 0;
  async function* endless(): Bytes {
    for (let i = 0; i < 64; i++) {
      read++;
      yield await Promise.resolve(megabyte);
    }
    yield Buffer.from("\n{}\n");
  }
  const taken: Batch[] = [];
  for await (const batch of batches(endless(), NEVER)) taken.push(batch);
  assert.equal(read, 64);
  const length = taken.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.ok(length > 512 * 1024 && length < 1024 * 1024, `${length}`);

  const many = Buffer.from("{}\n".repeat(100_000));
  let yielded = 0;
  async function* lines(): Bytes {
    for (let i = 0; i < 100; i++) {
      yielded++;
      yield await Promise.resolve(many);
    }
  }
  const ahead = batches(lines(), NEVER);
  await ahead.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(yielded < 10, `${yielded} chunks were read ahead`);
  await ahead.return(undefined);
});

test("what trickles in is not kept waiting for more", () =>
  withPeer(async ({ run, call }) => {
    let go: (() => void) | undefined;
    const seen = new Promise<void>((resolve) => go = resolve);
    async function* trickle(): Bytes {
      yield Buffer.from(line("first") + '{"id":');
      await seen;
      yield Buffer.from(line("second").slice('{"id":'.length));
    }
    const imported = run("task import -", { stdin: trickle() });
    while ((await call("GET tasks/first")).status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
    go?.();
    assert.deepEqual(await imported, { code: 0, out: "Imported 2 tasks: 2 new, 0 replaced.\n", err: "" });
  }));

test("carries 3,000 tasks over and back, with a bar on a terminal and the same last line", () =>
  withPeer(async ({ run, folder }) => {
    const file = join(folder, "tasks.ndjson");
    const all = Array.from({ length: 3_000 }, (_, i) => line(`task-${String(i).padStart(4, "0")}`, paused)).join("");
    await writeFile(file, all);
    const imported = await run(["task", "import", file], { terminal: 80 });
    assert.deepEqual([imported.code, imported.out], [0, "Imported 3000 tasks: 3000 new, 0 replaced.\n"]);
    assert.match(imported.err, /Importing .*█.* 100% · .* 3000 tasks · \d+\/s/);
    // The cursor that the bar hid is back.
    assert.ok(imported.err.lastIndexOf("\x1b[?25h") > imported.err.lastIndexOf("\x1b[?25l"));
    const copy = join(folder, "copy.ndjson");
    const exported = await run(["task", "export", copy], { terminal: 80 });
    assert.deepEqual([exported.code, exported.out], [0, `Exported 3000 tasks to ${copy}.\n`]);
    assert.match(exported.err, /Exporting \d+ tasks · \d+\/s/);
    const text = await readFile(copy, "utf8");
    assert.equal(text.split("\n").length, 3_001);
    assert.deepEqual(await run("task export"), { code: 0, out: text, err: "Exported 3000 tasks.\n" });
    assert.deepEqual(await run(["task", "import", copy]), {
      code: 0,
      out: "Imported 3000 tasks: 0 new, 3000 replaced.\n",
      err: "",
    });
  }));

test("shows twenty refused lines and counts the rest; JSON has them all", () =>
  withPeer(async ({ run }) => {
    const stdin = "{}\n".repeat(30);
    const { err } = await run("task import -", { stdin });
    assert.equal(err.split("\n").length, 1 + 20 + 1 + 1);
    assert.match(err, /\n {2}… and 10 more; --json prints them all\.\n$/);
    assert.equal((await run("task import - --json", { stdin })).out.split("\n").length, 32);
  }));

test("a peer that goes away in the middle is told with what was done so far", () =>
  withPeer(async ({ run }) => {
    const broken = async (response: Response | Error): Promise<Ran> => {
      let calls = 0;
      const stdin = chunks(
        Array.from({ length: 40 }, (_, i) => line(`t-${i}`, { payload: "x".repeat(100_000), ...paused })),
      );
      return await run("task import -", {
        stdin,
        parts: {
          fetch(url, init) {
            if (++calls === 1) return fetch(url, init);
            return response instanceof Error ? Promise.reject(response) : Promise.resolve(response);
          },
        },
      });
    };
    const lost = await broken(new TypeError("fetch failed", { cause: new Error("read ECONNRESET") }));
    assert.equal(lost.code, 3);
    assert.match(lost.out, /^Imported [1-9]\d* tasks?: \d+ new, \d+ replaced\.\n$/);
    assert.match(lost.err, /^The peer at .* can't be reached: the connection broke\.\n/);
    const cut = await broken(new Response('{"line":1,"status":200,"id":"x"}\n'));
    assert.deepEqual([cut.code, cut.err], [3, "The peer broke off its answer.\n"]);
  }));

test("Ctrl-C ends an import with what was done, also while it waits for input", () =>
  withPeer(async ({ run, call }) => {
    const controller = new AbortController();
    async function* waiting(): Bytes {
      yield Buffer.from(line("a"));
      await new Promise(() => {});
    }
    const imported = run("task import -", { stdin: waiting(), parts: { interrupted: () => controller.signal } });
    while ((await call("GET tasks/a")).status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    assert.deepEqual(await imported, {
      code: 1,
      out: "Imported 1 task: 1 new, 0 replaced.\n",
      err: "Interrupted.\n",
    });
  }));

test("files that can't be are one clear line", () =>
  withPeer(async ({ run, folder }) => {
    const failed = async (...words: string[]) => {
      const { code, out, err } = await run(["task", ...words]);
      assert.deepEqual([code, out], [1, ""]);
      return err;
    };
    assert.equal(
      await failed("import", `${folder}/none`),
      `Can't read ${folder}/none: there is no such file or folder.\n`,
    );
    assert.equal(await failed("import", folder), `Can't read ${folder}: it is a folder.\n`);
    assert.equal(await failed("export", folder), `Can't write ${folder}: it is a folder.\n`);
    assert.equal(
      await failed("export", `${folder}/a/b`),
      `Can't write ${folder}/a/b: there is no such file or folder.\n`,
    );
    const add = ["add", "--schedule", "0 9 * * *", "--target", "http://x/", "--payload"];
    assert.equal(
      await failed(...add, `@${folder}/none`),
      `Can't read ${folder}/none: there is no such file or folder.\n`,
    );
  }));

test("an export replaces its file only when it is whole", () =>
  withPeer(async ({ run, folder, call }) => {
    await call("POST tasks", { body: JSON.parse(line("a")) });
    const file = join(folder, "tasks.ndjson");
    await writeFile(file, "before", { mode: 0o640 });
    const partial = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from(line("a")));
        setTimeout(() => controller.error(new TypeError("terminated")), 5);
      },
    });
    const cut = await run(["task", "export", file], { parts: { fetch: () => Promise.resolve(new Response(partial)) } });
    assert.deepEqual([cut.code, cut.out], [3, ""]);
    assert.deepEqual([await readFile(file, "utf8"), await readdir(folder)], ["before", ["tasks.ndjson"]]);
    await mkdir(join(folder, "links"));
    await symlink(file, join(folder, "links", "tasks"));
    // What a killed export left is no hindrance.
    await writeFile(`${file}.part`, "left");
    const { code, out, err } = await run(["task", "export", join(folder, "links", "tasks"), "--json"]);
    assert.deepEqual([code, JSON.parse(out), err], [0, { exported: 1, file: join(folder, "links", "tasks") }, ""]);
    assert.equal(JSON.parse(await readFile(file, "utf8")).id, "a");
    assert.equal((await stat(file)).mode & 0o777, 0o640);
    assert.deepEqual((await readdir(folder)).sort(), ["links", "tasks.ndjson"]);
    await run(["task", "export", join(folder, "new")]);
    assert.equal((await stat(join(folder, "new"))).mode & 0o777, 0o600);
    // A device is written to, and stays one.
    assert.equal((await run("task export /dev/null")).code, 0);
    assert.ok((await stat("/dev/null")).isCharacterDevice());
  }));

const NEVER = new AbortController().signal;

async function* pieces(whole: Uint8Array, size: () => number): Bytes {
  for (let at = 0; at < whole.length;) {
    const end = at + size();
    yield await Promise.resolve(whole.subarray(at, end));
    at = end;
  }
}
