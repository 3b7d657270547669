// `runs ls`, `runs show`, `runs retry`: what became of occurrences, of whatever task, and to send one again.

import type { Spec } from "./command.ts";
import { exchangeText } from "./exchange-text.ts";
import { parseRun, type Run } from "./shapes.ts";
import { detailOf, lateness, maybeMoment, moment, outcomeCell } from "./show.ts";
import { type Cell, createFacts, createTable } from "./table.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { whichOf, type WhichRuns, whichRuns } from "./which-runs.ts";
import { wholeNumber } from "./whole-number.ts";

const LIMIT = 50;
const ATTEMPTS_MAX = 1_000_000;

type ListOptions = WhichRuns & { readonly task?: string; readonly limit?: number };

export const runsList: Spec<ListOptions> = {
  usage: "ls",
  beyond: (word) => `Those of a task are listed with --task ${word}; one run is shown by: metronome runs show ${word}`,
  summary: "list runs, the latest first",
  examples: [
    "metronome runs ls --outcome failed --limit 20",
    "metronome runs ls --from 2026-12-01T00:00:00Z --until 2026-12-02T00:00:00Z",
    "metronome runs ls --state retrying",
  ],
  options: (command) =>
    whichRuns(command)
      .option("--task <id>", "those of the task")
      .option("--limit <n>", `at most so many (${LIMIT})`, wholeNumber(1, LIMIT_MAX)),
  async run(context, { task, limit = LIMIT, ...options }) {
    await printList(await context.connect(), context, {
      path: "runs",
      query: { task, ...whichOf(options) },
      limit,
      columns: RUN_COLUMNS,
      row: (item) => runRow(parseRun(item)),
      none: "There are no such runs.",
    });
  },
};

export const runsShow: Spec<{ readonly attempt?: number }> = {
  usage: "show <run>",
  summary: "show what became of one occurrence, attempt by attempt",
  examples: [
    "metronome runs show 9f86d081884c7d659a2feaa0c55ad015",
    "metronome runs show 9f86d081884c7d659a2feaa0c55ad015 --attempt 1",
  ],
  options: (command) =>
    command.option("--attempt <n>", "what this attempt sent and what came back", wholeNumber(1, ATTEMPTS_MAX)),
  async run({ isJson, ink, width, connect, print, printJson }, { attempt }, [id = ""]) {
    const client = await connect();
    if (attempt !== undefined) {
      const answer = await client.get(`runs/${encodeURIComponent(id)}/attempts/${attempt}/exchange`);
      return isJson ? await printJson(answer) : await print(exchangeText(answer));
    }
    const answer = await client.get(`runs/${encodeURIComponent(id)}`);
    if (isJson) return await printJson(answer);
    const run = parseRun(answer);
    await print(createFacts([
      ["run", run.id],
      ["task", run.task],
      ["planned", moment(run.instant)],
      ["outcome", outcomeCell(run.outcome ?? run.state)],
      ["late", lateness(run)],
      ["again", maybeMoment(run.retryAt)],
      ["redriven", run.redriven === 0 ? "-" : `${run.redriven} times`],
      ["detail", detailOf(run)],
    ], ink));
    if (run.attempts.length === 0) return;
    const table = createTable(
      [
        { title: "ATTEMPT" },
        { title: "STATUS" },
        { title: "BY", width: PEER_SHOWN + 2 },
        { title: "ERROR", isFlexible: true },
      ],
      ink,
      width,
    );
    const rows = run.attempts.map((
      { n, peer, status, error },
    ) => [String(n), String(status ?? "-"), endOf(peer), error ?? "-"]);
    await print(`\n${table.lines(rows)}`);
    const asked = new Set(run.attempts.flatMap(({ askedBy }) => askedBy ?? []));
    for (const owner of asked) {
      await print(`\nIts owner ${endOf(owner)} did not reach the target, and asked other peers to send it.\n`);
    }
  },
};

/** Ids of peers differ at their ends. */
const PEER_SHOWN = 8;

function endOf(peer: string): string {
  return peer.length <= PEER_SHOWN + 2 ? peer : `…${peer.slice(-PEER_SHOWN)}`;
}

export const runsRetry: Spec<Record<never, never>> = {
  usage: "retry <run>",
  isWrite: true,
  summary: "send the event of a settled run again, with the id that it has",
  examples: ["metronome runs retry 9f86d081884c7d659a2feaa0c55ad015"],
  async run({ isJson, connect, print, printJson }, _options, [id = ""]) {
    const client = await connect();
    const answer = await client.send("POST", `runs/${encodeURIComponent(id)}/retry`);
    return isJson ? await printJson(answer) : await print(`The run ${parseRun(answer).id} goes again.\n`);
  },
};

export const RUN_COLUMNS = [
  { title: "PLANNED", width: "2026-12-01T09:00:00Z".length },
  { title: "TASK", isFlexible: true },
  { title: "OUTCOME", width: "delivered".length },
  { title: "ATTEMPTS", goes: 1 },
  { title: "RUN", width: 32 },
  { title: "DETAIL", isFlexible: true, goes: 2 },
];

export function runRow(run: Run): readonly Cell[] {
  const { id, task, instant, outcome, state, attempts } = run;
  return [moment(instant), task, outcomeCell(outcome ?? state), String(attempts.length), id, detailOf(run)];
}
