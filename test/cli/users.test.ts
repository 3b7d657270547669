import assert from "node:assert/strict";
import { test } from "node:test";
import { withPeer } from "./world.ts";

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

test("users are made, listed, changed and deleted", () =>
  withPeer(async ({ run }) => {
    const out = async (words: string, stdin = "") => {
      const ran = await run(words, { stdin });
      return [ran.code, ran.out.replace(UUID, "ID"), ran.err];
    };
    assert.deepEqual(await out("user ls"), [
      0,
      "",
      "There are no users: the peer's own key opens everything, as admin.\n",
    ]);
    assert.deepEqual(await out("user add ada", "correct horse\nmore"), [
      0,
      "ada is an editor, with the id ID.\n",
      "",
    ]);
    assert.deepEqual(await out("user role ada runner"), [0, "ada is a runner, with the id ID.\n", ""]);
    const listed = await out("user ls");
    assert.match(String(listed[1]), /^NAME {2}ROLE .*\nada {3}runner .* ID\n$/);
    const login = await run("login ada", { stdin: "correct horse", env: { METRONOME_TOKEN: "none" } });
    assert.match(login.out, /^mtr_[A-Za-z0-9_-]{43}\n$/);
    const env = { METRONOME_TOKEN: login.out.trim() };
    assert.equal((await run("task ls", { env })).code, 0);
    assert.equal((await run("user ls", { env })).code, 4);
    assert.deepEqual(await out("user passwd ada", "battery staple\n"), [
      0,
      "Changed. Other sessions have ended.\n",
      "",
    ]);
    assert.equal((await run("login ada", { stdin: "correct horse" })).code, 4);
    assert.equal((await run("login ada", { stdin: "battery staple" })).code, 0);
    assert.equal((await run("login ada")).code, 2);
    assert.deepEqual(await out("user signout ada"), [0, "The sessions of ada have ended.\n", ""]);
    assert.deepEqual(await out("user signout"), [0, "Your other sessions have ended.\n", ""]);
    assert.equal((await run("user signout eve")).code, 4);
    assert.deepEqual(await out("user policy"), [0, "first\n", ""]);
    assert.deepEqual(await out("user policy invite"), [0, "invite\n", ""]);
    assert.match(String((await out("user invite --role viewer"))[1]), /^mtr_/);
    assert.deepEqual(await out("user rm eve"), [
      4,
      "",
      "There is no user eve: `metronome user ls` lists them.\n",
    ]);
    const alone = "Refused: 2 peers can't have it: the mesh has one peer. Nothing was written.\n  try: replicas=1\n";
    for (
      const words of ["user rm ada", "user policy open", "user role ada admin", "token", "target add t --urn http://a/"]
    ) {
      assert.deepEqual(await out(`${words} --replicas 2`), [4, "", alone], words);
    }
    assert.deepEqual(await out("user rm ada --replicas 1"), [0, "Deleted ada.\n", ""]);
  }));

test("one's own password is typed unseen, after the old one", () =>
  withPeer(async ({ run }) => {
    await run("user add ada", { stdin: "correct horse" });
    const { out: token } = await run("login ada", { stdin: "correct horse" });
    const asked: string[] = [];
    const answers = ["correct horse", "battery staple"];
    const parts = {
      typed: (prompt: string) => {
        asked.push(prompt);
        return Promise.resolve(answers[asked.length - 1] ?? "");
      },
    };
    const { code } = await run("user passwd", { parts, env: { METRONOME_TOKEN: token.trim() } });
    assert.deepEqual([code, asked], [0, ["Your password now: ", "New password: "]]);
    assert.equal((await run("login ada", { stdin: "battery staple" })).code, 0);
  }));
