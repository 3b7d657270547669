// `task runs`: what became of a task's occurrences; with --follow also what becomes of them, as it happens.

import { canonicalId } from "../core/values/canonical.ts";
import type { Client } from "./client.ts";
import type { Context, Spec } from "./command.ts";
import { watch } from "./events.ts";
import { EXIT, Failure } from "./failure.ts";
import { PAGE_MAX, pages } from "./pages.ts";
import { createNews } from "./run-news.ts";
import { parseRun, type Run } from "./shapes.ts";
import { detailOf, lateness, moment, outcomeCell } from "./show.ts";
import { type Cell, createTable } from "./table.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { taskPath } from "./task-path.ts";
import { whichOf, type WhichRuns, whichRuns } from "./which-runs.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = WhichRuns & { readonly follow?: true; readonly limit?: number };

const LIMIT = 50;
/** Where --follow begins. */
const FOLLOW_LIMIT = 10;

export const taskRuns: Spec<Options> = {
  usage: "runs <id>",
  summary: "print what became of a task's occurrences, the latest first; with --follow as it happens",
  examples: ["metronome task runs hello --outcome failed", "metronome task runs hello --follow"],
  options: (command) =>
    whichRuns(command)
      .option("-f, --follow", "print the last ones, oldest first, then each as it retries or settles, until Ctrl-C")
      .option("--limit <n>", `at most so many (${LIMIT}; ${FOLLOW_LIMIT} to follow)`, wholeNumber(0, LIMIT_MAX)),
  async run(context, options, [id = ""]) {
    if (options.follow === true) return await follow(id, options, context);
    if (options.limit === 0) {
      throw new Failure(EXIT.usage, "--limit is 1 or more; 0 is of --follow, which shows what comes.");
    }
    await printList(await context.connect(), context, {
      path: taskPath(id, "runs"),
      query: whichOf(options),
      limit: options.limit ?? LIMIT,
      columns: COLUMNS,
      row: (item) => row(parseRun(item)),
      none: "There are no such runs.",
    });
  },
};

async function follow(id: string, options: Options, context: Context): Promise<void> {
  const { parts, isJson, ink, width, connect, print, printJson, note } = context;
  const table = createTable(COLUMNS, ink, width);
  const { outcome, state, from, until, limit = FOLLOW_LIMIT } = options;
  if ((state ?? from ?? until) !== undefined) {
    throw new Failure(
      EXIT.usage,
      "--follow shows the last runs and those that come: leave --state, --from and --until out.",
    );
  }
  const isNews = createNews();
  /** The instant of the first run that was shown: what is older is not asked about. */
  let since: string | undefined;
  for await (const { name, data } of watch({ connect, runs, parts, note })) {
    if (name === "run") await show(data);
    else if (name === "removed" && isOf(data)) await note("The task was removed.");
  }

  /** The last ones, oldest first; later those that may have been missed. */
  async function runs(client: Client): Promise<readonly unknown[]> {
    if (since !== undefined) {
      return (await latest(client, PAGE_MAX)).filter((item) => parseRun(item).instant >= (since ?? ""));
    }
    const items = await latest(client, limit);
    const [first] = items;
    since = first === undefined || items.length < limit ? "" : parseRun(first).instant;
    return items;
  }

  async function show(item: unknown): Promise<void> {
    const run = parseRun(item);
    if (run.task !== canonicalId(id)) return;
    if (outcome !== undefined && run.outcome !== outcome) return;
    // That an attempt is under way says little, and soon the rest is known.
    const isSaid = run.state === "settled" || run.state === "retrying";
    if (!isNews(run) || (!isSaid && !isJson)) return;
    if (isJson) await printJson(item);
    else await print(table.lines([row(run)]));
  }

  /** Oldest first. */
  async function latest(client: Client, count: number): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    // Also with a count of 0 the task is asked for: one that is not there is no task to follow.
    for await (const page of pages(client, taskPath(id, "runs"), { outcome }, Math.max(1, count))) items.push(...page);
    return items.slice(0, count).reverse();
  }

  function isOf(data: unknown): boolean {
    return typeof data === "object" && data !== null && "id" in data && data.id === id;
  }
}

const COLUMNS = [
  { title: "PLANNED", width: "2026-12-01T09:00:00Z".length },
  { title: "OUTCOME", width: "delivered".length },
  { title: "ATTEMPTS", goes: 2 },
  { title: "LATE", width: "9999 ms".length, goes: 1 },
  { title: "RUN", width: 32 },
  { title: "DETAIL", isFlexible: true, goes: 3 },
];

function row(run: Run): readonly Cell[] {
  const { id, instant, outcome, state, attempts } = run;
  return [moment(instant), outcomeCell(outcome ?? state), String(attempts.length), lateness(run), id, detailOf(run)];
}
