// The program: `metronome <command>`. A peer loads nothing of the commands that ask one, and these nothing of a peer:
// on Node they are 9 MB that would stay for as long as it runs.

import process from "node:process";
import { Command } from "commander";
import { addStart } from "./cli/start.ts";

const program = process.argv[2] === "start"
  ? new Command("metronome")
  : (await import("./cli/program.ts")).createProgram();
addStart(program);
await program.parseAsync();
