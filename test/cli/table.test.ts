import assert from "node:assert/strict";
import { test } from "node:test";
import { createInk } from "../../src/cli/ink.ts";
import { createTable } from "../../src/cli/table.ts";
import { HOURLY, URN } from "../api/world.ts";
import { type Ran, withPeer } from "./world.ts";

const NO_INK = createInk({ write: () => true }, {});

test("a column that is not needed goes where the terminal is too narrow, and stays away from the rows to come", () => {
  const columns = [{ title: "A" }, { title: "B", goes: 2 }, { title: "C", goes: 1 }, { title: "D", isFlexible: true }];
  const shown = (width: number | undefined) => {
    const table = createTable(columns, NO_INK, width);
    return [[["aaaa", "bbbb", "cccc", "d".repeat(30)]], [["a", "b", "c", "d"]]].map((rows) => table.lines(rows));
  };
  const long = "d".repeat(30);
  assert.deepEqual(shown(undefined), [`A     B     C     D\naaaa  bbbb  cccc  ${long}\n`, "a     b     c     d\n"]);
  assert.deepEqual(shown(28), ["A     B     C     D\naaaa  bbbb  cccc  ddddddddd…\n", "a     b     c     d\n"]);
  assert.deepEqual(shown(27), ["A     B     D\naaaa  bbbb  dddddddddddddd…\n", "a     b     d\n"]);
  assert.deepEqual(shown(20), [
    "A     D\naaaa  dddddddddddddd…\n".replace("dddddddddddddd…", "ddddddddddddd…"),
    "a     d\n",
  ]);
});

test("lists stand in a terminal of 80 columns, and say what they are for", () =>
  withPeer(async ({ run, call, clock, answer }) => {
    const id = "a-task-with-a-long-name-that-somebody-gave-it";
    await call("POST tasks", { body: { id, schedule: HOURLY, target: `${URN}/and/a/long/path/to/somewhere` } });
    answer({
      kind: "failed",
      error: "HTTP 404 and what else the target had to say of it",
      status: 404,
      retryable: false,
    });
    await clock.pass(31 * 60_000);
    await call("POST users", { body: { name: "somebody-with-a-name", password: "correct horse", role: "editor" } });
    await run("token --name prometheus-of-the-shop");
    const needs: readonly (readonly [words: string, columns: RegExp])[] = [
      ["task ls", /^ID +STATE +NEXT +OUTCOME +SCHEDULE +TARGET$/m],
      [`task runs ${id}`, /^PLANNED +OUTCOME +RUN +DETAIL$|^PLANNED +OUTCOME +RUN$/m],
      ["runs ls", /^PLANNED +TASK +OUTCOME +RUN$/m],
      ["dead-letters ls", /^PLANNED +TASK +OUTCOME +RUN$/m],
      ["dead-letters causes", /^TARGET +LETTERS +LATEST +ERROR$/m],
      ["peers", /^NAME +STATE +SHARDS +RTT +SKEW +VERSION +PEER$/m],
      ["user ls", /^NAME +ROLE +(?:SINCE +)?ID$/m],
      ["token ls", /^ID +FOR +OPENS +(?:MADE +)?(?:USED +)?ENDS$/m],
      [`task versions ${id}`, /^WRITTEN +REVISION +BY +CHANGED$/m],
      [`task explain ${id}`, /^NAME +SCORE +ABLE +WHY NOT +PEER$/m],
      ["overview", /^FAILING SINCE +TASK +TIMES +ERROR$/m],
    ];
    for (const [words, columns] of needs) {
      const { code, out }: Ran = await run(words, { terminal: 80, env: { NO_COLOR: "1" } });
      assert.equal(code, 0, words);
      assert.match(out, columns, `${words}: ${out}`);
      const [, ...table] = out.slice(out.search(columns)).split("\n");
      for (const line of table) assert.ok(line.length <= 80, `${words}: ${line}`);
    }
  }));
