// `version`: which program this is, and what it runs on.

import process from "node:process";
import { VERSION } from "../version.ts";
import type { Spec } from "./command.ts";
export const version: Spec<Record<never, never>> = {
  usage: "version",
  summary: "print the version of this program",
  examples: ["metronome version --json"],
  isLocal: true,
  async run({ isJson, print, printJson }) {
    const { deno, node } = process.versions;
    const runtime = deno === undefined ? `Node ${node}` : `Deno ${deno}`;
    return isJson ? await printJson({ version: VERSION, runtime }) : await print(`metronome ${VERSION} (${runtime})\n`);
  },
};
