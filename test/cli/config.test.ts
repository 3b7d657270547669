// The settings of a peer: which source wins, and what is said of a value that can't be.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Config, defaultData, type Flags, type Misconfigured, readConfig } from "../../src/config.ts";
import { printTicket } from "../../src/core/membership/ticket.ts";
import { instant } from "../../src/core/values/instant.ts";

const TOKEN = "a".repeat(32);
const TICKET = printTicket({
  inviter: `12D3KooW${"x".repeat(44)}`,
  meshKey: "k".repeat(43),
  secret: "s".repeat(22),
  expiresAt: instant(Date.UTC(2026, 11, 1)),
  addresses: ["/ip4/192.0.2.1/tcp/8091"],
});

type Given = {
  readonly flags?: Flags;
  readonly env?: { readonly [name: string]: string };
  /** Texts of files, by path. */
  readonly files?: { readonly [path: string]: string };
};

function read({ flags = {}, env = {}, files = {} }: Given): Config | Misconfigured {
  return readConfig({
    flags,
    env: { HOME: "/home/ada", ...env },
    readText(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return text;
    },
    hostname: () => "lab-1",
    platform: "linux",
  });
}

const DEFAULTS: Config = {
  data: "/home/ada/.local/share/metronome",
  http: { host: "127.0.0.1", port: 8081 },
  name: "lab-1",
  labels: {},
  allowOrigins: [],
  allowTargets: [],
};

test("without a setting everything has its default", () => assert.deepEqual(read({}), DEFAULTS));

/** For each setting: a text, a text that loses against it, what the text means, and its key in a file. */
const CASES = [
  { flag: "tls", variable: "METRONOME_TLS", text: "self-signed", loser: "x", means: { tls: { kind: "self-signed" } } },
  {
    flag: "allow-origins",
    variable: "METRONOME_ALLOW_ORIGINS",
    text: "https://board.example, http://localhost:4200",
    loser: "http://a",
    means: { allowOrigins: ["https://board.example", "http://localhost:4200"] },
    key: "allowOrigins",
  },
  {
    flag: "allow-targets",
    variable: "METRONOME_ALLOW_TARGETS",
    text: "10.0.0.0/8, fd00::/8",
    loser: "10.0.0.1",
    means: { allowTargets: [{ base: 0xffff_0a00_0000n, bits: 104 }, { base: 0xfd00n << 112n, bits: 8 }] },
    key: "allowTargets",
  },
  { flag: "data", variable: "METRONOME_DATA", text: "/srv/m", loser: "/srv/n", means: { data: "/srv/m" } },
  {
    flag: "http",
    variable: "METRONOME_HTTP",
    text: "0.0.0.0:0",
    loser: "h:1",
    means: { http: { host: "0.0.0.0", port: 0 } },
  },
  {
    flag: "p2p",
    variable: "METRONOME_P2P",
    text: "[::1]:65535",
    loser: "h:1",
    means: { p2p: { host: "::1", port: 65_535 } },
  },
  { flag: "name", variable: "METRONOME_NAME", text: "Küche 1", loser: "x", means: { name: "Küche 1" } },
  {
    flag: "label",
    key: "labels",
    variable: "METRONOME_LABELS",
    text: "a=1,b=x y,c=",
    loser: "d=1",
    means: { labels: { a: "1", b: "x y", c: "" } },
  },
  {
    flag: "join",
    key: undefined,
    variable: "METRONOME_JOIN",
    text: TICKET,
    loser: "other",
    means: { join: TICKET },
  },
  {
    key: undefined,
    variable: "METRONOME_ADMIN_TOKEN",
    text: TOKEN,
    loser: "b".repeat(40),
    means: { adminToken: TOKEN },
  },
] as const;

for (const given of CASES) {
  const { variable, text, loser, means } = given;
  const flag = "flag" in given ? given.flag : undefined;
  const key = "key" in given ? given.key : flag;
  test(`${variable}: the flag wins over the variable, that over the file, that over the default`, () => {
    const expected = { ...DEFAULTS, ...means };
    const losing = key === undefined ? {} : { "/m.json": JSON.stringify({ [key]: loser }) };
    const config = { METRONOME_CONFIG: "/m.json" };
    const files = { "/m.json": "{}", ...losing, "/secret": `${text}\n` };
    if (flag !== undefined) {
      assert.deepEqual(read({ flags: { [flag]: text }, env: { [variable]: loser, ...config }, files }), expected);
      assert.deepEqual(read({ flags: { [flag]: text }, env: { [`${variable}_FILE`]: "/gone" }, files }), expected);
    }
    assert.deepEqual(read({ env: { [variable]: text, ...config }, files }), expected);
    assert.deepEqual(read({ env: { [`${variable}_FILE`]: "/secret", ...config }, files }), expected);
    if (key === undefined) return;
    const file = { "/m.json": JSON.stringify({ [key]: text }) };
    assert.deepEqual(read({ env: config, files: file }), expected);
    assert.deepEqual(read({ flags: { config: "/m.json" }, env: { METRONOME_CONFIG: "/gone" }, files: file }), expected);
  });
}

test("a certificate comes with its key", () => {
  const files = { kind: "files", certificate: "c.pem", key: "k.pem" };
  const flags = { "tls-cert": "c.pem", "tls-key": "k.pem" };
  assert.deepEqual(read({ flags }), { ...DEFAULTS, tls: files });
  assert.deepEqual(read({ flags, env: { METRONOME_TLS: "self-signed" } }), { ...DEFAULTS, tls: files });
  const lines = ["a certificate and its key are both given, or neither; expected: --tls-cert and --tls-key"];
  assert.deepEqual(read({ flags: { "tls-cert": "c.pem" } }), { kind: "misconfigured", lines });
});

test("labels come from flags one by one, from a variable with commas, from a file as an object", () => {
  const expected = { ...DEFAULTS, labels: { site: "lab", rack: "2" } };
  assert.deepEqual(read({ flags: { label: ["site=lab", "rack=2"] } }), expected);
  assert.deepEqual(read({ env: { METRONOME_LABELS: "site=lab, rack=2" } }), expected);
  const files = { "/m.json": '{"labels":{"site":"lab","rack":"2"}}' };
  assert.deepEqual(read({ flags: { config: "/m.json" }, files }), expected);
});

test("a value that can't be is told in one line, with its place and what was expected", () => {
  const address = "expected: host:port, such as 127.0.0.1:8081 or [::1]:8081, where port 0 takes any that is free";
  const labels = "expected: at most 32 of name=value, such as site=lab, each name once";
  const token = "expected: 32 to 1024 printable ASCII characters without spaces";
  const file = (text: string): Given => ({ flags: { config: "/m.json" }, files: { "/m.json": text } });
  const cases: readonly (readonly [Given, string])[] = [
    [{ flags: { http: "8081" } }, `--http is "8081"; ${address}`],
    [{ flags: { http: "::1:8081" } }, `--http is "::1:8081"; ${address}`],
    [{ flags: { http: "127.0.0.1:65536" } }, `--http is "127.0.0.1:65536"; ${address}`],
    [{ flags: { http: "127.0.0.1:-1" } }, `--http is "127.0.0.1:-1"; ${address}`],
    [{ flags: { http: "" } }, `--http is ""; ${address}`],
    [{ env: { METRONOME_HTTP: "http://x:1" } }, `METRONOME_HTTP is "http://x:1"; ${address}`],
    [{ env: { METRONOME_HTTP: "\n\x1b[31m" } }, `METRONOME_HTTP is "\\n\\u001b[31m"; ${address}`],
    [file('{"http":8081}'), `"http" in /m.json is "8081"; ${address}`],
    [file('{"http":["a:1"]}'), `"http" in /m.json is "[\\"a:1\\"]"; ${address}`],
    [{ env: { METRONOME_P2P: "x" } }, `METRONOME_P2P is "x"; ${address.replaceAll("8081", "8091")}`],
    [
      { env: { METRONOME_JOIN: "none" } },
      'METRONOME_JOIN: A ticket starts with "mtr1."; this is none, or of a newer version.',
    ],
    [{ flags: { data: "" } }, '--data is ""; expected: the path of a folder'],
    [{ flags: { name: "a\nb" } }, '--name is "a\\nb"; expected: 1 to 64 printable characters'],
    [{ flags: { name: "x".repeat(90) } }, `--name is "${"x".repeat(80)}…"; expected: 1 to 64 printable characters`],
    [{ flags: { label: ["site"] } }, `--label is "site"; ${labels}`],
    [{ flags: { label: ["a=1", "a=2"] } }, `--label is "a=1, a=2"; ${labels}`],
    [file('{"labels":{"a":1}}'), `"labels" in /m.json is ""; ${labels}`],
    [
      { env: { METRONOME_ADMIN_TOKEN: "short" } },
      `METRONOME_ADMIN_TOKEN has 5 characters, or some that can't be; ${token}`,
    ],
    [{ env: { METRONOME_ADMIN_TOKEN: "" } }, `METRONOME_ADMIN_TOKEN has 0 characters, or some that can't be; ${token}`],
    [
      { env: { METRONOME_ADMIN_TOKEN_FILE: "/t" }, files: { "/t": "short" } },
      `the file of METRONOME_ADMIN_TOKEN_FILE has 5 characters, or some that can't be; ${token}`,
    ],
    [
      { env: { METRONOME_ADMIN_TOKEN_FILE: "/gone" } },
      `METRONOME_ADMIN_TOKEN_FILE is "/gone", which can't be read (ENOENT); expected: the path of a file`,
    ],
    [
      { env: { METRONOME_HTTP: "h:1", METRONOME_HTTP_FILE: "/h" } },
      "METRONOME_HTTP and METRONOME_HTTP_FILE are both set; expected: one of them",
    ],
    [
      { flags: { config: "/gone" } },
      `--config is "/gone", which can't be read (ENOENT); expected: a file of a JSON object`,
    ],
    [file("{"), `--config is "/m.json", which is no JSON (position 1); expected: a file of a JSON object`],
    [file("[]"), `--config is "/m.json", which holds no object; expected: a file of a JSON object`],
    [
      file('{"htpp":"a:1"}'),
      `"htpp" in /m.json is no setting; expected: data, http, p2p, name, labels, allowOrigins, allowTargets, tls, tlsCert, tlsKey`,
    ],
    [
      file('{"adminToken":"x"}'),
      `"adminToken" in /m.json is no setting; expected: data, http, p2p, name, labels, allowOrigins, allowTargets, tls, tlsCert, tlsKey`,
    ],
    [{ env: { HOME: "" } }, "no home folder is known here: say with --data where the data is kept"],
  ];
  for (const [given, line] of cases) assert.deepEqual(read(given), { kind: "misconfigured", lines: [line] });
});

test("everything that is wrong is told at once", () => {
  const wrong = read({ flags: { http: "x" }, env: { METRONOME_P2P: "y", METRONOME_ADMIN_TOKEN: "z" } });
  assert.deepEqual("lines" in wrong && wrong.lines.map((line) => line.split(" ")[0]), [
    "--http",
    "METRONOME_P2P",
    "METRONOME_ADMIN_TOKEN",
  ]);
});

test("a secret is never shown, whatever is wrong with it", () => {
  const secret = "a secret with spaces that is long enough to be a token";
  for (const variable of ["METRONOME_ADMIN_TOKEN", "METRONOME_JOIN"]) {
    const wrong = read({ env: { [variable]: secret } });
    assert.ok("lines" in wrong && !wrong.lines.join().includes("secret"));
  }
});

test("data lies where the platform keeps the data of programs", () => {
  const cases = [
    ["linux", { HOME: "/h" }, "/h/.local/share/metronome"],
    ["linux", { HOME: "/h", XDG_DATA_HOME: "/x" }, "/x/metronome"],
    ["linux", { HOME: "/h", XDG_DATA_HOME: "relative" }, "/h/.local/share/metronome"],
    ["darwin", { HOME: "/h" }, "/h/Library/Application Support/Metronome"],
    ["win32", { LOCALAPPDATA: "/l" }, join("/l", "Metronome")],
    ["linux", {}, undefined],
  ] as const;
  for (const [platform, env, folder] of cases) assert.equal(defaultData({ platform, env }), folder);
});
