// `task show`: all that is known of one task.

import type { Spec } from "./command.ts";
import { parseTask, type Task } from "./shapes.ts";
import { asText, maybeMoment, moment, outcomeCell } from "./show.ts";
import { type Cell, createFacts } from "./table.ts";
import { taskPath } from "./task-path.ts";

export const taskShow: Spec<Record<never, never>> = {
  usage: "show <id>",
  summary: "show a task",
  examples: ["metronome task show hello"],
  async run({ isJson, ink, connect, print, printJson }, _options, [id = ""]) {
    const client = await connect();
    const answer = await client.get(taskPath(id));
    return isJson ? await printJson(answer) : await print(createFacts(facts(parseTask(answer)), ink));
  },
};

function facts(task: Task): readonly (readonly [name: string, value: Cell])[] {
  const { state, last, labels, policy, payload } = task;
  const paused = ["paused", state.until === undefined ? undefined : `until ${moment(state.until)}`, state.note]
    .filter((part) => part !== undefined).join(", ");
  return [
    ["id", task.id],
    ["name", task.name],
    ["state", state.paused ? { text: paused, colour: "yellow" } : "enabled"],
    ["schedule", asText(task.schedule)],
    ["meaning", task.sentence],
    ["next", maybeMoment(task.next)],
    ["last", last === undefined ? "-" : moment(last.instant)],
    ["outcome", last === undefined ? "-" : outcomeCell(last.outcome)],
    ["target", asText(task.target)],
    ["payload", JSON.stringify(payload)],
    ["policy", isEmpty(policy) ? "the defaults" : JSON.stringify(policy)],
    ["labels", Object.entries(labels).map(([name, value]) => `${name}=${String(value)}`).join(", ") || "-"],
    ["owner", task.owner ?? { text: `none: ${task.unowned ?? "no peer is able to fire it"}`, colour: "yellow" }],
    ["created", moment(task.createdAt)],
    ["updated", moment(task.updatedAt)],
  ];
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}
