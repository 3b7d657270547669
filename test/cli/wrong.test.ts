// Every command used in every obviously wrong way: the error says what is wrong and names a way out, and the exit code is
// the one that scripts rely on.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { createProgram } from "../../src/cli/program.ts";
import { HOURLY, URN } from "../api/world.ts";
import { type How, runProgram, withPeer } from "./world.ts";

/** They become a peer: `test/cli/process` starts them. */
const PEERS = ["start", "join"];

type Leaf = { readonly words: readonly string[]; readonly command: Command };

function leaves(command: Command, words: readonly string[] = []): readonly Leaf[] {
  const below = command.commands.flatMap((each) => leaves(each, [...words, each.name()]));
  const isGroup = command.commands.length > 0 && command.options.length === 0;
  return isGroup || words.length === 0 ? below : [{ words, command }, ...below];
}

const LEAVES = leaves(createProgram()).filter(({ words }) => !PEERS.includes(words[0] ?? ""));

/** What it can't do without, beside its arguments. */
const NEEDED: { readonly [words: string]: readonly string[] } = {
  "task add": ["--schedule", HOURLY, "--target", URN],
  "task edit": ["--name", "x"],
  "task backfill": ["--from", "2026-12-01T00:00:00Z"],
  "target add": ["--urn", URN],
  "target edit": ["--rate", "1"],
  "target rotate": ["--confirm"],
  "dead-letters redrive": ["--all"],
  "dead-letters dismiss": ["--all"],
  // From a pipe only one password is read, which is an admin's way.
  "user passwd": ["nope"],
};

/** As many words as it takes, each of a form that is right. */
function rightWords({ words, command }: Leaf): readonly string[] {
  const args = command.registeredArguments.filter(({ required }) => required).map((each) => each.name());
  return [...words, ...args.map((name) => name === "role" ? "viewer" : name === "file" ? "-" : "nope")];
}

const NOWHERE: How = {
  env: { METRONOME_URL: "http://127.0.0.1:1", METRONOME_TOKEN: "x" },
  stdin: "a password\n",
  parts: { fetch: () => Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") })) },
};

test("an option that is none, a word too many and a word too few end with 2, name it, and show the way", async () => {
  assert.ok(LEAVES.length > 50);
  for (const leaf of LEAVES) {
    const { words, command } = leaf;
    const name = words.join(" ");
    const unknown = await runProgram([...words, "--nonsense", ...NEEDED[name] ?? []], NOWHERE);
    assert.deepEqual([unknown.code, unknown.out], [2, ""], name);
    assert.match(unknown.err, /^error: unknown option '--nonsense'\n/);
    assert.match(unknown.err, /\nExample: .*metronome .*\n\(--help says more\)\n$/, name);
    if (command.registeredArguments.some(({ required }) => required)) {
      const few = await runProgram(words, NOWHERE);
      const missing = command.registeredArguments[0]?.name();
      assert.equal(few.code, 2, name);
      assert.match(few.err, new RegExp(`^error: missing required argument '${missing}'\\nExample: .*metronome `));
    }
    if (command.registeredArguments.at(-1)?.variadic === true) continue;
    const most = command.registeredArguments.map(() => "a");
    const many = await runProgram([...words, ...most, "demo", ...NEEDED[name] ?? []], NOWHERE);
    assert.deepEqual([many.code, many.out], [2, ""], name);
    assert.match(
      many.err,
      new RegExp(`^\`metronome ${name}\` takes no word "demo" here\\. [A-Z].+\\n\\(--help says more\\)\\n$`),
    );
  }
});

test("a word too many is answered with what was probably meant", async () => {
  for (
    const [words, way] of [
      ["task add demo --schedule", "The id of a task is given so: --id demo\n"],
      ["task ls demo", "One task is shown by: metronome task show demo; those that match by: --search demo\n"],
      ["token list", "Below it are ls, rm.\n"],
      ["task show a b", "It is used so: metronome task show [options] <id>\n"],
      [
        "peers shop",
        "What would move without a peer is said with --without shop; it is asked itself with --peer shop\n",
      ],
    ] as const
  ) {
    const { code, err } = await runProgram(
      words === "task add demo --schedule" ? [...words.split(" "), HOURLY] : words,
    );
    assert.deepEqual([code, err.slice(err.indexOf("here. ") + 6, err.indexOf("(--help"))], [2, way], words);
  }
  for (
    const [words, name] of [[["task", "rm", ""], "id"], [["user", "passwd", ""], "name"], [
      ["runs", "show", ""],
      "run",
    ]] as const
  ) {
    const { code, err } = await runProgram(words, NOWHERE);
    assert.deepEqual([code, err.split("\n")[0]], [2, `\`metronome ${words[0]} ${words[1]}\`: the ${name} is empty.`]);
  }
  const json = await runProgram("task ls demo --json");
  assert.deepEqual([json.code, JSON.parse(json.err).exit], [2, 2]);
});

test("what can't be meant is said before anything is asked, by the option that it is about", async () => {
  for (
    const [words, err] of [
      ["task runs a --limit 0", "--limit is 1 or more"],
      ["target add u", "Say with --urn where its events go"],
      ["dead-letters redrive", "Say which: the ids of runs, or --target, --error and --task, or --all."],
      ["dead-letters dismiss --limit 3", "Say which: "],
      ["task backfill a --from 2026-01-01T00:00:00Z --rate fast", "--rate is a number above 0"],
      ["ticket --ttl soon", '--ttl: Expected a duration such as P1D or PT5S; found "soon". Try 10m, 1h or 30d.'],
    ] as const
  ) {
    const ran = await runProgram(words, NOWHERE);
    assert.deepEqual([ran.code, ran.out, ran.err.slice(0, err.length)], [2, "", err], words);
  }
});

test("a command that is none ends with 2, and names those that are", async () => {
  for (
    const [words, known] of [
      ["user list", "ls, passwd, signout, "],
      ["dead-letters drive", "ls, causes, redrive, dismiss."],
      ["zzz", "task, target, runs, "],
    ] as const
  ) {
    const { code, err } = await runProgram(words);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`^error: unknown command '${words.split(" ").at(-1)}'\\n`));
    assert.ok(err.includes(`Known are ${known}`), err);
  }
});

test("a peer that can't be reached ends every command that asks one with 3, and says which", async () => {
  const local = ["simulate", "completion", "version", "doctor"];
  for (const leaf of LEAVES.filter(({ words }) => !local.includes(words[0] ?? ""))) {
    const name = leaf.words.join(" ");
    const words = [...rightWords(leaf), ...NEEDED[name] ?? []];
    const { code, out, err } = await runProgram(words, NOWHERE);
    assert.deepEqual([code, out, err], [
      3,
      name === "task import" ? "Imported 0 tasks: 0 new, 0 replaced.\n" : "",
      "The peer at http://127.0.0.1:1 can't be reached: nothing listens there.\n" +
      "Check the URL, and that a peer runs there.\n",
    ], name);
    const other = await runProgram([...words, "--peer", "shop"], NOWHERE);
    assert.equal(other.code, 3, name);
  }
});

/** Commands that make what they name, list what there is, or say of each what became of it. */
const NAMES_NOTHING = ["target add", "user add", "task import", "task each"];

test("what is not there ends with 4, by whatever command it is named, and says which command lists what is", () =>
  withPeer(async ({ run }) => {
    for (const leaf of LEAVES) {
      const name = leaf.words.join(" ");
      const isNamed = leaf.command.registeredArguments.some(({ required }) => required);
      if (!isNamed || NAMES_NOTHING.includes(name) || name === "completion") continue;
      const { code, out, err } = await run([...rightWords(leaf), ...NEEDED[name] ?? []], { stdin: "a password\n" });
      assert.deepEqual([code, out], [4, ""], `${name}: ${err}`);
      if (name === "login") {
        assert.equal(err, "Refused: There is no user of that name with that password.\n");
        continue;
      }
      assert.match(err, /nope|32 hex digits/, name);
      assert.match(err, /metronome (?:task|target|runs|user|token) (?:invite )?ls|The peers of this mesh:/, name);
    }
    const early = await run(["task", "add", "--id", "early", "--schedule", HOURLY, "--to", "nope"]);
    assert.deepEqual([early.code, early.err], [
      0,
      "There is no target named nope: its events fail until `metronome target add` makes one.\n",
    ]);
    await run(`target add nope --urn ${URN}`);
    assert.equal((await run("task edit early --to nope")).err, "");
    const twice = await run(`target add nope --urn ${URN}`);
    assert.match(twice.err, /^Refused: A target named "nope" exists: .*\n {2}name: nope\n$/);
    const short = await run("user add ada", { stdin: "s3cret\n" });
    assert.equal(short.code, 4);
    assert.match(short.err, /at least 8|8 to/);
    assert.ok(!short.err.includes("s3cret"), "a password is not shown for being refused");
    const elsewhere = await run("task ls --peer nope");
    assert.deepEqual([elsewhere.code, elsewhere.out], [4, ""]);
    assert.match(elsewhere.err, /^No peer is called nope\. The peers of this mesh:\n/);
  }));
