// `dead-letters ls`, `causes`, `redrive` and `dismiss`: runs that were given up, to send them again, or to see them no more.

import type { Command } from "commander";
import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { pages } from "./pages.ts";
import { perSecond } from "./rate.ts";
import { RUN_COLUMNS, runRow } from "./runs.ts";
import { flag, listIn, maybe, number, objectIn, parseRun, text } from "./shapes.ts";
import { moment } from "./show.ts";
import { createTable } from "./table.ts";
import { wholeNumber } from "./whole-number.ts";

type Which = { readonly target?: string; readonly error?: string; readonly task?: string };
type ListOptions = Which & { readonly limit?: number };
type ChoiceOptions = Which & { readonly all?: true; readonly limit?: number };
type RedriveOptions = ChoiceOptions & { readonly rate?: string };

const LIMIT = 50;
/** One request drives or dismisses no more. */
const LETTERS_MAX = 10_000;

export const deadList: Spec<ListOptions> = {
  usage: "ls",
  beyond: (word) => `Those of a task are listed with --task ${word}; one run is shown by: metronome runs show ${word}`,
  summary: "list the runs that were given up, the latest first",
  examples: ["metronome dead-letters ls --target https://example.org:443"],
  options: (command) =>
    command
      .option("--target <target>", "those of the target: an origin, or @user/name, as `causes` prints them")
      .option("--error <error>", "those that ended with the error, as `causes` prints it")
      .option("--task <id>", "those of the task")
      .option("--limit <n>", `at most so many (${LIMIT})`, wholeNumber(1, LIMIT_MAX)),
  async run(context, { target, error, task, limit = LIMIT }) {
    await printList(await context.connect(), context, {
      path: "dead-letters",
      query: { target, error, task },
      limit,
      columns: RUN_COLUMNS,
      row: (item) => runRow(parseRun(item)),
      none: "There are no dead letters.",
    });
  },
};

export const deadCauses: Spec<Record<never, never>> = {
  usage: "causes",
  summary: "count the dead letters by target and error",
  examples: ["metronome dead-letters causes"],
  async run({ isJson, ink, width, connect, print, printJson, note }) {
    const client = await connect();
    const columns = [{ title: "TARGET", isFlexible: true }, { title: "LETTERS" }, { title: "LATEST" }, {
      title: "ERROR",
      isFlexible: true,
    }];
    const table = createTable(columns, ink, width);
    let isEmpty = true;
    for await (const items of pages(client, "dead-letters/causes", {}, LIMIT_MAX)) {
      isEmpty = false;
      if (isJson) { for (const item of items) await printJson(item); }
      else {
        await print(table.lines(
          items.map(objectIn).map((cause) => [
            text(cause.target),
            `${number(cause.count)}${flag(cause.isMore) ? "+" : ""}`,
            moment(text(cause.latest)),
            text(cause.error),
          ]),
        ));
      }
    }
    if (isEmpty && !isJson) await note("There are no dead letters.");
  },
};

export const deadRedrive: Spec<RedriveOptions> = {
  usage: "redrive [runs...]",
  isWrite: true,
  summary: "send dead letters again, with the ids that they have",
  examples: [
    "metronome dead-letters redrive --target https://example.org:443 --rate 10",
    "metronome dead-letters redrive --all",
    "metronome dead-letters redrive 9f86d081884c7d659a2feaa0c55ad015",
  ],
  options: (command) => choosing(command).option("--rate <n>", "so many in a second; at once when absent"),
  async run({ isJson, connect, print, printJson, note }, { rate, ...choice }, ids) {
    const body = { ...choiceOf(choice, ids), ...(rate === undefined ? {} : { perSecond: perSecond(rate) }) };
    const client = await connect();
    const answer = await client.send("POST", "dead-letters/redrive", body);
    if (isJson) return await printJson(answer);
    await print(drivenText(answer));
    if (flag(objectIn(answer).more)) await note("There are more: the same command drives them.");
  },
};

export const deadDismiss: Spec<ChoiceOptions> = {
  usage: "dismiss [runs...]",
  isWrite: true,
  summary: "take runs off the dead letters: they stay recorded as failed",
  examples: [
    "metronome dead-letters dismiss --target https://example.org:443 --error 'HTTP 404'",
    "metronome dead-letters dismiss --all",
    "metronome dead-letters dismiss 9f86d081884c7d659a2feaa0c55ad015",
  ],
  options: choosing,
  async run({ isJson, connect, print, printJson, note }, choice, ids) {
    const body = choiceOf(choice, ids);
    const client = await connect();
    const answer = await client.send("POST", "dead-letters/dismiss", body);
    if (isJson) return await printJson(answer);
    const count = number(objectIn(answer).dismissed);
    await print(`Dismissed ${count === 1 ? "1 dead letter" : `${count} dead letters`}${leftText(answer)}`);
    if (flag(objectIn(answer).more)) await note("There are more: the same command dismisses them.");
  },
};

function choosing(command: Command): Command {
  return command
    .option("--all", "all of them")
    .option("--target <target>", "those of the target")
    .option("--error <error>", "those that ended with the error")
    .option("--task <id>", "those of the task")
    .option("--limit <n>", "at most so many, the latest", wholeNumber(1, LETTERS_MAX));
}

function choiceOf({ all, target, error, task, limit }: ChoiceOptions, ids: readonly string[]) {
  if (ids.length === 0 && [all, target, error, task].every((each) => each === undefined)) {
    throw new Failure(EXIT.usage, "Say which: the ids of runs, or --target, --error and --task, or --all.");
  }
  return {
    ...(ids.length === 0 ? {} : { ids }),
    ...(all === undefined ? {} : { all }),
    ...(target === undefined ? {} : { target }),
    ...(error === undefined ? {} : { error }),
    ...(task === undefined ? {} : { task }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** What a redrive or a backfill has been answered with. */
export function drivenText(answer: unknown): string {
  const { redriven, until } = objectIn(answer);
  const end = maybe(until, text);
  const when = end === undefined ? "" : `, the last one at ${moment(end)}`;
  const sent = number(redriven) === 1 ? "1 event goes" : `${number(redriven)} events go`;
  return `${sent} again${when}${leftText(answer)}`;
}

/** The end of the sentence: how many were left, and why. */
function leftText(answer: unknown): string {
  const { refused, refusals } = objectIn(answer);
  const left = number(refused) === 0 ? "" : `; ${number(refused)} were left as they are`;
  const reasons = listIn(refusals).map(objectIn).map(({ id, reason }) => `  ${text(id)}  ${text(reason)}\n`);
  return `${left}.\n${reasons.join("")}`;
}
