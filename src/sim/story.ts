// The story of a world that broke a promise: what was broken, the faults of the world, and what happened around it.

import { taskIdOf } from "./history.ts";
import type { Violation } from "./violation.ts";
import { START } from "./plan.ts";
import type { World } from "./world.ts";

const VIOLATIONS_MAX = 8;
const LINES_MAX = 60;
const BEFORE_MS = 40_000;
const AFTER_MS = 75_000;

export function storyOf(world: World, violations: readonly Violation[]): string {
  const [first] = violations;
  return [
    ...violations.slice(0, VIOLATIONS_MAX).map(({ promise, text, task, at, id }) =>
      `  ${promise}: ${text}${
        task === undefined ? "" : ` (task ${task}${id === undefined ? "" : `, occurrence ${id}`})`
      }${at === undefined ? "" : ` at ${timeOf(at)}`}`
    ),
    violations.length > VIOLATIONS_MAX ? `  and ${violations.length - VIOLATIONS_MAX} more` : "",
    `  the world: ${JSON.stringify(world.plan.kind)}`,
    ...world.history.troubles.map(({ fault, from, to }) => `  ${timeOf(from)}–${timeOf(to)} ${JSON.stringify(fault)}`),
    ...(first?.at === undefined ? [] : around(world, first, first.at)),
  ].filter((line) => line !== "").join("\n");
}

function around({ history, targets }: World, { task, id }: Violation, moment: number): readonly string[] {
  const lines: { readonly at: number; readonly text: string }[] = [];
  const isNear = (at: number) => at >= moment - BEFORE_MS && at <= moment + AFTER_MS;
  for (const { at, endedAt, peer, action, result, why, guid, entity } of history.acks) {
    if (action.task !== task) continue;
    const stamps = Object.entries(entity?.registers ?? {}).map(([name, { stamp }]) => `${name} ${stamp}`).join(", ");
    lines.push({ at, text: `${peer} is asked to ${action.kind} ${action.task}` });
    lines.push({ at: endedAt, text: `${peer} answers ${result} ${why ?? ""} ${guid.slice(0, 8)} ${stamps}` });
  }
  for (const sent of targets.sent) {
    if (sent.task !== task || !isNear(sent.at)) continue;
    const mark = sent.id === id ? " ◀" : "";
    lines.push({
      at: sent.at,
      text: `${sent.peer} sends ${task} of ${timeOf(sent.instant)} #${sent.attempt} → ${
        sent.answer ?? "nothing"
      }${mark}`,
    });
  }
  for (const { at, peer, text } of history.logged) {
    if (isNear(at)) lines.push({ at, text: `${peer} ${text.slice(0, 400)}` });
  }
  for (const [peer, tasks] of history.versions) {
    for (const [guid, versions] of tasks) {
      for (const { at, entity } of versions) {
        if (taskIdOf(entity) === task && isNear(at)) {
          const stamps = Object.entries(entity.registers).map(([name, { stamp }]) => `${name} ${stamp}`).join(", ");
          lines.push({ at, text: `${peer} has on its disk ${guid.slice(0, 8)}: ${stamps}` });
        }
      }
    }
  }
  lines.sort((a, b) => a.at - b.at);
  return lines.slice(0, LINES_MAX).map(({ at, text }) => `  ${timeOf(at)} ${text}`);
}

export function timeOf(at: number): string {
  if (!Number.isFinite(at)) return "the end";
  const ms = Math.round(at - START);
  const minutes = Math.floor(ms / 60_000);
  return `${minutes}:${((ms - minutes * 60_000) / 1_000).toFixed(3).padStart(6, "0")}`;
}
