import assert from "node:assert/strict";
import { test } from "node:test";
import { Errands, type TaskCommand } from "../../src/core/machine/errands.ts";
import type { CommandResult } from "../../src/core/protocol/command.ts";
import type { Answer } from "../../src/core/protocol/message.ts";
import type { PeerId, TaskGuid } from "../../src/core/values/ids.ts";

const COMMAND: TaskCommand = { kind: "task", guid: "a".repeat(64) as TaskGuid, command: { kind: "trigger" } };
const UNKNOWN: CommandResult = { kind: "refused", why: "not-found", message: "there is no such task" };

function owner() {
  const carriedOut: (readonly [number, TaskCommand])[] = [];
  const syncs: { readonly from: PeerId; readonly onEnd: () => void }[] = [];
  const answers: Answer[] = [];
  const errands = new Errands({
    self: "a",
    effect: () => {},
    ask: () => {},
    sync: (from, onEnd) => void syncs.push({ from, onEnd }),
    command: (...what) => void carriedOut.push(what),
    dossier: () => undefined,
  });
  errands.obey("b", { kind: "command", command: COMMAND }, (answer) => void answers.push(answer));
  const reply = (result: CommandResult) => errands.replied(carriedOut.at(-1)?.[0] ?? 0, result);
  return { carriedOut, syncs, answers, reply };
}

test("a command for a task that its owner has not heard of waits until the owner has what the asking peer has", () => {
  const { carriedOut, syncs, answers, reply } = owner();
  reply(UNKNOWN);
  assert.deepEqual([syncs.map(({ from }) => from), answers], [["b"], []]);
  syncs[0]?.onEnd();
  assert.deepEqual(carriedOut.map(([, command]) => command), [COMMAND, COMMAND]);
  reply({ kind: "written" });
  assert.deepEqual(answers, [{ kind: "command", result: { kind: "written" } }]);
});

test("what is unknown to both is answered so after one look, and any other refusal at once", () => {
  const lost = owner();
  lost.reply(UNKNOWN);
  lost.syncs[0]?.onEnd();
  lost.reply(UNKNOWN);
  assert.deepEqual([lost.answers, lost.syncs.length], [[{ kind: "command", result: UNKNOWN }], 1]);

  const busy: CommandResult = { kind: "refused", why: "busy", message: "not now" };
  const other = owner();
  other.reply(busy);
  assert.deepEqual([other.answers, other.syncs], [[{ kind: "command", result: busy }], []]);
});
