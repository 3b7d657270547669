// `task import`: many tasks from lines of JSON, or from a JSON array, however long: no more is held than what is on its
// way. Each is there, durable, when it is counted. What the peer refuses is told by its place, and the rest goes on.

import { asLines } from "./array-lines.ts";
import { batches } from "./batches.ts";
import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { openInput } from "./input.ts";
import { textLines } from "./lines.ts";
import { problemLine } from "./problem.ts";
import { createProgress } from "./progress.ts";
import { parseAnswer, parseLineAnswer } from "./shapes.ts";

/** Refused lines that a human is shown; with --json all are printed. */
const SHOWN_MAX = 20;
/** Of an answer: a line's problem quotes a piece of it at most. */
const ANSWER_MAX_LENGTH = 1024 * 1024;

export const taskImport: Spec<Record<never, never>> = {
  usage: "import <file>",
  isWrite: true,
  summary: "add or replace tasks from a file, or - for the standard input: a task on each line, or a JSON array",
  examples: ["metronome task import tasks.ndjson", "ssh shop metronome task export | metronome task import -"],
  async run({ parts, isJson, connect, print, printJson, note }, _options, [file = "-"]) {
    const client = await connect();
    const input = await openInput(file, parts);
    const { unit, bytes } = await asLines(input.bytes);
    const interrupted = parts.interrupted();
    const tally = { created: 0, replaced: 0, refused: 0 };
    const shown: string[] = [];
    const progress = await createProgress("Importing", parts, input.size);
    try {
      for await (const batch of batches(bytes, interrupted)) {
        if (batch.lastLine === 0) continue;
        let answered = 0;
        const answers = await client.upload(BATCH, LINES_TYPE, batch.bytes);
        for await (const text of textLines(answers, ANSWER_MAX_LENGTH)) {
          const answer = parseLineAnswer(parseAnswer(text));
          answered = answer.line;
          if (answer.kind === "put") tally[answer.isNew ? "created" : "replaced"]++;
          else await refuse(batch.firstLine + answer.line - 1, answer.problem);
        }
        if (answered < batch.lastLine) throw new Failure(EXIT.unreachable, "The peer broke off its answer.");
        progress.update({ bytes: batch.offset, tasks: tally.created + tally.replaced });
      }
      if (interrupted.aborted) throw new Failure(EXIT.failed, "Interrupted.");
    } finally {
      progress.stop();
      await report();
    }
    return tally.refused > 0 ? EXIT.failed : EXIT.done;

    async function refuse(number: number, problem: unknown): Promise<void> {
      tally.refused++;
      if (isJson) await printJson({ [unit]: number, problem });
      else if (shown.length < SHOWN_MAX) shown.push(`  ${unit} ${number}: ${problemLine(problem)}`);
    }

    async function report(): Promise<void> {
      const { created, replaced, refused } = tally;
      if (isJson) return await printJson({ imported: created + replaced, ...tally });
      if (refused > 0) {
        await note(`Refused:\n${shown.join("\n")}`);
        if (refused > shown.length) await note(`  … and ${refused - shown.length} more; --json prints them all.`);
      }
      const whole = `Imported ${tasks(created + replaced)}: ${created} new, ${replaced} replaced`;
      await print(`${whole}${refused > 0 ? `; ${refused} refused` : ""}.\n`);
    }
  },
};

const BATCH = "tasks:batch";
const LINES_TYPE = "application/x-ndjson";

export function tasks(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}
