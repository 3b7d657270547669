// `--replicas`: how many peers are to have a write on their disks before it is answered.

import type { Command } from "commander";
import { wholeNumber } from "./whole-number.ts";

export type ReplicasOption = { readonly replicas?: number };

const REPLICAS_MAX = 999;

export function addReplicas(command: Command): Command {
  return command.option(
    "--replicas <n>",
    "answer when so many peers have it on their disks, the asked one included; exit code 1 when they are not there in time",
    wholeNumber(1, REPLICAS_MAX),
  );
}
