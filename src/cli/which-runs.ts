// Which runs a list is to hold: the options that all lists of runs have.

import type { Command } from "commander";

export type WhichRuns = {
  readonly outcome?: string;
  readonly state?: string;
  readonly from?: string;
  readonly until?: string;
};

/** Of all options of the command, these. */
export function whichOf({ outcome, state, from, until }: WhichRuns): WhichRuns {
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(state === undefined ? {} : { state }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}

export function whichRuns(command: Command): Command {
  return command
    .option("--outcome <outcome>", "those that are delivered, failed, expired, missed or skipped")
    .option("--state <state>", "those that are retrying: they wait for another attempt; or settled")
    .option("--from <instant>", "those that were planned from then on (RFC 3339)")
    .option("--until <instant>", "and before then");
}
