// `target rotate`: new credentials beside the old ones, which stay good until that is confirmed, or a moment.

import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { moment } from "./show.ts";
import { readSecret } from "./target-definition.ts";
import { targetPath } from "./target-path.ts";
import { parseTarget } from "./target-shapes.ts";
import { printable } from "./text.ts";

type Options = {
  readonly credentials?: string;
  readonly until?: string;
  readonly confirm?: true;
  readonly revert?: true;
};

export const targetRotate: Spec<Options> = {
  usage: "rotate <name>",
  isWrite: true,
  summary: "bring new credentials beside the old ones; then confirm them, or go back",
  examples: [
    "metronome target rotate billing --credentials @new.json --until 2026-12-24T08:00:00Z",
    "metronome target rotate billing --confirm",
  ],
  options: (command) =>
    command
      .option("--credentials <file>", "@file or -: a JSON object of the new ones")
      .option("--until <instant>", "the old ones are forgotten then (RFC 3339); when confirmed, if absent")
      .option("--confirm", "forget the old ones now")
      .option("--revert", "go back to the old ones"),
  async run({ parts, isJson, connect, print, printJson }, { credentials, until, confirm, revert }, [name = ""]) {
    const chosen = [credentials, confirm, revert].filter((each) => each !== undefined);
    if (chosen.length !== 1) {
      throw new Failure(EXIT.usage, "Say one of --credentials, --confirm and --revert.");
    }
    if (until !== undefined && credentials === undefined) {
      throw new Failure(EXIT.usage, "--until goes with --credentials.");
    }
    const body = credentials === undefined
      ? undefined
      : { credentials: await readSecret(credentials, parts), ...(until === undefined ? {} : { previousUntil: until }) };
    const client = await connect();
    const what = credentials === undefined ? (confirm === true ? "confirm" : "revert") : "rotate";
    const answer = await client.send("POST", targetPath(name, what), body);
    if (isJson) return await printJson(answer);
    const { held } = parseTarget(answer);
    const rotating = held.filter(({ isRotating }) => isRotating);
    if (rotating.length === 0) return await print(`${printable(name)} holds one of each again.\n`);
    const lines = rotating.map((each) =>
      `${each.name}: both are good ${each.until === undefined ? "until --confirm" : `until ${moment(each.until)}`}\n`
    );
    await print(lines.join(""));
  },
};
