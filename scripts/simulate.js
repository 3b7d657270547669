// Simulates meshes from seeds, and checks the promises of the README on the history of each: `npm run simulate`.
//
//   node scripts/simulate.js [--seeds N] [--from S|sources …] [--minutes M] [--peers P] [--tasks T]
//                            [--time-limit 300s] [--jobs J] [--runtime deno|node] [--hold]
//   node scripts/simulate.js --large [--peers 100] [--tasks 100000] [--minutes 3] [--period 3600]
//
// Prints what was run and what was found; exits 1 when a promise was broken. A seed that broke one breaks it again: its
// command is printed. With --from sources the first seed is a hash of src/: each change of the program is shown seeds
// that no other was, and the same program always the same. Jobs share the places to start from.
// --hold makes all tasks hold in a partition, and brings about nothing but cuts, one way or both, and pauses, at any moment.
// --large runs one mesh of many peers that have many tasks at the start, kills one, lets another join with an empty disk, and
// prints what each of that costs every peer.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runtimePath } from "./runtime.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Between two lines of progress. */
const PROGRESS_MS = 10_000;

const OPTIONS = {
  seeds: { type: "string" },
  large: { type: "boolean", default: false },
  hold: { type: "boolean", default: false },
  period: { type: "string", default: "3600" },
  from: { type: "string", multiple: true, default: ["1"] },
  minutes: { type: "string" },
  peers: { type: "string" },
  tasks: { type: "string" },
  "time-limit": { type: "string" },
  jobs: { type: "string", default: "2" },
  runtime: { type: "string", default: "node" },
};

/** Without other words. */
const SMALL = { minutes: "10", peers: "5", tasks: "50" };
const HOLD = { minutes: "5", peers: "5", tasks: "20" };
const LARGE = { minutes: "3", peers: "100", tasks: "100000" };

function numberOf(text, name) {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`simulate: --${name} wants a number, and got ${JSON.stringify(text)}`);
  process.exit(2);
}

/** A number of nine digits. */
function seedOfSources() {
  const hash = createHash("sha256");
  const files = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile()
  );
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  for (const path of paths) hash.update(readFileSync(path));
  return 1e8 + Number.parseInt(hash.digest("hex").slice(0, 12), 16) % 9e8;
}

let values;
try {
  ({ values } = parseArgs({ options: OPTIONS }));
} catch (error) {
  console.error(`simulate: ${error.message}`);
  process.exit(2);
}
const usual = values.large ? LARGE : values.hold ? HOLD : SMALL;
const [minutes, peers, tasks, jobs] = ["minutes", "peers", "tasks", "jobs"].map((name) =>
  numberOf(values[name] ?? usual[name], name)
);
const starts = values.from.map((from) => from === "sources" ? seedOfSources() : numberOf(from, "from"));
const limitText = values["time-limit"];
const limitMs = limitText === undefined ? undefined : numberOf(limitText.replace(/s$/, ""), "time-limit") * 1_000;
// Without a number or a limit: a first look.
const seeds = values.seeds === undefined ? (limitMs === undefined ? 20 : 1e9) : numberOf(values.seeds, "seeds");

const began = Date.now();
const found = [];
const total = { seeds: 0, sent: 0, messages: 0 };

function tell() {
  const seconds = Math.round((Date.now() - began) / 1_000);
  console.log(
    `${total.seeds} seeds (from ${starts.join(" and ")}), ${
      (total.seeds * minutes / 60).toFixed(1)
    } h simulated, ${total.sent} deliveries, ${total.messages} messages, ${found.length} violations, ${seconds} s`,
  );
}

function run(job) {
  const count = Math.max(0, Math.ceil((seeds - job) / jobs));
  // Those that start at the same place take turns.
  const place = job % starts.length;
  const turn = Math.floor(job / starts.length);
  const turns = Math.ceil((jobs - place) / starts.length);
  const words = [starts[place] + turn, count, turns, minutes, peers, tasks, limitMs ?? 1e12].map(String);
  if (values.hold) words.push("hold");
  const flags = values.runtime === "deno" ? ["run", "-A", "--no-check"] : [];
  const child = spawn(runtimePath(values.runtime), [...flags, join(root, "scripts/simulate/seeds.ts"), ...words], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { seed, sent = 0, messages = 0, violation } = JSON.parse(line);
    total.seeds++;
    total.sent += sent;
    total.messages += messages;
    if (violation === undefined) return;
    found.push(violation);
    console.log(
      `\n${violation}\n  again: npm run simulate -- --from ${seed} --seeds 1 --minutes ${minutes} --peers ${peers} --tasks ${tasks}${
        values.hold ? " --hold" : ""
      }\n`,
    );
  });
  return new Promise((resolve) => child.on("close", resolve));
}

if (values.large && minutes < 3) {
  console.error("simulate: --large takes at least 3 minutes: to come up, to be calm, and for what befalls the mesh");
  process.exit(2);
}
if (values.large) {
  const words = [peers, tasks, minutes, numberOf(values.period, "period")].map(String);
  const memory = values.runtime === "deno" ? "--v8-flags=--max-old-space-size=16000" : "--max-old-space-size=16000";
  // Most of what a hundred peers make lives for a moment.
  const flags = values.runtime === "deno" ? ["run", "-A", "--no-check", memory] : [memory, "--max-semi-space-size=64"];
  const child = spawn(runtimePath(values.runtime), [...flags, join(root, "scripts/simulate/large.ts"), ...words], {
    cwd: root,
    stdio: "inherit",
  });
  process.exit(await new Promise((resolve) => child.on("close", resolve)) ?? 1);
}
const progress = setInterval(tell, PROGRESS_MS);
const codes = await Promise.all(Array.from({ length: jobs }, (_, job) => run(job)));
clearInterval(progress);
tell();
process.exitCode = found.length === 0 && codes.every((code) => code === 0) ? 0 : 1;
