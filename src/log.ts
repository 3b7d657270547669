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

/** `2026-12-01T09:00:00.000Z WARNING the past was not swept (error="the disk is full")` */
function lineOf({ timestamp, level, message, properties }: LogRecord): string {
  const facts = Object.entries(properties).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ");
  const time = new Date(timestamp).toISOString();
  return `${time} ${level.toUpperCase()} ${message.join("")}${facts === "" ? "" : ` (${facts})`}\n`;
}
