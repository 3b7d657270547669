// The log: a line on stderr for each thing that whoever runs the peer should know, with its facts. A reader that has gone
// away stops no peer, and no fact can look like another line.

import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import process from "node:process";

export type Log = (
  level: "info" | "warning" | "error",
  message: string,
  facts: { readonly [name: string]: string | number },
) => void;

export function startLog(): Log {
  process.stderr.on("error", () => {});
  configureSync({
    sinks: { stderr: (record) => void process.stderr.write(lineOf(record)) },
    loggers: [
      { category: "metronome", sinks: ["stderr"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
    reset: true,
  });
  const logger = getLogger("metronome");
  return (level, message, facts) => logger[level](message, facts);
}

/** What JSON leaves as it is, and a terminal obeys or turns: C1 controls, line ends of Unicode, directions of writing. */
const UNSEEN = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** `2026-12-01T09:00:00.000Z WARNING the past was not swept (error="the disk is full")` */
export function lineOf({ timestamp, level, message, properties }: LogRecord): string {
  const facts = Object.entries(properties).map(([name, value]) => `${name}=${quoted(value)}`).join(", ");
  const time = new Date(timestamp).toISOString();
  return `${time} ${level.toUpperCase()} ${message.join("")}${facts === "" ? "" : ` (${facts})`}\n`;
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.replace(UNSEEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
