// What the person who starts a peer has set: flags before METRONOME_* variables (and their *_FILE forms), those before
// the JSON file of --config, that before the defaults. Parsed once into one value; all that is wrong is said at once,
// a line each, naming the flag or variable and what was expected.

import { isAbsolute, join, resolve } from "node:path";
import { parseTicket } from "./core/membership/ticket.ts";
import { type Block, parseBlock } from "./core/values/address.ts";
import { type Fault, isFault } from "./core/values/fault.ts";
import { LABEL_NAME_MAX, LABEL_VALUE_MAX } from "./core/values/labels.ts";

export type Config = {
  /** The data folder, as an absolute path. */
  readonly data: string;
  readonly http: Address;
  /** Where other peers are met; absent: 127.0.0.1:8091, and every address once there are others. */
  readonly p2p?: Address;
  readonly name: string;
  readonly labels: { readonly [name: string]: string };
  /** The ticket of the mesh to join. */
  readonly join?: string;
  readonly adminToken?: string;
  /** Of other sites whose pages may ask this peer; exact, as browsers send them. */
  readonly allowOrigins: readonly string[];
  /** Networks that everybody's tasks may reach, and not only an admin's. */
  readonly allowTargets: readonly Block[];
  /** Of the HTTP side; absent: plain HTTP. */
  readonly tls?: TlsConfig;
};

/** Paths of PEM files, or a certificate that the peer signs itself and keeps. */
export type TlsConfig =
  | { readonly kind: "files"; readonly certificate: string; readonly key: string }
  | { readonly kind: "self-signed" };

export type Address = {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  /** With 0 the system chooses one. */
  readonly port: number;
};

/** Options as the command line has parsed them; `label` may come more than once. */
export type Flags = { readonly [name: string]: string | readonly string[] | boolean | undefined };

export type Sources = {
  readonly flags: Flags;
  readonly env: { readonly [name: string]: string | undefined };
  /** Throws when there is no such file. */
  readonly readText: (path: string) => string;
  readonly hostname: () => string;
  readonly platform: string;
};

export type Misconfigured = { readonly kind: "misconfigured"; readonly lines: readonly string[] };

export function readConfig(sources: Sources): Config | Misconfigured {
  const lines: string[] = [];
  const file = readFile(sources, lines);
  const read = <T>(setting: Setting<T>) => valueOf(setting, sources, file, lines);

  const data = read(DATA) ?? defaultData(sources);
  const config = {
    http: read(HTTP) ?? { host: "127.0.0.1", port: 8081 },
    name: read(NAME) ?? sources.hostname(),
    labels: read(LABELS) ?? {},
    allowOrigins: read(ALLOW_ORIGINS) ?? [],
    allowTargets: read(ALLOW_TARGETS) ?? [],
  };
  const tls = tlsOf(read(TLS), read(TLS_CERT), read(TLS_KEY), lines);
  const [p2p, ticket, adminToken] = [read(P2P), read(JOIN), read(ADMIN_TOKEN)];
  if (data === undefined) lines.push("no home folder is known here: say with --data where the data is kept");
  return data === undefined || lines.length > 0 ? { kind: "misconfigured", lines } : {
    data: resolve(data),
    ...config,
    ...(p2p === undefined ? {} : { p2p }),
    ...(tls === undefined ? {} : { tls }),
    ...(ticket === undefined ? {} : { join: ticket }),
    ...(adminToken === undefined ? {} : { adminToken }),
  };
}

/** Where this platform keeps the data of programs; absent when the environment names no home folder. */
export function defaultData({ env, platform }: Pick<Sources, "env" | "platform">): string | undefined {
  if (platform === "win32") return within(env.LOCALAPPDATA, "Metronome");
  if (platform === "darwin") return within(env.HOME, "Library", "Application Support", "Metronome");
  // The XDG specification has a path that is not absolute ignored.
  if (isAbsolute(env.XDG_DATA_HOME ?? "")) return within(env.XDG_DATA_HOME, "metronome");
  return within(env.HOME, ".local", "share", "metronome");
}

function within(folder: string | undefined, ...names: readonly string[]): string | undefined {
  return folder === undefined || folder === "" ? undefined : join(folder, ...names);
}

// ── the settings ───────────────────────────────────────────────────────────────────────────────────────────────────

type Setting<T> = {
  /** The flag without its dashes; absent: none, since other users of the machine see a command line. */
  readonly flag?: string;
  readonly variable: string;
  /** Its name in the file of --config; absent: not kept there. */
  readonly key?: string;
  readonly expected: string;
  /** Absent when this is no such value; a fault when there is more to say of that. */
  readonly parse: (texts: readonly string[]) => T | Fault | undefined;
  readonly isSecret?: true;
};

const BLOCKS_MAX = 64;
const NAME_MAX = 64;
const LABELS_MAX = 32;
const LABEL_PATTERN = new RegExp(`^([A-Za-z0-9._/-]{1,${LABEL_NAME_MAX}})=([^\\p{Cc},]{0,${LABEL_VALUE_MAX}})$`, "u");
/** 32 characters of hex are 128 bits. */
const ADMIN_TOKEN_MIN = 32;
const ADMIN_TOKEN_MAX = 1_024;

const DATA: Setting<string> = {
  flag: "data",
  variable: "METRONOME_DATA",
  key: "data",
  expected: "the path of a folder",
  parse: one((text) => text.includes("\0") ? undefined : text),
};

const HTTP: Setting<Address> = {
  flag: "http",
  variable: "METRONOME_HTTP",
  key: "http",
  expected: "host:port, such as 127.0.0.1:8081 or [::1]:8081, where port 0 takes any that is free",
  parse: one(parseAddress),
};

const P2P: Setting<Address> = {
  flag: "p2p",
  variable: "METRONOME_P2P",
  key: "p2p",
  expected: "host:port, such as 127.0.0.1:8091 or [::1]:8091, where port 0 takes any that is free",
  parse: one(parseAddress),
};

const NAME: Setting<string> = {
  flag: "name",
  variable: "METRONOME_NAME",
  key: "name",
  expected: `1 to ${NAME_MAX} printable characters`,
  parse: one((text) =>
    text.length <= NAME_MAX && /^[^\p{Cc}\p{Cf}]*\S[^\p{Cc}\p{Cf}]*$/u.test(text) ? text : undefined
  ),
};

const LABELS: Setting<Config["labels"]> = {
  flag: "label",
  variable: "METRONOME_LABELS",
  key: "labels",
  expected: `at most ${LABELS_MAX} of name=value, such as site=lab, each name once`,
  parse: parseLabels,
};

const JOIN: Setting<string> = {
  flag: "join",
  variable: "METRONOME_JOIN",
  expected: "a ticket, as `metronome ticket` prints it",
  parse: one((text) => {
    const ticket = parseTicket(text);
    return isFault(ticket) ? ticket : text;
  }),
  isSecret: true,
};

const ADMIN_TOKEN: Setting<string> = {
  variable: "METRONOME_ADMIN_TOKEN",
  expected: `${ADMIN_TOKEN_MIN} to ${ADMIN_TOKEN_MAX} printable ASCII characters without spaces`,
  parse: one((text) =>
    text.length >= ADMIN_TOKEN_MIN && text.length <= ADMIN_TOKEN_MAX && /^[\x21-\x7e]+$/.test(text) ? text : undefined
  ),
  isSecret: true,
};

const ORIGINS_MAX = 64;

const ALLOW_ORIGINS: Setting<Config["allowOrigins"]> = {
  flag: "allow-origins",
  variable: "METRONOME_ALLOW_ORIGINS",
  key: "allowOrigins",
  expected: `at most ${ORIGINS_MAX} origins with commas between, each as a browser sends it: https://board.example`,
  parse: one((text) => {
    const origins = text.split(",").map((each) => each.trim());
    return origins.length <= ORIGINS_MAX && origins.every(isOrigin) ? origins : undefined;
  }),
};

const ALLOW_TARGETS: Setting<Config["allowTargets"]> = {
  flag: "allow-targets",
  variable: "METRONOME_ALLOW_TARGETS",
  key: "allowTargets",
  expected: `at most ${BLOCKS_MAX} networks with commas between: 10.0.0.0/8,fd00::/8`,
  parse: one((text) => {
    const blocks = text.split(",").map((each) => parseBlock(each.trim()));
    const found = blocks.filter((block) => block !== undefined);
    return found.length === blocks.length && found.length <= BLOCKS_MAX ? found : undefined;
  }),
};

const TLS: Setting<"self-signed"> = {
  flag: "tls",
  variable: "METRONOME_TLS",
  key: "tls",
  expected: "self-signed",
  parse: one((text) => text === "self-signed" ? text : undefined),
};

const TLS_CERT: Setting<string> = {
  flag: "tls-cert",
  variable: "METRONOME_TLS_CERT",
  key: "tlsCert",
  expected: "the path of a PEM file with the certificate, and those that vouch for it",
  parse: one((text) => text.includes("\0") ? undefined : text),
};

const TLS_KEY: Setting<string> = {
  flag: "tls-key",
  variable: "METRONOME_TLS_KEY",
  key: "tlsKey",
  expected: "the path of a PEM file with the key of the certificate",
  parse: one((text) => text.includes("\0") ? undefined : text),
};

const SETTINGS = [
  DATA,
  HTTP,
  P2P,
  NAME,
  LABELS,
  JOIN,
  ADMIN_TOKEN,
  ALLOW_ORIGINS,
  ALLOW_TARGETS,
  TLS,
  TLS_CERT,
  TLS_KEY,
];

function one<T>(parse: (text: string) => T | undefined): (texts: readonly string[]) => T | undefined {
  return ([text, ...more]) => text === undefined || text === "" || more.length > 0 ? undefined : parse(text);
}

function tlsOf(
  tls: string | undefined,
  certificate: string | undefined,
  key: string | undefined,
  lines: string[],
): TlsConfig | undefined {
  if (certificate !== undefined && key !== undefined) return { kind: "files", certificate, key };
  if (certificate === undefined && key === undefined) return tls === undefined ? undefined : { kind: "self-signed" };
  lines.push("a certificate and its key are both given, or neither; expected: --tls-cert and --tls-key");
  return undefined;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}

function parseAddress(text: string): Address | undefined {
  const [, six, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = six ?? plain;
  const port = Number(digits);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** Each text is a pair, or several with commas between. */
function parseLabels(texts: readonly string[]): Config["labels"] | undefined {
  const pairs = texts.flatMap((text) => text.split(",")).map((pair) => LABEL_PATTERN.exec(pair.trim()));
  const labels = new Map<string, string>();
  for (const pair of pairs) {
    if (pair === null) return undefined;
    labels.set(pair[1] ?? "", pair[2] ?? "");
  }
  return labels.size < pairs.length || labels.size > LABELS_MAX ? undefined : Object.fromEntries(labels);
}

// ── where a value comes from ───────────────────────────────────────────────────────────────────────────────────────

type Found = { readonly texts: readonly string[]; readonly from: string };

type ConfigFile = { readonly path: string; readonly values: { readonly [key: string]: unknown } };

function valueOf<T>(
  setting: Setting<T>,
  sources: Sources,
  file: ConfigFile | undefined,
  lines: string[],
): T | undefined {
  const found = flagOf(setting, sources) ?? variableOf(setting.variable, sources, lines) ?? entryOf(setting, file);
  if (found === undefined) return undefined;
  const value = setting.parse(found.texts);
  if (isFault(value)) {
    lines.push(`${found.from}: ${value.message}`);
    return undefined;
  }
  if (value === undefined) lines.push(`${found.from} ${said(found.texts, setting)}; expected: ${setting.expected}`);
  return value;
}

function flagOf({ flag }: Pick<Setting<unknown>, "flag">, { flags }: Sources): Found | undefined {
  const value = flag === undefined ? undefined : flags[flag];
  if (value === undefined || typeof value === "boolean") return undefined;
  const texts = typeof value === "string" ? [value] : value;
  return texts.length === 0 ? undefined : { texts, from: `--${flag}` };
}

/** The variable itself, or the text of the file that its *_FILE form names, without the line's end. */
function variableOf(variable: string, { env, readText }: Sources, lines: string[]): Found | undefined {
  const [text, path] = [env[variable], env[`${variable}_FILE`]];
  if (path === undefined) return text === undefined ? undefined : { texts: [text], from: variable };
  const from = `${variable}_FILE`;
  if (text !== undefined) {
    lines.push(`${variable} and ${from} are both set; expected: one of them`);
    return undefined;
  }
  try {
    return { texts: [readText(path).replace(/\r?\n$/, "")], from: `the file of ${from}` };
  } catch (error) {
    lines.push(`${from} is ${quoted(path)}, which can't be read (${reasonOf(error)}); expected: the path of a file`);
    return undefined;
  }
}

function entryOf({ key }: Pick<Setting<unknown>, "key">, file: ConfigFile | undefined): Found | undefined {
  const value = key === undefined ? undefined : file?.values[key];
  if (value === undefined) return undefined;
  return { texts: textsOf(value), from: `"${key}" in ${file?.path}` };
}

/** A text, or an object of texts as pairs. What is neither comes out as its JSON, which no setting takes. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return ["", JSON.stringify(value)];
  return Object.entries(value).map(([name, text]) => typeof text === "string" ? `${name}=${text}` : "");
}

function readFile(sources: Sources, lines: string[]): ConfigFile | undefined {
  const found = flagOf({ flag: "config" }, sources) ?? variableOf("METRONOME_CONFIG", sources, lines);
  if (found === undefined) return undefined;
  const path = found.texts[0] ?? "";
  let values: unknown;
  try {
    values = JSON.parse(sources.readText(path));
  } catch (error) {
    const what = error instanceof SyntaxError ? "is no JSON" : "can't be read";
    lines.push(
      `${found.from} is ${quoted(path)}, which ${what} (${reasonOf(error)}); expected: a file of a JSON object`,
    );
    return undefined;
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    lines.push(`${found.from} is ${quoted(path)}, which holds no object; expected: a file of a JSON object`);
    return undefined;
  }
  const known: readonly (string | undefined)[] = SETTINGS.map(({ key }) => key);
  for (const key of Object.keys(values).filter((each) => !known.includes(each))) {
    lines.push(`${quoted(key)} in ${path} is no setting; expected: ${known.filter(Boolean).join(", ")}`);
  }
  return { path, values: { ...values } };
}

// ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const SHOWN_MAX = 80;

function said(texts: readonly string[], { isSecret }: Pick<Setting<unknown>, "isSecret">): string {
  if (isSecret === undefined) return `is ${quoted(texts.filter((text) => text !== "").join(", "))}`;
  return `has ${texts.join("").length} characters, or some that can't be`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}

/** What the system said, in one line; the text of a file that can't be parsed is not shown. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) {
    return /position \d+|line \d+ column \d+/.exec(error.message)?.[0] ?? "it ends too early";
  }
  if (error instanceof Error && "code" in error) return String(error.code);
  return error instanceof Error ? error.name : String(error);
}
