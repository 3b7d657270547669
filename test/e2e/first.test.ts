// Who is the first of a mesh: real peers, of which one does not know what the other does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { again, Meshed, together } from "./meshed.ts";
import { call, kill, until } from "./peer.ts";

/** Of a problem: enough to tell it from others. */
const SHOWN = 40;

const signUp = async (url: string, name: string) => {
  const { status, body } = await call(url, "/api/v1/users", { name, password: "correct horse" }, { authorization: "" });
  return [status, body.role ?? body.detail.slice(0, SHOWN)];
};

const TOO_FEW = [503, "The first to sign up is an admin of the whole mesh".slice(0, SHOWN)];
const CLOSED = [403, "Nobody signs up here by themselves: an admin makes users.".slice(0, SHOWN)];

test("a peer that joined lets nobody be the first while it can't ask the mesh, also after a restart", async () => {
  await using mesh = new Meshed();
  const one = await mesh.start("one");
  const two = await mesh.join("two", one);
  await together(one, two);
  // It stands still, and answers nothing.
  kill(one.ready.pid, "SIGSTOP");
  assert.deepEqual(await signUp(two.ready.http, "eve"), TOO_FEW);
  kill(two.ready.pid, "SIGKILL");
  await two.program.ended;
  await again(two, "two");
  assert.deepEqual(await signUp(two.ready.http, "eve"), TOO_FEW);
  kill(one.ready.pid, "SIGCONT");
  await together(one, two);
  assert.deepEqual(await signUp(two.ready.http, "eve"), [201, "admin"]);
  assert.deepEqual(await signUp(one.ready.http, "bob"), CLOSED);
});

test("what a founder's users did before a peer joined is known there before anybody can be the first", async () => {
  await using mesh = new Meshed();
  const one = await mesh.start("one");
  assert.deepEqual(await signUp(one.ready.http, "ada"), [201, "admin"]);
  const two = await mesh.join("two", one);
  // Until it can ask, it lets nobody in either.
  let said = await signUp(two.ready.http, "eve");
  await until("it has asked", async () => {
    if (said[0] !== 503) return true;
    assert.deepEqual(said, TOO_FEW);
    said = await signUp(two.ready.http, "eve");
    return false;
  });
  assert.deepEqual(said, CLOSED);
  // The founder alone does not let a second one in either, whoever is away.
  kill(two.ready.pid, "SIGKILL");
  await until("it is closed", async () => (await signUp(one.ready.http, "bob"))[0] === 403);
});
