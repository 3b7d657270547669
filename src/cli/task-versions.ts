// `task versions`: what a task was before each edit, and the way back.

import type { Spec } from "./command.ts";
import { parseMesh } from "./mesh-shapes.ts";
import { pages } from "./pages.ts";
import { type JsonObject, maybe, objectIn, parseTask, text } from "./shapes.ts";
import { asText, moment } from "./show.ts";
import { type Cell, createTable } from "./table.ts";
import { LIMIT_MAX } from "./listing.ts";
import { taskPath } from "./task-path.ts";
import { printable } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = { readonly restore?: string; readonly limit?: number };

type Version = {
  readonly revision: string;
  readonly at: string;
  readonly by: string | undefined;
  readonly hasGap: boolean;
  readonly definition: JsonObject;
};

export const taskVersions: Spec<Options> = {
  usage: "versions <id>",
  isWrite: true,
  summary: "show what a task was before each edit, as this peer saw it, the latest first, and go back",
  examples: ["metronome task versions backup", "metronome task versions backup --restore REVISION"],
  options: (command) =>
    command
      .option("--restore <revision>", "make the task what it was, as a new edit")
      .option("--limit <n>", "at most so many; all when absent", wholeNumber(1, LIMIT_MAX)),
  async run({ isJson, ink, width, connect, print, printJson }, { restore, limit = LIMIT_MAX }, [id = ""]) {
    const client = await connect();
    if (restore !== undefined) {
      const path = `${taskPath(id, "versions")}/${encodeURIComponent(restore)}/restore`;
      const answer = await client.send("POST", path);
      if (isJson) return await printJson(answer);
      return await print(`${printable(parseTask(answer).id)} is what it was in ${printable(restore)}.\n`);
    }
    const names = new Map<string, string>();
    if (!isJson) { for (const { peer, name } of parseMesh(await client.get("mesh")).peers) names.set(peer, name); }
    const table = createTable(COLUMNS, ink, width);
    // What a version changed is known when the one before it is.
    let newer: Version | undefined;
    for await (const items of pages(client, taskPath(id, "versions"), {}, limit)) {
      if (isJson) {
        for (const item of items) await printJson(item);
        continue;
      }
      for (const version of items.map(parseVersion)) {
        if (newer !== undefined) await print(table.lines([row(newer, names, version)]));
        newer = version;
      }
    }
    if (newer !== undefined) await print(table.lines([row(newer, names, undefined)]));
  },
};

function parseVersion(value: unknown): Version {
  const { revision, at, by, gap, definition } = objectIn(value);
  return {
    revision: text(revision),
    at: text(at),
    by: maybe(by, text),
    hasGap: gap === true,
    definition: objectIn(definition),
  };
}

const COLUMNS = [
  { title: "WRITTEN", width: "2026-12-01T09:00:00Z".length },
  { title: "REVISION", width: 22 },
  { title: "BY", isFlexible: true },
  { title: "CHANGED", isFlexible: true },
];

function row(version: Version, names: ReadonlyMap<string, string>, older: Version | undefined): readonly Cell[] {
  const { revision, at, by, hasGap } = version;
  return [moment(at), revision, by === undefined ? "-" : names.get(by) ?? by, changes(version, older, hasGap)];
}

function changes({ definition }: Version, older: Version | undefined, hasGap: boolean): string {
  if (older === undefined) return hasGap ? "(older ones are not kept here)" : "(made)";
  const names = Object.keys({ ...definition, ...older.definition });
  const changed = names.filter((name) => JSON.stringify(definition[name]) !== JSON.stringify(older.definition[name]));
  const gap = hasGap ? " (others came between, which this peer has not seen)" : "";
  return `${changed.map((name) => `${name}: ${asText(definition[name])}`).join(", ") || "nothing that shows"}${gap}`;
}
