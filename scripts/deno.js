// Runs the pinned Deno with what is given: `node scripts/deno.js lint`. (Inside `deno task` a bare `deno` is another one.)

import { spawnSync } from "node:child_process";
import process from "node:process";
import { runtimePath } from "./runtime.js";

const { status, error } = spawnSync(runtimePath("deno"), process.argv.slice(2), { stdio: "inherit" });
if (error !== undefined) console.error(error.message);
process.exitCode = status ?? 1;
