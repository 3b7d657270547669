import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "node:https";
import { networkInterfaces } from "node:os";
import { type TLSSocket } from "node:tls";
import process from "node:process";
import { test } from "node:test";
import { selfSigned } from "../../src/secrets/certificate.ts";
import { Site, TOKEN } from "./peer.ts";

type Answer = { status: number; cookie: string; fingerprint: string; text: string };

/** Whoever vouches for the certificate: what is looked at is the certificate itself. */
function ask(url: string, method = "GET", body = "", headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type = body === "" ? {} : { "content-type": "application/json" };
    const sent = request(url, { method, rejectUnauthorized: false, headers: { ...type, ...headers } }, (response) => {
      const { fingerprint256: fingerprint = "" } = (response.socket as TLSSocket).getPeerCertificate();
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => text += piece);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          cookie: response.headers["set-cookie"]?.[0] ?? "",
          fingerprint,
          text,
        });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

test("a peer makes itself a certificate, shows its fingerprint, and keeps it", async () => {
  await using site = new Site();
  const first = site.start({ args: ["--tls", "self-signed"] });
  const ready = await first.ready();
  assert.match(ready.http, /^https:\/\/127\.0\.0\.1:\d+$/);
  const printed = JSON.parse(first.stdout()).fingerprint;
  assert.match(printed, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  const health = await ask(`${ready.http}/healthz`);
  assert.equal(health.status, 200);
  // Deno's getPeerCertificate says nothing of it.
  if (health.fingerprint !== "") assert.equal(health.fingerprint, printed);
  const session = await ask(`${ready.http}/api/v1/auth/session`, "POST", JSON.stringify({ token: TOKEN }));
  const port = new URL(ready.http).port;
  assert.match(
    session.cookie,
    new RegExp(`^__Host-metronome-${port}=mtr_[\\w-]{43}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000$`),
  );
  const cookie = session.cookie.split(";")[0] ?? "";
  assert.equal((await ask(`${ready.http}/api/v1/tasks`, "GET", "", { cookie })).status, 200);
  assert.equal(
    (await ask(`${ready.http}/api/v1/tasks`, "GET", "", { cookie: cookie.slice("__Host-".length) })).status,
    401,
  );
  // No event goes to the peer itself, nor by the way that its command line comes.
  for (const way of [ready.http, readFileSync(join(site.data, "url"), "utf8")]) {
    const task = JSON.stringify({ id: "own", schedule: "0 0 * * *", target: `${way.trim()}/api/v1/tasks` });
    const refused = await ask(`${ready.http}/api/v1/tasks`, "POST", task, { authorization: `Bearer ${TOKEN}` });
    assert.deepEqual([refused.status, /is this peer itself/.test(refused.text)], [422, true], refused.text);
  }
  assert.equal(statSync(join(site.data, "tls.pem")).mode & 0o777, 0o600);
  const listed = await site.run({ args: ["task", "ls", "--data", site.data] }).ended;
  assert.equal(listed.code, 0, listed.stderr);
  process.kill(ready.pid, "SIGTERM");
  await first.ended;
  const second = site.start({ args: ["--tls", "self-signed"] });
  await second.ready();
  assert.equal(JSON.parse(second.stdout()).fingerprint, printed);
});

test("a peer that is bound to every address opens nothing without a token, and gives itself away to no stranger", async () => {
  await using site = new Site();
  const lan = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address;
  for (const tls of [[], ["--tls", "self-signed"]]) {
    const program = site.start({
      args: ["--http", "0.0.0.0:0", ...tls],
      env: { METRONOME_ADMIN_TOKEN: undefined },
    });
    const { http, pid } = await program.ready();
    const { protocol, port } = new URL(http);
    const send = async (line: string, body = "") => {
      const [method = "GET", path = ""] = line.split(" ");
      const url = `${protocol}//${lan ?? "127.0.0.1"}:${port}${path}`;
      if (tls.length > 0) return (await ask(url, method, body)).status;
      const headers = { "content-type": "application/json" };
      return (await fetch(url, { method, ...(body === "" ? {} : { body, headers }) })).status;
    };
    assert.equal(await send("GET /healthz"), 200);
    for (
      const line of ["GET /api/v1/tasks", "GET /tasks", "GET /api/v1/mesh", "GET /metrics", "POST /api/v1/tickets"]
    ) {
      assert.equal(await send(line), 401, line);
    }
    assert.equal(await send("POST /api/v1/auth/session", '{"code":"a"}'), 401);
    // Nobody from elsewhere is the first, and so the admin, without the code that the start has printed.
    if (lan !== undefined) {
      const user = JSON.stringify({ name: "eve", password: "correct horse" });
      for (const path of ["/api/v1/users", "/user"]) assert.equal(await send(`POST ${path}`, user), 403, path);
    }
    process.kill(pid, "SIGTERM");
    const { stderr } = await program.ended;
    assert.equal(stderr.includes("can be read on the way"), tls.length === 0, stderr);
  }
});

test("a peer takes a certificate of files, and says what is wrong with them", async () => {
  await using site = new Site();
  const [certificate, key] = [join(site.path, "c.pem"), join(site.path, "k.pem")];
  const args = ["--tls-cert", certificate, "--tls-key", key];
  const made = selfSigned(["localhost"], Date.now());
  writeFileSync(certificate, made.certificate);
  const missing = await site.start({ args }).ended;
  assert.deepEqual([missing.code, missing.stderr.includes("k.pem can't be read (ENOENT)")], [1, true], missing.stderr);
  writeFileSync(key, "no key");
  writeFileSync(certificate, "no certificate");
  const wrong = await site.start({ args }).ended;
  assert.deepEqual(
    [wrong.code, wrong.stderr.includes("hold no PEM certificate with its key")],
    [1, true],
    wrong.stderr,
  );
  const old = selfSigned(["localhost"], Date.UTC(2010));
  writeFileSync(certificate, old.certificate);
  writeFileSync(key, old.key);
  assert.match((await site.start({ args }).ended).stderr, /ended on 2019-12-/);
  writeFileSync(certificate, made.certificate);
  writeFileSync(key, made.key);
  const { http } = await site.start({ args }).ready();
  assert.equal((await ask(`${http}/healthz`)).status, 200);
});
