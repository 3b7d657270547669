// `task rm`, `task pause`, `task resume`: what changes a task without a new definition.

import type { Spec } from "./command.ts";
import { parseTask } from "./shapes.ts";
import { moment } from "./show.ts";
import { taskPath } from "./task-path.ts";
import { printable } from "./text.ts";

export const taskRemove: Spec<Record<never, never>> = {
  usage: "rm <id>",
  isWrite: true,
  summary: "remove a task; its runs stay to be read",
  examples: ["metronome task rm hello"],
  async run({ isJson, connect, print, printJson }, _options, [id = ""]) {
    const client = await connect();
    await client.send("DELETE", taskPath(id));
    return isJson ? await printJson({ removed: id }) : await print(`Removed ${printable(id)}.\n`);
  },
};

export const taskPause: Spec<{ readonly note?: string; readonly until?: string }> = {
  usage: "pause <id>",
  isWrite: true,
  summary: "pause a task, for good or until a moment",
  examples: ['metronome task pause hello --until 2026-12-24T08:00:00Z --note "the shop is closed"'],
  options: (command) =>
    command
      .option("--until <instant>", "it resumes by itself then (RFC 3339)")
      .option("--note <text>", "why, for people"),
  async run({ isJson, connect, print, printJson }, { note, until }, [id = ""]) {
    const client = await connect();
    const body = { ...(note === undefined ? {} : { note }), ...(until === undefined ? {} : { until }) };
    const answer = await client.send("POST", taskPath(id, "pause"), body);
    if (isJson) return await printJson(answer);
    const { state } = parseTask(answer);
    await print(`Paused ${printable(id)}${state.until === undefined ? "" : ` until ${moment(state.until)}`}.\n`);
  },
};

export const taskResume: Spec<Record<never, never>> = {
  usage: "resume <id>",
  isWrite: true,
  summary: "resume a paused task",
  examples: ["metronome task resume hello"],
  async run({ isJson, connect, print, printJson }, _options, [id = ""]) {
    const client = await connect();
    const answer = await client.send("POST", taskPath(id, "resume"));
    if (isJson) return await printJson(answer);
    const { next } = parseTask(answer);
    await print(`Resumed ${printable(id)}. ${next === undefined ? "It never fires." : `Next: ${moment(next)}`}\n`);
  },
};
