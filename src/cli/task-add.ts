// `task add`: one task, or with --preview what its schedule means, and what a template would send, before it is anything.

import type { Context, Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { objectIn, parsePreview } from "./shapes.ts";
import { asText, previewText } from "./show.ts";
import { createFacts } from "./table.ts";
import {
  definitionOf,
  type DefinitionOptions,
  noteTarget,
  SCHEDULE_WORDS,
  withDefinition,
  writtenText,
} from "./task-definition.ts";

type Options = DefinitionOptions & {
  readonly id?: string;
  readonly schedule: string;
  readonly paused?: true;
  readonly preview?: true;
};

const PREVIEW = 5;

export const taskAdd: Spec<Options> = {
  usage: "add",
  isWrite: true,
  beyond: (word) => `The id of a task is given so: --id ${word}`,
  summary: "add a task, or with --preview only say what its schedule means",
  examples: [
    'metronome task add --id hello --schedule "R/2026-12-01T09:00:00Z/PT5S/ET2S" --target http://127.0.0.1:9000/',
    'metronome task add --schedule "0 9 * * MON-FRI [Europe/Paris]" --preview',
    'metronome task add --id till --schedule "0 2 * * *" --target http://till.lan/close --place site=lyon',
  ],
  options: (command) =>
    withDefinition(
      command
        .requiredOption("--schedule <text>", SCHEDULE_WORDS)
        .option("--id <id>", "1 to 256 characters without white space; made when absent"),
    )
      .option("--paused", "add it paused")
      .option(
        "--preview",
        "print the schedule as a sentence and its next runs, with --template the next event too; nothing is added",
      ),
  async run(context, options) {
    const { parts, isJson, connect, print, printJson, note } = context;
    const { id, paused } = options;
    if (options.preview === true) return await preview(options, context);
    if (options.target === undefined && options.to === undefined) {
      throw new Failure(EXIT.usage, "Say with --target or --to where the event goes, or ask with --preview.");
    }
    const definition = {
      ...(id === undefined ? {} : { id }),
      ...await definitionOf(options, parts),
      ...(paused === undefined ? {} : { state: { paused } }),
    };
    const client = await connect();
    const answer = await client.send("POST", "tasks", definition, { isOnce: true });
    if (isJson) return await printJson(answer);
    await print(writtenText("Added", answer));
    await noteTarget(options, client, note);
  },
};

async function preview(options: Options, { parts, isJson, ink, connect, print, printJson }: Context): Promise<void> {
  const { schedule, policy: _, labels: __, template, ...sent } = await definitionOf(options, parts);
  const client = await connect();
  const answer = await client.send("POST", "schedules/preview", { schedule, count: PREVIEW });
  const preview = parsePreview(answer);
  if (template !== true) return isJson ? await printJson(answer) : await print(previewText(preview));
  const { id } = options;
  const [instant] = preview.next;
  const filled = { ...(id === undefined ? {} : { id }), ...sent, ...(instant === undefined ? {} : { instant }) };
  const event = objectIn(await client.send("POST", "templates/preview", filled));
  if (isJson) return await printJson({ ...objectIn(answer), event });
  const facts = Object.entries(event).map(([name, value]) => [name, asText(value)] as const);
  await print(previewText(preview) + createFacts(facts, ink));
}
