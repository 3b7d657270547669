import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, sentenceOf, URN } from "../api/world.ts";
import { type Ran, withPeer } from "./world.ts";

const done = (out: string, err = ""): Ran => ({ code: 0, out, err });
const DAILY = "R/2026-12-02T08:00:00Z/P1D";

test("an edit changes what is given of a task, and leaves the rest as it is", () =>
  withPeer(async ({ run, call }) => {
    const body = {
      ...{ id: "a", name: "A", schedule: HOURLY, target: { urn: URN, method: "PUT" }, payload: { x: "{{id}}" } },
      ...{ labels: { site: "lyon", old: "1" }, template: true },
      policy: { overlap: "skip", placement: { match: { site: "lyon", arch: "x64" } } },
    };
    await call("POST tasks", { body });
    const task = async () => (await call("GET tasks/a")).body;
    const before = await task();
    assert.deepEqual(
      await run(["task", "edit", "a", "--schedule", DAILY]),
      done(
        `Changed a: ${sentenceOf(DAILY)}\nNext: 2026-12-02T08:00:00Z\n` +
          "Nobody fires it now: no peer that is heard of is of its placement (arch=x64, site=lyon).\n",
      ),
    );
    const { updatedAt: _, schedule, sentence: __, next: ___, ...rest } = await task();
    assert.deepEqual([schedule, rest], [DAILY, { ...rest, ...pick(before, Object.keys(rest)) }]);

    assert.equal((await run("task edit a --label site=paris --label new=2 --unlabel old --tolerance PT5S")).code, 0);
    assert.deepEqual((await task()).labels, { site: "paris", new: "2" });
    assert.deepEqual((await task()).policy, { ...body.policy, tolerance: "PT5S" });
    assert.match(
      (await run("task edit a --place arch=arm64")).out,
      /\nNobody fires it now: no peer that is heard of is of its placement \(arch=arm64\)\.\n$/,
    );
    assert.deepEqual((await task()).policy.placement, { match: { arch: "arm64" } });
    assert.equal((await run('task edit a --anywhere --policy {"retry":{"limit":1}}')).code, 0);
    assert.deepEqual((await task()).policy, { overlap: "skip", tolerance: "PT5S", retry: { limit: 1 } });
    assert.equal((await run("task edit a --no-template")).code, 0);
    assert.equal((await task()).template, undefined);

    assert.equal((await run(`task edit a --target ${URN}/b --payload [1]`)).code, 0);
    assert.deepEqual([(await task()).target, (await task()).payload], [`${URN}/b`, [1]]);
    await call("POST targets", { body: { name: "billing", urn: URN } });
    assert.equal((await run("task edit a --to billing --path /x")).code, 0);
    assert.deepEqual((await task()).target, { name: "billing", path: "/x" });
    assert.equal((await run("task edit a --to billing")).code, 0);
    assert.deepEqual((await task()).target, { name: "billing" });
    assert.equal(JSON.parse((await run("task edit a --name B --json")).out).name, "B");
  }));

test("an edit of nothing, of no task and of what can't be is refused, and changes nothing", () =>
  withPeer(async ({ run, call }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    const before = (await call("GET tasks/a")).body;
    for (
      const [words, code] of [
        ["task edit a", 2],
        ["task edit a --place site=lyon --anywhere", 2],
        ["task edit a --target http://localhost:1 --to b", 2],
        ["task edit a --path /x", 2],
        ["task edit", 2],
        ["task edit b --name B", 4],
        ["task edit b --place site=lyon", 4],
        ["task edit a --schedule R/2026-13-01T00:00:00Z/PT5S", 4],
        ["task edit a --replicas 2 --name B", 4],
        ["task edit a --replicas 0 --name B", 2],
      ] as const
    ) {
      const { out, err, ...ran } = await run(words);
      assert.deepEqual([words, ran.code, out, err !== ""], [words, code, "", true]);
    }
    assert.deepEqual((await call("GET tasks/a")).body, before);
  }));

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}
