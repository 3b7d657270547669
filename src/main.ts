// The program: `metronome <command>`. A peer loads nothing of the commands that ask one, and these nothing of a peer:
// on Node they are 9 MB that would stay for as long as it runs.

import process from "node:process";
import { Command } from "commander";
import { addStart, PEER_COMMANDS } from "./cli/start.ts";

const program = PEER_COMMANDS.includes(process.argv[2])
  ? addStart(new Command("metronome"))
  : (await import("./cli/program.ts")).createProgram();
await program.parseAsync();
