// Every way in which a command does not do what it was asked: what is told, and the exit code that scripts rely on.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { announce, keepKey } from "../../src/data-folder.ts";
import { ADMIN_TOKEN, HOURLY, LOCAL_KEY, URN } from "../api/world.ts";
import { type How, runProgram, withPeer } from "./world.ts";

const add = (schedule: string, ...more: string[]) => ["task", "add", "--schedule", schedule, "--target", URN, ...more];

/** Words, and the whole of the error output, in which each `%` is what the peer itself says is wrong. */
const REFUSED: readonly (readonly [words: readonly string[], err: string])[] = [
  [
    add("R/2026-13-01T00:00:00Z/PT5S"),
    `Refused: %
  schedule: R/2026-13-01T00:00:00Z/PT5S
                   ^
  try:      R/2026-12-01T00:00:00Z/PT5S
`,
  ],
  [
    add('{"cron":"0 9 * * *","zone":"Europe/Pari"}'),
    `Refused: %
  schedule.zone: Europe/Pari
                 ^
  try:           Europe/Paris
`,
  ],
  [
    [...add("日本 R/2026-01-01T00:00:00Z/PT5X"), "--id", "日 b", "--policy", '{"retry":{"limt":3}}'],
    `Refused: %
  id:  日 b
         ^
  try: 日-b
Refused: %
  schedule: 日本 R/2026-01-01T00:00:00Z/PT5X
            ^
Refused: %
  policy.retry.limt: 3
  try:               limit
`,
  ],
  [
    add(`0 9 * * MON,${"TUE,".repeat(40)}FRY`),
    `Refused: %
  schedule: …${"TUE,".repeat(15)}FRY
${" ".repeat(13 + 60)}^
`,
  ],
  [["task", "show", "nope"], "Refused: %\n  try: metronome task ls\n"],
  [["task", "rm", "nope"], "Refused: %\n  try: metronome task ls\n"],
  [["task", "runs", "nope"], "Refused: %\n  try: metronome task ls\n"],
  [["task", "runs", "nope", "--follow"], "Refused: %\n  try: metronome task ls\n"],
  [["task", "runs", "nope", "--follow", "--limit", "0"], "Refused: %\n  try: metronome task ls\n"],
  [["task", "trigger", "nope", "--wait"], "Refused: %\n  try: metronome task ls\n"],
  [["task", "pause", "nope", "--until", "tomorrow"], "Refused: %\n  until: tomorrow\n  try:   2026-12-01T09:00:00Z\n"],
  [["task", "runs", "nope", "--outcome", "fail"], "Refused: %\n  outcome: fail\n  try:     failed\n"],
];

/** Words, and how the error output begins. */
const USAGE: readonly (readonly [words: readonly string[], err: string, how?: How])[] = [
  [[], "Usage: metronome [options] [command]\n"],
  [["task"], "Usage: metronome task [options] [command]\n"],
  [["tusk"], "error: unknown command 'tusk'\n(Did you mean task?)\n"],
  [["task", "remove"], "error: unknown command 'remove'\n"],
  [["task", "show"], "error: missing required argument 'id'\n"],
  [["task", "show", "a", "b"], '`metronome task show` takes no word "b" here. '],
  [["task", "add"], "error: required option '--schedule <text>' not specified\n"],
  [["task", "add", "--schedule", HOURLY], "Say with --target or --to where the event goes, or ask with --preview.\n"],
  [add(HOURLY, "--labl", "a=b"), "error: unknown option '--labl'\n(Did you mean --label?)\n"],
  [
    add(HOURLY, "--label", "a"),
    "error: option '--label <name=value>' argument 'a' is invalid. It is a label's name, =,",
  ],
  [add(HOURLY, "--payload", "hello"), "--payload is not JSON: hello\nA text stands in double quotes: '\"hello\"'.\n"],
  [add(HOURLY, "--payload", "{"), "--payload is not JSON: {\n"],
  [add(HOURLY, "--payload", "-"), "--payload is not JSON: \n", { stdin: "" }],
  [add(HOURLY, "--payload", "-"), "--payload has at most 262144 bytes of JSON.\n", {
    stdin: `"${"x".repeat(300_000)}"`,
  }],
  [add(HOURLY, "--payload", "-", "--policy", "-"), "Only one of --payload and --policy can be the standard input.\n"],
  [add(HOURLY, "--policy", "[]"), '--policy is a JSON object: {"overlap":"skip"}.\n'],
  [add("{"), "--schedule begins like a JSON object, but is not JSON: {\n"],
  [
    ["task", "next", "a", "-n", "0"],
    "error: option '-n, --count <n>' argument '0' is invalid. It is a whole number from 1 to 100.\n",
  ],
  [
    ["task", "ls", "--limit", "x"],
    "error: option '--limit <n>' argument 'x' is invalid. It is a whole number from 1 to",
  ],
  [["token", "--ttl", "30D"], '--ttl: Expected a duration such as P1D or PT5S; found "30D". Try P30D.\n'],
  [["task", "ls", "--url", "localhost:8081"], 'The peer\'s URL is like http://127.0.0.1:8081, not "localhost:8081".\n'],
  [["task", "ls", "--url", "http://u:p@localhost"], "The peer's URL holds no name and password:"],
  [["task", "ls", "--token", "two words"], "A token is one word of visible ASCII characters.\n"],
];

test("what the peer refuses ends with 4, in words with the place and the way out", () =>
  withPeer(async ({ run }) => {
    for (const [words, template] of REFUSED) {
      const { detail, errors = [] } = JSON.parse((await run([...words, "--json"])).err);
      const said = errors.length === 0 ? [detail] : errors.map(({ message }: { message: string }) => message);
      const err = template.replaceAll("%", () => said.shift());
      assert.deepEqual(await run(words), { code: 4, out: "", err }, words.join(" "));
      assert.deepEqual(said, []);
    }
    await run(add(HOURLY, "--id", "a"));
    assert.deepEqual(await run(add(HOURLY, "--id", "a")), {
      code: 4,
      out: "",
      err: "Refused: A task with the id a exists: change that one, or choose another id.\n  id: a\n",
    });
    const { code, out, err } = await run("task show nope --json");
    assert.deepEqual([code, out, JSON.parse(err)], [4, "", {
      type: "about:blank",
      title: "Not found",
      status: 404,
      detail: "There is no task with the id nope.",
      field: "id",
      exit: 4,
    }]);
  }));

test("usage that can't be ends with 2, before anything is asked", async () => {
  for (const [words, err, how] of USAGE) {
    const ran = await runProgram(words, {
      env: { METRONOME_URL: "http://127.0.0.1:1", METRONOME_TOKEN: "x" },
      parts: { fetch: () => Promise.reject(new Error("asked")) },
      ...how,
    });
    assert.deepEqual([ran.code, ran.out, ran.err.slice(0, err.length)], [2, "", err], words.join(" "));
  }
});

test("help ends with 0, and each command's has an example", async () => {
  const commands = [
    "add",
    "edit",
    "ls",
    "show",
    "rm",
    "pause",
    "resume",
    "trigger",
    "next",
    "runs",
    "import",
    "export",
  ];
  const others = [["token"], ["token", "ls"], ["token", "rm"], ["overview"], ["metrics"], ["version"]];
  for (const words of [...commands.map((command) => ["task", command]), ...others]) {
    const { code, out, err } = await runProgram([...words, "--help"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(
      out,
      new RegExp(`^Usage: metronome ${words.join(" ")} .*\\n  --json .*\\n\\nExample:\\n  .*metronome `, "s"),
    );
  }
  assert.match(
    (await runProgram("--help")).out,
    /\nExit codes: 0 done, 1 failed, 2 usage, 3 .*, 4 the peer refused\.\n$/,
  );
});

test("a wrong or missing token ends with 4 and says how to get one", () =>
  withPeer(async ({ run, url, folder }) => {
    const hint = "`metronome token` on the peer's own machine makes one.\n";
    const wrong = await run("task ls --token nonsense");
    assert.deepEqual([wrong.code, wrong.err.slice(-hint.length)], [4, hint]);
    assert.match(wrong.err, /^Refused: That token opens nothing here/);
    const none = await runProgram(["task", "ls", "--url", url, "--data", folder]);
    assert.deepEqual([none.code, none.err.slice(-hint.length)], [4, hint]);
  }));

test("on the peer's own machine its data folder says where it is and opens it, and its key is shown to none else", () =>
  withPeer(async ({ url, folder }) => {
    await keepKey(folder, () => LOCAL_KEY);
    await announce(folder, url);
    const env = { METRONOME_DATA: folder };
    const none = "There are no tasks. `metronome task add --help` shows how to add one.\n";
    assert.deepEqual(await runProgram("task ls", { env }), { code: 0, out: "", err: none });
    assert.deepEqual(await runProgram(["task", "ls", "--data", folder]), { code: 0, out: "", err: none });
    assert.equal((await runProgram(["task", "ls", "--url", `${url}/`], { env })).code, 0);
    const home = join(folder, "home");
    const own = join(home, ".local", "share", "metronome");
    await mkdir(own, { recursive: true });
    await keepKey(own, () => LOCAL_KEY);
    await announce(own, url);
    assert.equal((await runProgram("task ls", { env: { HOME: home } })).code, 0);
    const heard: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      heard.push(request.headers.authorization);
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const port = (other.address() as AddressInfo).port;
    await runProgram(["task", "ls", "--url", `http://127.0.0.1:${port}`], { env });
    await new Promise((resolve) => other.close(resolve));
    assert.deepEqual(heard, [undefined]);
  }));

test("a token and an address may come from files", () =>
  withPeer(async ({ url, folder }) => {
    await writeFile(join(folder, "url"), `${url}\n`);
    await writeFile(join(folder, "token"), `${ADMIN_TOKEN}\n`);
    const env = { METRONOME_URL_FILE: join(folder, "url"), METRONOME_TOKEN_FILE: join(folder, "token") };
    assert.equal((await runProgram("task ls", { env })).code, 0);
    const lost = await runProgram("task ls", { env: { ...env, METRONOME_TOKEN_FILE: join(folder, "none") } });
    const err = `Can't read the file of METRONOME_TOKEN_FILE, ${folder}/none: there is no such file or folder.\n`;
    assert.deepEqual(lost, { code: 1, out: "", err });
  }));

test("a peer that is not there ends with 3 and says what to do", async () => {
  await withPeer(async ({ folder }) => {
    const missing = await runProgram(["task", "ls", "--data", folder]);
    assert.deepEqual([missing.code, missing.err.split("\n")[0]], [3, `No peer of yours runs on ${folder}.`]);
    assert.match(missing.err, /Start one with `metronome start`, or say which is meant/);
    assert.equal((await runProgram("task ls")).err.split("\n")[0], "No data folder is known here.");
    const port = await freePort();
    await keepKey(folder, () => LOCAL_KEY);
    await announce(folder, `http://127.0.0.1:${port}`);
    assert.deepEqual(await runProgram(["token", "--data", folder]), {
      code: 3,
      out: "",
      err: `The peer at http://127.0.0.1:${port} can't be reached: nothing listens there.\n` +
        `This address is what the last peer left in ${folder}. Start it again with \`metronome start\`.\n`,
    });
    for (const words of ["task runs a --follow", "task trigger a --wait", "task import -", "task export"]) {
      const ran = await runProgram(words, {
        env: { METRONOME_URL: `http://127.0.0.1:${port}`, METRONOME_TOKEN: "x" },
        stdin: "{}\n",
      });
      assert.equal(ran.code, 3, words);
    }
    const json = await runProgram(["task", "ls", "--data", folder, "--json"]);
    assert.deepEqual([json.code, JSON.parse(json.err).exit], [3, 3]);
  });
});

test("what the peer can't do ends with 1, and so does what is no peer", async () => {
  const answers: readonly (readonly [Response, RegExp])[] = [
    [
      new Response('{"title":"Internal error","status":500,"detail":"Something broke here; it is in the log."}', {
        status: 500,
        headers: { "content-type": "application/problem+json" },
      }),
      /^Failed \(500\): Something broke here; it is in the log\.\n$/,
    ],
    [
      new Response("<h1>hello</h1>", { status: 404 }),
      /^What answers at .* is no Metronome peer: it says HTTP 404\.\n$/,
    ],
    [new Response(null, { status: 302, headers: { location: "/" } }), /is no Metronome peer: it says HTTP 302/],
    [new Response("hello"), /^The peer answered with something that this program does not know\./],
    [new Response("[]"), /^The peer answered with something that this program does not know\./],
    [
      new Response('{"items":[{}],"cursor":null}'),
      /^The peer answered with something that this program does not know\./,
    ],
  ];
  for (const [response, err] of answers) {
    const ran = await runProgram("task ls", {
      env: { METRONOME_URL: "http://127.0.0.1:1", METRONOME_TOKEN: "x" },
      parts: { fetch: () => Promise.resolve(response) },
    });
    assert.deepEqual([ran.code, ran.out], [1, ""]);
    assert.match(ran.err, err);
  }
});

test("an add whose answer was lost is sent again, and adds once", () =>
  withPeer(async ({ run, call }) => {
    const keys: (string | null)[] = [];
    const losing: How = {
      parts: {
        async fetch(url, init) {
          const response = await fetch(url, init);
          await response.body?.cancel();
          keys.push(new Headers(init.headers).get("idempotency-key"));
          if (keys.length === 1) throw new TypeError("fetch failed", { cause: new Error("read ECONNRESET") });
          return await fetch(url, init);
        },
      },
    };
    const ran = await run(add(HOURLY), losing);
    assert.deepEqual([ran.code, ran.err], [0, ""]);
    assert.equal((await call("GET tasks")).body.items.length, 1);
    assert.ok(keys[0] !== null && keys[0] === keys[1]);
  }));

test("Ctrl-C ends what is being asked, cleanly", async () => {
  const ran = await runProgram("task ls", {
    env: { METRONOME_URL: "http://127.0.0.1:1", METRONOME_TOKEN: "x" },
    parts: {
      interrupted: () => AbortSignal.abort(),
      fetch: (_url, init) => Promise.reject(init.signal?.reason),
    },
  });
  assert.deepEqual(ran, { code: 1, out: "", err: "Interrupted.\n" });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
