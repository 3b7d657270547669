// Secrets are planted wherever a peer takes one, and then all that it writes, says and shows is searched for them.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { isRunning, Site, until } from "./peer.ts";

const ADMIN = "canary-admin-token-0123456789-0123456789";
const PASSWORD = "canary-password-of-ada";
const WRONG = "canary-wrong-password";
const IN_URN = "canary-in-the-urn";
const IN_HEADER = "canary-in-a-header";
const SEALED = "canary-sealed-credential";
const GUESS = `mtr_${"canary".repeat(7)}x`;

test("no secret stands in a log, an answer, an export, a command line or on the disk", async () => {
  await using site = new Site();
  const program = site.start({ env: { METRONOME_ADMIN_TOKEN: ADMIN } });
  const { http, pid } = await program.ready();
  const said: string[] = [];
  const ask = async (
    line: string,
    body?: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${ADMIN}` },
  ) => {
    const [method = "GET", path = ""] = line.split(" ");
    const response = await fetch(http + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    said.push(`${line} ${response.status} ${[...response.headers].filter(([name]) => name !== "set-cookie")} ${text}`);
    return { status: response.status, text, cookie: response.headers.get("set-cookie") ?? "" };
  };
  const events = await fetch(`${http}/api/v1/events`, { headers: { authorization: `Bearer ${ADMIN}` } });
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
  const streamed = (async () => {
    let text = "";
    try {
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
    } catch {
      // The peer has gone.
    }
    return text;
  })();

  assert.equal((await ask("POST /api/v1/users", { name: "ada", password: PASSWORD, role: "admin" })).status, 201);
  const session = await ask("POST /api/v1/auth/session", { name: "ada", password: PASSWORD }, {});
  assert.equal(session.status, 204);
  const cookie = /=([^;]+)/.exec(session.cookie)?.[1] ?? "";
  // What is shown once is shown: only these three answers may.
  const shown: string[] = [];
  for (
    const [line, body] of [
      ["POST /api/v1/tokens", { name: "script" }],
      ["POST /api/v1/invites", {}],
      ["POST /auth", { type: "bearer", username: "ada", password: PASSWORD }],
    ] as const
  ) {
    const { text } = await ask(line, body);
    said.pop();
    const { token, invite, refreshToken } = JSON.parse(text);
    shown.push(...[token, invite, refreshToken].filter((each) => each !== undefined));
  }
  assert.equal(shown.length, 4);

  const target = { urn: `http://u:${IN_URN}@127.0.0.1:9/x`, headers: { "x-api-key": IN_HEADER } };
  const schedule = `R/${new Date(Date.now() - 60_000).toISOString()}/PT1S`;
  const task = { id: "a", schedule, target, policy: { retry: { limit: 0 } } };
  assert.equal((await ask("POST /api/v1/tasks", task)).status, 201);
  const named = {
    name: "sealed",
    urn: "http://127.0.0.1:9/y",
    auth: { kind: "bearer" },
    credentials: { token: SEALED },
  };
  assert.equal((await ask("POST /api/v1/targets", named)).status, 201);
  assert.equal((await ask("POST /api/v1/tasks", { id: "b", schedule, target: { name: "sealed" } })).status, 201);
  await until(
    "a run has failed",
    async () => JSON.parse((await ask("GET /api/v1/runs?outcome=failed&limit=1")).text).items.length === 1,
  );

  // All that may be asked, rightly and wrongly.
  for (
    const line of [
      "GET /api/v1/tasks",
      "GET /api/v1/tasks/a",
      "GET /api/v1/tasks:export",
      "GET /api/v1/tasks/a/runs",
      "GET /api/v1/tasks/a/explain",
      "GET /api/v1/runs",
      "GET /api/v1/targets",
      "GET /api/v1/targets/sealed",
      "GET /api/v1/breakers",
      "GET /api/v1/conflicts",
      "GET /api/v1/mesh",
      "GET /api/v1/users",
      "GET /api/v1/users/me",
      "GET /api/v1/tokens",
      "GET /api/v1/invites",
      "GET /api/v1/settings",
      "GET /api/v1/auth",
      "GET /api/v1/auth/session",
      "GET /api/v1/audit",
      "GET /api/v1/audit:export",
      "GET /tasks",
    ]
  ) await ask(line);
  await ask("POST /api/v1/auth/session", { name: "ada", password: WRONG }, {});
  await ask("POST /api/v1/auth/token", { name: PASSWORD, password: WRONG }, {});
  await ask("POST /api/v1/auth/session", { token: GUESS }, {});
  await ask("GET /api/v1/tasks", undefined, { authorization: `Bearer ${GUESS}` });
  await ask("POST /api/v1/tasks", { ...task, id: "c", target: { ...target, method: "X" } });
  await ask("POST /api/v1/tasks", { ...task, id: "c", schedule: "never" });
  await ask("POST /api/v1/users", { name: "ada", password: PASSWORD, rolle: PASSWORD.length });

  if (process.platform === "linux") {
    for (const file of ["cmdline"]) said.push(readFileSync(`/proc/${pid}/${file}`, "utf8"));
  }
  process.kill(pid, "SIGTERM");
  await program.ended;
  assert.ok(!isRunning(pid));
  said.push(program.stdout(), program.stderr(), await streamed);
  const secrets = [ADMIN, PASSWORD, WRONG, IN_URN, IN_HEADER, SEALED, GUESS, cookie, ...shown];
  for (const secret of secrets) {
    assert.ok(secret.length > 10);
    const leak = said.find((text) => text.includes(secret));
    assert.equal(leak, undefined, `${secret} stands in ${leak?.slice(0, 300)}`);
  }
  for (const folder of [site.data, join(site.data, "store"), join(site.data, "audit")]) {
    if (process.platform !== "win32") assert.equal(statSync(folder).mode & 0o077, 0, `${folder} is open to others`);
  }
  for (const path of filesIn(site.data)) {
    const bytes = readFileSync(path).toString("latin1");
    for (const secret of secrets) {
      assert.ok(!bytes.includes(secret), `${secret} stands in ${path}`);
    }
    // LevelDB makes its files as it likes, in a folder that nobody else may enter.
    if (process.platform !== "win32" && !path.startsWith(join(site.data, "store"))) {
      assert.equal(statSync(path).mode & 0o077, 0, `${path} is open to others`);
    }
  }
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
