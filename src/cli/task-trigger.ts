// `task trigger`: fires a task now, beside its schedule; with --wait the command is as long as the run, and fails with it.

import type { Client } from "./client.ts";
import type { Context, Spec } from "./command.ts";
import { watch } from "./events.ts";
import { EXIT, Failure } from "./failure.ts";
import { readJson } from "./input.ts";
import { parseRun } from "./shapes.ts";
import { detailOf, lateness, moment, outcomeCell } from "./show.ts";
import { createFacts } from "./table.ts";
import { taskPath } from "./task-path.ts";

type Options = { readonly payload?: string; readonly wait?: true };

export const taskTrigger: Spec<Options> = {
  usage: "trigger <id>",
  isWrite: true,
  summary: "fire a task now",
  examples: ['metronome task trigger hello --payload \'{"say":"now"}\' --wait'],
  options: (command) =>
    command
      .option("--payload <json>", "in place of the task's own: JSON, @file, or - for the standard input")
      .option("--wait", "wait for the outcome; exit code 1 when it is not delivered"),
  async run(context, { payload, wait }, [id = ""]) {
    const { parts, connect } = context;
    const body = payload === undefined ? undefined : { payload: await readJson("--payload", payload, parts) };
    if (wait === true) return await triggerAndWait(id, body, context);
    const client = await connect();
    await show(await client.send("POST", taskPath(id, "trigger"), body, { isOnce: true }), context);
  },
};

async function triggerAndWait(id: string, body: unknown, context: Context): Promise<number> {
  const { parts, isJson, connect, note } = context;
  let run: string | undefined;
  const runs = async (client: Client) => {
    if (run !== undefined) return [await client.get(`runs/${run}`)];
    const answer = await client.send("POST", taskPath(id, "trigger"), body, { isOnce: true });
    run = parseRun(answer).id;
    if (!isJson) await note(`The run ${run} has begun; waiting for its outcome …`);
    return [answer];
  };
  for await (const { name, data } of watch({ connect, runs, parts, note })) {
    if (name !== "run") continue;
    const { id: of, outcome } = parseRun(data);
    if (of !== run || outcome === undefined) continue;
    await show(data, context);
    return outcome === "delivered" ? EXIT.done : EXIT.failed;
  }
  throw new Failure(EXIT.failed, run === undefined ? "Interrupted." : `Interrupted. The run ${run} goes on.`);
}

async function show(answer: unknown, { isJson, ink, print, printJson }: Context): Promise<void> {
  if (isJson) return await printJson(answer);
  const run = parseRun(answer);
  const { id, task, instant, state, outcome, attempts } = run;
  await print(createFacts([
    ["run", id],
    ["task", task],
    ["planned", moment(instant)],
    ["outcome", outcomeCell(outcome ?? state)],
    ["attempts", String(attempts.length)],
    ["late", lateness(run)],
    ["detail", detailOf(run)],
  ], ink));
}
