import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { runProgram } from "./world.ts";

const hasBash = spawnSync("bash", ["-c", "type compgen"]).status === 0;

/** What bash offers behind these words. */
function offered(script: string, words: readonly string[]): readonly string[] {
  const quoted = ["metronome", ...words].map((word) => `'${word}'`).join(" ");
  const asking =
    `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _metronome; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", asking], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
}

test("a shell completes commands and their options, behind ids and other options too", async (t) => {
  const { code, out, err } = await runProgram("completion bash");
  assert.deepEqual([code, err], [0, ""]);
  if (!hasBash) return t.skip("there is no bash here");
  assert.deepEqual([...offered(out, ["ta"])].sort(), ["target", "task"]);
  assert.deepEqual(offered(out, ["task", "re"]), ["resume"]);
  assert.deepEqual(offered(out, ["task", "edit", "hello", "--unl"]), ["--unlabel"]);
  assert.deepEqual(offered(out, ["token", "--na"]), ["--name"]);
  assert.deepEqual(offered(out, ["token", "ls", "--pe"]), ["--peer"]);
  assert.deepEqual(offered(out, ["nothing", "x"]), []);
});

test("scripts are there for zsh and fish, and a shell that is none of them is a fault of usage", async () => {
  assert.match(
    (await runProgram("completion zsh")).out,
    /^autoload[\s\S]*complete -o default -F _metronome metronome\n$/,
  );
  assert.match(
    (await runProgram("completion fish")).out,
    /^complete -c metronome -n '__fish_use_subcommand' -a 'task /,
  );
  assert.equal((await runProgram("completion powershell")).code, 2);
});
