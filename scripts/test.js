// Runs the whole suite on one runtime and ends with one line of counts: `N passed, N failed, N skipped`.
//
//   node scripts/test.js [deno|node] [file …]

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtimePath } from "./runtime.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What each runtime prints of its counts, and how a file list is handed to it. */
const RUNTIMES = {
  deno: {
    args: (files) => ["test", "-A", "--no-check", "--quiet", "--preload=./test/kept-stores.ts", ...files],
    counts: { passed: /(\d+) passed/, failed: /(\d+) failed/, skipped: /(\d+) ignored/ },
  },
  node: {
    args: (files) => ["--test", "--test-reporter=spec", "--test-concurrency=1", ...files],
    counts: { passed: /^ℹ pass (\d+)/m, failed: /^ℹ fail (\d+)/m, skipped: /^ℹ skipped (\d+)/m },
  },
};

/** A test that takes longer hangs. */
const SILENCE_MAX_MS = 5 * 60_000;

const [first, ...rest] = process.argv.slice(2);
const name = first === "node" ? "node" : "deno";
const chosen = first === "node" || first === "deno" ? rest : process.argv.slice(2);
const files = chosen.length > 0 ? chosen : testFiles(join(root, "test")).map((file) => relative(root, file));

const runtime = RUNTIMES[name];
const child = spawn(runtimePath(name), runtime.args(files), {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, NO_COLOR: "1", METRONOME_TEST_RUNTIME: name },
});
let tail = "";
let silence = setTimeout(giveUp, SILENCE_MAX_MS);
child.stdout.on("data", (chunk) => {
  process.stdout.write(chunk);
  tail = (tail + chunk).slice(-4_000);
  clearTimeout(silence);
  silence = setTimeout(giveUp, SILENCE_MAX_MS);
});
child.on("close", (code) => {
  clearTimeout(silence);
  const summary = tail.slice(name === "deno" ? tail.lastIndexOf("\n", tail.lastIndexOf(" passed")) : 0);
  const count = (pattern) => Number(pattern.exec(summary)?.[1] ?? 0);
  const { passed, failed, skipped } = runtime.counts;
  const broken = code !== 0 && count(failed) === 0 ? 1 : count(failed);
  console.log(`${name}: ${count(passed)} passed, ${broken} failed, ${count(skipped)} skipped`);
  process.exitCode = code === 0 ? 0 : 1;
});

function giveUp() {
  console.log(`\nNothing has ended for ${SILENCE_MAX_MS / 60_000} minutes: the test after the last line hangs.`);
  child.kill();
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => entry.isDirectory() ? testFiles(join(folder, entry.name)) : [join(folder, entry.name)])
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
}
