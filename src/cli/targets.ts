// `target ls`, `target show`, `target rm` and `target test`.

import type { Spec } from "./command.ts";
import { EXIT } from "./failure.ts";
import { readJson } from "./input.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { moment } from "./show.ts";
import { createFacts } from "./table.ts";
import { targetPath } from "./target-path.ts";
import { type Held, parseTarget, parseTested, type Target } from "./target-shapes.ts";
import { printable } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

export const targetList: Spec<{ readonly limit?: number }> = {
  usage: "ls",
  beyond: (word) => `One target is shown by: metronome target show ${word}`,
  summary: "list the named targets",
  examples: ["metronome target ls", "metronome target ls --json | jq -r .urn"],
  options: (command) => command.option("--limit <n>", "at most so many; all when absent", wholeNumber(1, LIMIT_MAX)),
  async run(context, { limit = LIMIT_MAX }) {
    await printList(await context.connect(), context, {
      path: "targets",
      limit,
      columns: COLUMNS,
      row: (item) => row(parseTarget(item)),
      none: "There are no named targets. `metronome target add --help` shows how to add one.",
    });
  },
};

const COLUMNS = [
  { title: "NAME", isFlexible: true },
  { title: "URN", isFlexible: true },
  { title: "WHO SENDS" },
  { title: "SIGNED" },
  { title: "LIMITS", isFlexible: true },
];

function row({ name, urn, auth, held, limits }: Target): readonly string[] {
  const isSigned = held.some((each) => each.name === "signingSecret");
  return [name, urn, auth === undefined ? "-" : String(auth.kind), isSigned ? "yes" : "-", limitsText(limits)];
}

function limitsText(limits: Target["limits"]): string {
  return Object.keys(limits).length === 0 ? "-" : JSON.stringify(limits);
}

export const targetShow: Spec<Record<never, never>> = {
  usage: "show <name>",
  summary: "show a target, and which credentials it holds since when",
  examples: ["metronome target show billing"],
  async run({ isJson, ink, connect, print, printJson }, _options, [name = ""]) {
    const client = await connect();
    const answer = await client.get(targetPath(name));
    if (isJson) return await printJson(answer);
    const target = parseTarget(answer);
    const facts: (readonly [string, string])[] = [
      ["name", target.name],
      ["urn", target.urn],
      ["description", target.description === "" ? "-" : target.description],
      ["who sends", target.auth === undefined ? "-" : JSON.stringify(target.auth)],
      ["how", Object.keys(target.rest).length === 0 ? "the defaults" : JSON.stringify(target.rest)],
      ["limits", limitsText(target.limits)],
      ...target.held.map((held) => [held.name, heldText(held)] as const),
      ["created", moment(target.createdAt)],
      ["updated", moment(target.updatedAt)],
    ];
    await print(createFacts(facts, ink));
  },
};

function heldText({ since, publicKey, isRotating, until }: Held): string {
  const rotation = until === undefined ? "until it is confirmed" : `until ${moment(until)}`;
  const checked = publicKey === undefined ? "" : `; receivers check with ${printable(publicKey)}`;
  return `held since ${moment(since)}${isRotating ? `; the one before is good ${rotation}` : ""}${checked}`;
}

export const targetRemove: Spec<{ readonly force?: true }> = {
  usage: "rm <name>",
  isWrite: true,
  summary: "remove a target that no task refers to",
  examples: ["metronome target rm billing"],
  options: (command) => command.option("--force", "even when tasks refer to it: their attempts then fail"),
  async run({ isJson, connect, print, printJson }, { force }, [name = ""]) {
    const client = await connect();
    await client.send("DELETE", `${targetPath(name)}${force === true ? "?force=true" : ""}`);
    return isJson ? await printJson({ removed: name }) : await print(`Removed ${printable(name)}.\n`);
  },
};

export const targetTest: Spec<{ readonly payload?: string }> = {
  usage: "test <name>",
  summary: "send one real event to a target, and say what became of it",
  examples: ["metronome target test billing", `metronome target test billing --payload '{"test":true}'`],
  options: (command) => command.option("--payload <json>", 'JSON, @file, or -; {"test":true} when absent'),
  async run({ parts, isJson, ink, connect, print, printJson }, { payload }, [name = ""]) {
    const body = payload === undefined ? {} : { payload: await readJson("--payload", payload, parts) };
    const client = await connect();
    const answer = await client.send("POST", targetPath(name, "test"), body);
    const { ms, outcome, status, error } = parseTested(answer);
    const isDelivered = outcome === "delivered";
    const how = error ?? (status === undefined ? "" : `HTTP ${status}`);
    if (isJson) await printJson(answer);
    else {
      await print(
        `${ink(outcome, isDelivered ? "green" : "red")} in ${ms} ms${how === "" ? "" : `: ${printable(how)}`}\n`,
      );
    }
    return isDelivered ? EXIT.done : EXIT.failed;
  },
};
