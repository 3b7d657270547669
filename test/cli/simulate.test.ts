import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addCommand } from "../../src/cli/command.ts";
import { processParts } from "../../src/cli/parts.ts";
import { simulate } from "../../src/cli/simulate.ts";
import type { Ran } from "./world.ts";

/** The command alone, in this process. */
async function runProgram(words: readonly string[] | string): Promise<Ran> {
  let [out, err] = ["", ""];
  let code: number | undefined;
  const output = (take: (text: string) => void) => ({
    write(text: string | Uint8Array, done: () => void) {
      take(String(text));
      queueMicrotask(done);
      return true;
    },
  });
  const program = new Command("metronome");
  addCommand(program, {
    ...processParts(),
    stdout: output((text) => void (out += text)),
    stderr: output((text) => void (err += text)),
    exit: (ended) => code ??= ended,
  }, simulate);
  await program.parseAsync(typeof words === "string" ? words.split(" ") : [...words], { from: "user" });
  return { code, out, err };
}

/** What is not asked for in these: who of the two it is. */
function anonymous(out: string): string {
  return out.replace(/peer-\d/g, "peer").replace(/\d+ ms/g, "ms").replace(/ +/g, " ");
}

test("simulate says who fires on which side of a cut, and that it is reported", async () => {
  const words =
    "simulate --peers 3 --cut 10:00:30-10:01:30 --from 10:00 --until 10:03 --schedule R/2026-06-01T00:00:00Z/PT1M";
  const { code, out, err } = await runProgram(words);
  assert.deepEqual([code, err], [0, ""]);
  const [titles, before, cut, after] = anonymous(out).split("\n");
  assert.equal(titles, "DUE FIRED BY LATE RECORDED");
  assert.equal(before, "10:00:00 peer ms delivered");
  assert.match(
    cut ?? "",
    /^10:01:00 peer \(side [12]\), peer \(side [12]\) ms, ms delivered, reported as a duplicate$/,
  );
  assert.equal(after, "10:02:00 peer ms delivered");
  assert.match(out, /\n3 occurrences: 2 fired by one peer, 1 by more than one, 0 by none\.\n$/);
});

test("simulate says that a task is fired at its home alone, on whichever side that is", async () => {
  const { code, out } = await runProgram([
    ..."simulate --peers 3 --cut 10:00:30-10:01:30 --from 10:00 --until 10:03 --label peer-2@site=lyon".split(" "),
    ...["--policy", '{"partition":"home","placement":{"match":{"site":"lyon"}}}'],
  ]);
  assert.equal(code, 0);
  assert.deepEqual([...out.matchAll(/peer-\d( \(side 2\))?/g)].map(([by]) => by), [
    "peer-2",
    "peer-2 (side 2)",
    "peer-2",
  ]);
  const wrong = await runProgram("simulate --peers 3 --label peer-3@site=lyon");
  assert.deepEqual([wrong.code, /is no label of one of the 3 peers/.test(wrong.err)], [2, true]);
});

test("simulate says that a task that holds is fired on one side alone", async () => {
  const { code, out } = await runProgram([
    ..."simulate --peers 3 --cut 10:00:30-10:01:30 --from 10:00 --until 10:03 --policy".split(" "),
    '{"partition":"hold"}',
  ]);
  assert.equal(code, 0);
  assert.match(out, /\n3 occurrences: 3 fired by one peer, 0 by more than one, 0 by none\.\n$/);
});

test("simulate with --json prints a line for each occurrence", async () => {
  const { out } = await runProgram("simulate --peers 2 --from 10:00 --until 10:02 --json");
  const lines = out.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ due, fired, state, outcome }) => [due, fired.length, state, outcome]), [
    ["2026-06-01T10:00:00.000Z", 1, "settled", "delivered"],
    ["2026-06-01T10:01:00.000Z", 1, "settled", "delivered"],
  ]);
  assert.match(lines[0].fired[0].at, /^2026-06-01T10:00:00\.0\d\dZ$/);
  assert.ok(lines[0].fired[0].lateMs < 100);
});

test("what each side fires as a cut ends is told from what is fired by all, and what was due before a cut ends is known after it", async () => {
  const words = "simulate --peers 3 --cut 10:00:30-10:02 --from 10:01 --until";
  const [, during, after] = anonymous((await runProgram(`${words} 10:03`)).out).split("\n");
  assert.match(during ?? "", /^10:01:00 peer \(side \d\), peer \(side \d\) ms, ms delivered, reported as a duplicate$/);
  assert.match(
    after ?? "",
    /^10:02:00 peer \(was side \d\), peer \(was side \d\) ms, ms delivered, reported as a duplicate$/,
  );
  const early = anonymous((await runProgram(`${words} 10:02`)).out).split("\n");
  assert.equal(early[1], during);
});

test("when nothing is due it is said, with the next occurrence", async () => {
  const { code, out } = await runProgram(["simulate", "--schedule", "30 12 * * *"]);
  assert.equal(code, 0);
  assert.equal(
    out,
    "Nothing is due from 11:55:00 to 12:05:00; its next occurrence is at 2026-06-01T12:30:00.000Z. " +
      "--from and --until name other times of 2026-06-01, in UTC.\n",
  );
});

test("what can't be simulated is told with what is meant", async () => {
  const told = async (words: string) => {
    const { code, err } = await runProgram(words);
    assert.equal(code, 2);
    return err;
  };
  assert.equal(await told("simulate --cut 10:00"), '"10:00" is no span of a day: 10:00-10:20.\n');
  assert.equal(await told("simulate --peers 1 --cut 10:00-10:01"), "A mesh of one peer can't be cut.\n");
  assert.equal(
    await told("simulate --sides 3,2"),
    "--sides is of a cut, and there is none: --cut 10:00-10:20.\n",
  );
  assert.equal(await told("simulate --cut 10:20-10:00"), '"10:20-10:00" is no span of a day: 10:00-10:20.\n');
  assert.equal(
    await told("simulate --crash peer-9@10:00-10:01"),
    '"peer-9@10:00-10:01" names no peer of the 5: peer-1@10:05-10:06.\n',
  );
  assert.equal(
    await told("simulate --sides 4,4"),
    "--sides says how many of the 5 peers are on each side: 3,2 of five.\n",
  );
});
