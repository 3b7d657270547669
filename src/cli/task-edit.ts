// `task edit`: changes what is given of a task, and leaves the rest as it is.

import { repeated, type Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { isObject, type JsonObject, parseTask } from "./shapes.ts";
import {
  definitionOf,
  type DefinitionOptions,
  noteTarget,
  SCHEDULE_WORDS,
  withDefinition,
  writtenText,
} from "./task-definition.ts";
import { taskPath } from "./task-path.ts";

type Options = DefinitionOptions & {
  readonly unlabel?: readonly string[];
  readonly anywhere?: true;
};

export const taskEdit: Spec<Options> = {
  usage: "edit <id>",
  isWrite: true,
  summary: "change what is given of a task, and leave the rest as it is",
  examples: [
    'metronome task edit hello --schedule "R/2026-12-01T09:00:00Z/PT10S"',
    'metronome task edit hello --label site=lyon --unlabel old --policy \'{"overlap":"skip"}\'',
  ],
  options: (command) =>
    withDefinition(command.option("--schedule <text>", SCHEDULE_WORDS))
      .option("--no-template", "send the payload as it is written")
      .addOption(repeated("--unlabel <name>", "a label that goes; may be given more than once"))
      .option("--anywhere", "any peer fires it, whatever its labels"),
  async run({ parts, isJson, connect, print, printJson, note }, options, [id = ""]) {
    const { unlabel = [], anywhere, place } = options;
    if (anywhere === true && place !== undefined) {
      throw new Failure(EXIT.usage, "It is --anywhere, or it has a --place.");
    }
    const given = await definitionOf(options, parts);
    const labels = { ...Object.fromEntries(unlabel.map((name) => [name, null])), ...objectOr(given.labels) };
    const changes = {
      ...given,
      ...(isObject(given.target) ? { target: { ...NOWHERE, ...given.target } } : {}),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(anywhere === true ? { policy: { ...given.policy, placement: null } } : {}),
    };
    if (Object.keys(changes).length === 0) {
      throw new Failure(EXIT.usage, "Nothing is to be changed: say what, --schedule for one. --help says more.");
    }
    const client = await connect();
    const patch = place === undefined
      ? changes
      : placedAnew(changes, parseTask(await client.get(taskPath(id))).policy.placement);
    const answer = await client.send("PATCH", taskPath(id), patch);
    if (isJson) return await printJson(answer);
    await print(writtenText("Changed", answer));
    await noteTarget(options, client, note);
  },
};

/** A patch is merged: what named the place before goes. */
const NOWHERE = { urn: null, name: null, path: null };

/** The labels that had to match before have to match no more. */
function placedAnew(changes: JsonObject, before: unknown): JsonObject {
  const policy = objectOr(changes.policy);
  const placement = objectOr(policy.placement);
  const old = Object.keys(objectOr(objectOr(before).match)).map((label) => [label, null]);
  const match = { ...Object.fromEntries(old), ...objectOr(placement.match) };
  return { ...changes, policy: { ...policy, placement: { ...placement, match } } };
}

function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
