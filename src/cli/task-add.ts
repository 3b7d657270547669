// `task add`: one task, or with --preview what its schedule means, and what a template would send, before it is anything.

import { labelPair, repeated, type Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { readJson, textOrObject } from "./input.ts";
import type { Parts } from "./parts.ts";
import { isObject, type JsonObject, objectIn, parsePreview, parseTask } from "./shapes.ts";
import { asText, moment, previewText } from "./show.ts";
import { createFacts } from "./table.ts";
import { printable } from "./text.ts";

type Options = {
  readonly id?: string;
  readonly name?: string;
  readonly schedule: string;
  readonly target?: string;
  readonly to?: string;
  readonly path?: string;
  readonly payload?: string;
  readonly template?: true;
  readonly label?: readonly string[];
  readonly policy?: string;
  readonly tolerance?: string;
  readonly place?: readonly string[];
  readonly paused?: true;
  readonly preview?: true;
};

const PREVIEW = 5;

export const taskAdd: Spec<Options> = {
  usage: "add",
  summary: "add a task, or with --preview only say what its schedule means",
  examples: [
    'metronome task add --id hello --schedule "R/2026-12-01T09:00:00Z/PT5S/ET2S" --target http://127.0.0.1:9000/',
    'metronome task add --schedule "0 9 * * MON-FRI [Europe/Paris]" --preview',
    `metronome task add --schedule "0 2 * * *" --payload '{"day":"{{instant:date}}"}' --template --preview`,
    'metronome task add --id till --schedule "0 2 * * *" --target http://till.lan/close --place site=lyon',
  ],
  options: (command) =>
    command
      .requiredOption("--schedule <text>", "ISO 8601 repeating interval, one instant, cron, or a JSON object")
      .option("--target <urn>", "where the event goes: http(s)://…, or a JSON object with urn, method, headers")
      .option("--to <name>", "a named target, in place of --target")
      .option("--path <path>", "with --to: goes behind the path of the target")
      .option("--id <id>", "1 to 256 characters without white space; made when absent")
      .option("--name <name>", "for people; the id when absent")
      .option("--payload <json>", "JSON, @file, or - for the standard input")
      .option("--template", "fill in {{instant}}, {{id}} and others in the payload for each attempt")
      .addOption(repeated("--label <name=value>", "a label; may be given more than once", labelPair))
      .option("--policy <json>", "JSON, @file, or -")
      .option("--tolerance <duration>", "how late it may start: PT30S (the schedule's own /E… goes before it)")
      .addOption(
        repeated(
          "--place <label=value>",
          "only peers with this label fire it; all labels have to match, of one label any of its values",
          labelPair,
        ),
      )
      .option("--paused", "add it paused")
      .option(
        "--preview",
        "print the schedule as a sentence and its next runs, with --template the next event too; nothing is added",
      ),
  async run(context, options) {
    const { parts, isJson, ink, connect, print, printJson } = context;
    if (options.preview === true) {
      const template = options.template === true ? await templateOf(options, parts) : undefined;
      const client = await connect();
      const body = { schedule: textOrObject("--schedule", options.schedule), count: PREVIEW };
      const answer = await client.send("POST", "schedules/preview", body);
      const preview = parsePreview(answer);
      if (template === undefined) return isJson ? await printJson(answer) : await print(previewText(preview));
      const [instant] = preview.next;
      const filled = { ...template, ...(instant === undefined ? {} : { instant }) };
      const event = objectIn(await client.send("POST", "templates/preview", filled));
      if (isJson) return await printJson({ ...objectIn(answer), event });
      const facts = Object.entries(event).map(([name, value]) => [name, asText(value)] as const);
      return await print(previewText(preview) + createFacts(facts, ink));
    }
    const definition = await definitionOf(options, targetOf(options), parts);
    const client = await connect();
    const answer = await client.send("POST", "tasks", definition, { isOnce: true });
    if (isJson) return await printJson(answer);
    const task = parseTask(answer);
    const next = task.state.paused
      ? "It is paused."
      : task.next === undefined
      ? "It never fires."
      : `Next: ${moment(task.next)}`;
    await print(`Added ${printable(task.id)}: ${printable(task.sentence)}\n${next}\n`);
  },
};

/** What is previewed of a template: as much as is said of it. */
async function templateOf(options: Options, parts: Parts): Promise<JsonObject> {
  const { id, name, payload, target, to } = options;
  return {
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(payload === undefined ? {} : { payload: await readJson("--payload", payload, parts) }),
    ...(target === undefined && to === undefined ? {} : { target: targetOf(options) }),
  };
}

function targetOf({ target, to, path }: Options): unknown {
  if (target === undefined && to === undefined) {
    throw new Failure(EXIT.usage, "Say with --target or --to where the event goes, or ask with --preview.");
  }
  if (target !== undefined && to !== undefined) {
    throw new Failure(EXIT.usage, "The event goes to one place: --target or --to.");
  }
  if (path !== undefined && to === undefined) throw new Failure(EXIT.usage, "--path goes with --to.");
  if (to !== undefined) return { name: to, ...(path === undefined ? {} : { path }) };
  return textOrObject("--target", target ?? "");
}

async function definitionOf(options: Options, target: unknown, parts: Parts): Promise<JsonObject> {
  const { id, name, schedule, payload, label, tolerance, paused } = options;
  if (payload === "-" && options.policy === "-") {
    throw new Failure(EXIT.usage, "Only one of --payload and --policy can be the standard input.");
  }
  const policy = await policyOf(options, parts);
  const more = {
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(options.place === undefined ? {} : { placement: placementOf(policy?.placement, options.place) }),
  };
  return {
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    schedule: textOrObject("--schedule", schedule),
    target,
    ...(payload === undefined ? {} : { payload: await readJson("--payload", payload, parts) }),
    ...(options.template === undefined ? {} : { template: true }),
    ...(policy === undefined && Object.keys(more).length === 0 ? {} : { policy: { ...policy, ...more } }),
    ...(label === undefined ? {} : { labels: labelsOf(label) }),
    ...(paused === undefined ? {} : { state: { paused } }),
  };
}

async function policyOf({ policy }: Options, parts: Parts): Promise<JsonObject | undefined> {
  if (policy === undefined) return undefined;
  const value = await readJson("--policy", policy, parts);
  if (isObject(value)) return value;
  throw new Failure(EXIT.usage, '--policy is a JSON object: {"overlap":"skip"}.');
}

/** What --policy says of weights stays; what is given by itself goes before its match. */
function placementOf(written: unknown, pairs: readonly string[]): JsonObject {
  const match = new Map<string, string[]>();
  for (const [label, value] of pairs.map(pairIn)) match.set(label, [...match.get(label) ?? [], value]);
  const entries = [...match].map(([label, values]) => [label, values.length === 1 ? values[0] : values]);
  return { ...(isObject(written) ? written : {}), match: Object.fromEntries(entries) };
}

function labelsOf(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(pairs.map(pairIn));
}

function pairIn(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}
