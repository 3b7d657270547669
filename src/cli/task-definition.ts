// What the options of `task add` and `task edit` say of a task, as the API takes it.

import type { Command } from "commander";
import type { Client } from "./client.ts";
import { type Context, labelPair, repeated } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { readJson, textOrObject } from "./input.ts";
import type { Parts } from "./parts.ts";
import { isObject, type JsonObject, parseTask } from "./shapes.ts";
import { moment } from "./show.ts";
import { targetPath } from "./target-path.ts";
import { printable } from "./text.ts";

export type DefinitionOptions = {
  readonly name?: string;
  readonly schedule?: string;
  readonly target?: string;
  readonly to?: string;
  readonly path?: string;
  readonly payload?: string;
  readonly template?: boolean;
  readonly label?: readonly string[];
  readonly policy?: string;
  readonly tolerance?: string;
  readonly place?: readonly string[];
};

export const SCHEDULE_WORDS = "ISO 8601 repeating interval, one instant, cron, or a JSON object";

/** All but the schedule, which a new task has to have. */
export function withDefinition(command: Command): Command {
  return command
    .option("--target <urn>", "where the event goes: http(s)://…, or a JSON object with urn, method, headers")
    .option("--to <name>", "a named target, in place of --target")
    .option("--path <path>", "with --to: goes behind the path of the target")
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
    );
}

/** What is given, and no more. */
export async function definitionOf(
  options: DefinitionOptions,
  parts: Pick<Parts, "stdin">,
): Promise<JsonObject & { readonly policy?: JsonObject }> {
  const { name, schedule, payload, template, label, policy: written, tolerance, place } = options;
  const target = targetOf(options);
  if (payload === "-" && written === "-") {
    throw new Failure(EXIT.usage, "Only one of --payload and --policy can be the standard input.");
  }
  const policy = written === undefined ? undefined : await policyOf(written, parts);
  const more = {
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(place === undefined ? {} : { placement: placementOf(policy?.placement, place) }),
  };
  return {
    ...(name === undefined ? {} : { name }),
    ...(schedule === undefined ? {} : { schedule: textOrObject("--schedule", schedule) }),
    ...(target === undefined ? {} : { target }),
    ...(payload === undefined ? {} : { payload: await readJson("--payload", payload, parts) }),
    ...(template === undefined ? {} : { template }),
    ...(policy === undefined && Object.keys(more).length === 0 ? {} : { policy: { ...policy, ...more } }),
    ...(label === undefined ? {} : { labels: Object.fromEntries(label.map(pairIn)) }),
  };
}

/** `Added a: Every hour …` and when it is next. */
export function writtenText(deed: string, answer: unknown): string {
  const task = parseTask(answer);
  const next = task.state.paused
    ? "It is paused."
    : task.next === undefined
    ? "It never fires."
    : `Next: ${moment(task.next)}`;
  const unowned = task.unowned === undefined ? "" : `Nobody fires it now: ${printable(task.unowned)}.\n`;
  return `${deed} ${printable(task.id)}: ${printable(task.sentence)}\n${next}\n${unowned}`;
}

/** A task may come before its target: it is said, for it may be a slip too. */
export async function noteTarget({ to }: DefinitionOptions, client: Client, note: Context["note"]): Promise<void> {
  if (to === undefined) return;
  try {
    await client.get(targetPath(to));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.facts.status !== NOT_FOUND) return;
    await note(`There is no target named ${printable(to)}: its events fail until \`metronome target add\` makes one.`);
  }
}

const NOT_FOUND = 404;

function targetOf({ target, to, path }: DefinitionOptions): unknown {
  if (target !== undefined && to !== undefined) {
    throw new Failure(EXIT.usage, "The event goes to one place: --target or --to.");
  }
  if (path !== undefined && to === undefined) throw new Failure(EXIT.usage, "--path goes with --to.");
  if (to !== undefined) return { name: to, ...(path === undefined ? {} : { path }) };
  return target === undefined ? undefined : textOrObject("--target", target);
}

async function policyOf(written: string, parts: Pick<Parts, "stdin">): Promise<JsonObject> {
  const value = await readJson("--policy", written, parts);
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

function pairIn(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}
