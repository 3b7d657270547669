// What a user may have, who was invited, and where somebody is signed in, as the command line shows and changes it; and
// the days of a task.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSWORD, person } from "../api/world.ts";
import { line, withPeer } from "./world.ts";

const lines = (...all: string[]) => all.map((each) => `${each}\n`).join("");

test("what a user may have is said and set, of one and of all, and goes back to what it was", () =>
  withPeer(async (world) => {
    const { run } = world;
    const ada = await person(world, "ada");
    const facts = (user: string, tasks: string, bytes: string, fires: string) =>
      lines(
        `user              ${user}`,
        `tasks             ${tasks}`,
        `payload bytes     ${bytes}`,
        `fires per minute  ${fires}`,
      );
    const all = await run("user quota");
    assert.match(all.out, /^user {14}all, but admins\ntasks {13}\d+\n/);
    const set = await run("user quota ada --tasks 5 --fires-per-minute 0");
    const [, bytes = ""] = /payload bytes {5}(\d+)/.exec(all.out) ?? [];
    assert.deepEqual(set, { code: 0, out: facts("ada", "5", bytes, "0"), err: "" });
    assert.deepEqual(await run("user quota ada"), set);
    assert.deepEqual(await run("user quota me", { env: { METRONOME_TOKEN: ada.token } }), {
      ...set,
      out: facts("me", "5", bytes, "0"),
    });
    const json = await run("user quota ada --tasks default --json");
    assert.deepEqual(JSON.parse(json.out).firesPerMinute, 0);
    assert.notEqual(JSON.parse(json.out).tasks, 5);
    assert.equal(JSON.parse((await run("user quota --tasks 7 --json")).out).tasks, 7);
    assert.equal(JSON.parse((await run("user quota ada --json")).out).tasks, 7);
    assert.match((await run("user role ada admin")).out, /^ada is an admin/);
    assert.match((await run("user quota ada")).out, /\ntasks {13}no limit\n/);
    const wrong = await run("user quota ada --tasks many");
    assert.deepEqual([wrong.code, wrong.err.split("\n")[0]], [
      2,
      "error: option '--tasks <n>' argument 'many' is invalid. It is a whole number, or `default`.",
    ]);
    assert.equal((await run("user quota ada --tasks 1", { env: { METRONOME_TOKEN: "x" } })).code, 4);
    assert.equal((await run("user quota ada --tasks 99999999999")).code, 4);
  }));

test("invitations are made, listed and taken back", () =>
  withPeer(async ({ run, call }) => {
    assert.deepEqual(await run("user invite ls"), { code: 0, out: "", err: "There are no invitations.\n" });
    const made = await run("user invite --role viewer --ttl 1h");
    assert.match(made.out, /^mtr_[A-Za-z0-9_-]{43}\n$/);
    const listed = await run("user invite ls");
    assert.match(listed.out, /^ID .*ROLE .*MADE .*ENDS .*BY\n[0-9a-f]{12} {2}viewer .* admin\n$/);
    const id = listed.out.split("\n")[1]?.slice(0, 12) ?? "";
    const { id: whole } = JSON.parse((await run("user invite ls --json")).out);
    assert.deepEqual(await run(`user invite rm ${id}`), { code: 0, out: `Took back ${whole}.\n`, err: "" });
    assert.equal((await run("user invite ls")).out, "");
    await run("user policy invite");
    const body = { name: "eve", password: PASSWORD, invite: made.out.trim() };
    assert.equal((await call("POST users", { body, token: null })).status, 403, "it lets nobody in");
  }));

test("sessions are listed, and one is ended", () =>
  withPeer(async (world) => {
    const { run, call } = world;
    await person(world, "ada");
    const none = "Nobody is signed in: there are no such sessions.\n";
    assert.deepEqual(await run("user sessions ada"), { code: 0, out: "", err: none });
    const body = { name: "ada", password: PASSWORD };
    const agent = { headers: { "user-agent": "Firefox\u001b[31m" } };
    for (const remote of ["192.0.2.1", "192.0.2.2"]) {
      assert.equal((await call("POST auth/session", { body, token: null, remote, ...agent })).status, 204);
    }
    const { out } = await run("user sessions ada");
    assert.match(
      out,
      /^ID .*OPENED .*FROM .*USED .*FROM .*ENDS .*WITH\n(?:[0-9a-f]{12} .* 192\.0\.2\.\d .* - .*\n){2}$/,
    );
    assert.ok(!out.includes("\u001b"));
    const [id = ""] = /[0-9a-f]{12}/.exec(out) ?? [];
    assert.match((await run(`user signout ada --session ${id}`)).out, /^Ended [0-9a-f]{64}\.\n$/);
    assert.equal((await run("user sessions ada")).out.trim().split("\n").length, 2);
    const again = await run(`user signout ada --session ${id}`);
    assert.equal(again.code, 4);
    assert.match(again.err, /^There is no session whose id begins with .*: `metronome user sessions` lists them\.\n$/);
    assert.equal((await run("user signout ada")).code, 0);
    assert.deepEqual(await run("user sessions ada"), { code: 0, out: "", err: none });
  }));

test("the days of a task are listed, the latest first", () =>
  withPeer(async ({ run, clock, answer }) => {
    await clock.pass(60_000);
    await run("task import -", { stdin: line("a", { schedule: "R/2026-01-01T00:00:00Z/PT15M" }) });
    assert.deepEqual(await run("task days a"), { code: 0, out: "", err: "Nothing has become of it yet.\n" });
    await clock.pass(20 * 60_000);
    answer({ kind: "failed", error: "answered 400", status: 400, retryable: false });
    await clock.pass(30 * 60_000);
    // There the next day begins at 10:00 of UTC.
    assert.deepEqual(
      (await run("task days a --zone Pacific/Kiritimati")).out,
      lines(
        "DAY         DELIVERED  FAILED  EXPIRED  MISSED  SKIPPED  WORST LATE",
        "2026-12-02  -          2       -        -       -        0 ms",
        "2026-12-01  1          -       -        -       -        0 ms",
      ),
    );
    const [utc] = (await run("task days a --limit 1 --json")).out.trim().split("\n").map((each) => JSON.parse(each));
    assert.deepEqual([utc.day, utc.delivered, utc.failed], ["2026-12-01", 1, 2]);
    const zone = await run("task days a --zone Europe/Pari");
    assert.deepEqual([zone.code, zone.err.split("\n").at(-2)], [4, "  try:  Europe/Paris"]);
  }));
