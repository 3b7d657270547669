// `task backfill`, `task skip`, `task cancel`: what lies in the past of a task, what is to come, and what is under way.

import type { Spec } from "./command.ts";
import { drivenText } from "./dead-letters.ts";
import { EXIT, Failure } from "./failure.ts";
import { perSecond } from "./rate.ts";
import { maybe, number, objectIn, parseTask, text } from "./shapes.ts";
import { maybeMoment, moment } from "./show.ts";
import { taskPath } from "./task-path.ts";
import { printable } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

type BackfillOptions = {
  readonly from?: string;
  readonly until?: string;
  readonly count?: number;
  readonly rate?: string;
};

const BACKFILL_MAX = 1_000;
const SKIPS_MAX = 100;

export const taskBackfill: Spec<BackfillOptions> = {
  usage: "backfill <id>",
  isWrite: true,
  summary: "send what lies in the past of the schedule and was not delivered",
  examples: ["metronome task backfill hello --from 2026-12-01T00:00:00Z --count 24 --rate 1"],
  options: (command) =>
    command
      .option("--from <instant>", "from then on (RFC 3339)")
      .option("--until <instant>", "and before then; now when absent")
      .option("--count <n>", "at most so many", wholeNumber(1, BACKFILL_MAX))
      .option("--rate <n>", "so many in a second; at once when absent"),
  async run({ isJson, connect, print, printJson, note }, { from, until, count, rate }, [id = ""]) {
    if (from === undefined) throw new Failure(EXIT.usage, "--from says where the backfill begins.");
    const body = {
      from,
      ...(until === undefined ? {} : { until }),
      ...(count === undefined ? {} : { count }),
      ...(rate === undefined ? {} : { perSecond: perSecond(rate) }),
    };
    const client = await connect();
    const answer = await client.send("POST", taskPath(id, "backfill"), body);
    if (isJson) return await printJson(answer);
    await print(drivenText(answer));
    const next = maybe(objectIn(answer).next, text);
    if (next !== undefined) await note(`There are more, from ${moment(next)} on.`);
  },
};

export const taskSkip: Spec<{ readonly count?: number; readonly instant?: string }> = {
  usage: "skip <id>",
  isWrite: true,
  summary: "leave out the next occurrence, or some",
  examples: ["metronome task skip hello", "metronome task skip hello --count 3"],
  options: (command) =>
    command
      .option("--count <n>", "the next so many", wholeNumber(1, SKIPS_MAX))
      .option("--instant <instant>", "the one at that moment (RFC 3339)"),
  async run({ isJson, connect, print, printJson }, options, [id = ""]) {
    const client = await connect();
    const { count, instant } = options;
    const answer = await client.send("POST", taskPath(id, "skip"), {
      ...(count === undefined ? {} : { count }),
      ...(instant === undefined ? {} : { instant }),
    });
    if (isJson) return await printJson(answer);
    await print(`Skipped. The next one of ${printable(id)}: ${maybeMoment(parseTask(answer).next)}\n`);
  },
};

export const taskCancel: Spec<Record<never, never>> = {
  usage: "cancel <id>",
  isWrite: true,
  summary: "end what is open: attempts in flight and waiting retries",
  examples: ["metronome task cancel hello"],
  async run({ isJson, connect, print, printJson }, _options, [id = ""]) {
    const client = await connect();
    const answer = await client.send("POST", taskPath(id, "cancel"));
    if (isJson) return await printJson(answer);
    const ended = number(objectIn(answer).cancelled);
    await print(`Ended ${ended} run${ended === 1 ? "" : "s"} of ${printable(id)}.\n`);
  },
};
