// What Deno lets the program do: what it needs, by name, found by running it with less. Everything else is refused, to
// its libraries too; only the native code of LevelDB is outside of this.
//
// Where the data folder is, is found here as src/config.ts does it, since it has to be known before that runs. What is
// wrong there is left for that to say.

import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";

// See `metronome` for why it is not imported.
const { process } = globalThis;

const require = createRequire(import.meta.url);

/** Deno's flags for a command of the program. `root` is the project's folder. */
export function sandbox(root, args, env) {
  const data = dataFolder(args, env);
  const allowed = AS_A_PEER.includes(args[0]) ? peerNeeds(root, data) : clientNeeds(args, data);
  const read = [...allowed.read, ...settingsFiles(args, env)];
  return [
    "--no-prompt",
    "--no-remote",
    // Targets, brokers and peers may be anywhere.
    "--allow-net",
    ...flag("read", list(read)),
    ...flag("write", list(allowed.write)),
    ...flag("ffi", list(allowed.ffi)),
    ...flag("sys", allowed.sys),
    ...flag("env", ENVIRONMENT),
    // To what else a library asks for, there is no such variable.
    "--ignore-env",
  ];
}

/** A peer, and what looks at all that one would meet. */
const AS_A_PEER = ["start", "join", "doctor"];

const ENVIRONMENT = "METRONOME_*,HOME,XDG_DATA_HOME,LOCALAPPDATA,TERM,NO_COLOR,FORCE_COLOR,NO_PROXY,no_proxy".split(
  ",",
);

function peerNeeds(root, data) {
  const level = dirname(require.resolve("classic-level/package.json"));
  return {
    // Its loader looks for the binary, and whether this is an Alpine Linux.
    read: [data, join(root, "ui", "dist"), level, "/etc/alpine-release"],
    write: [data],
    ffi: [join(level, "prebuilds"), join(level, "build")],
    // How much room the disk has: a store that was full opens again when there is some.
    sys: ["hostname", "networkInterfaces", "statfs"],
  };
}

function clientNeeds(args, data) {
  const files = filesOf(args);
  // An export is written beside the file, under this name, and takes its place when it is whole.
  const drafts = args.includes("export") ? files.map((file) => `${realPath(resolve(file))}.part`) : [];
  return {
    read: [data, ...files, ...drafts],
    write: drafts.length === 0 ? [] : [...files, ...drafts],
    ffi: [],
    sys: [],
  };
}

/** The data folder that the settings name; absent when they are wrong. */
export function dataFolder(args, env) {
  const given = flagOf(args, "data") ?? env.METRONOME_DATA ?? textOf(env.METRONOME_DATA_FILE) ??
    fileOf(args, env)?.data ?? defaultFolder(env);
  return typeof given === "string" && given !== "" ? resolve(given) : undefined;
}

function defaultFolder({ HOME, XDG_DATA_HOME, LOCALAPPDATA }) {
  if (process.platform === "win32") return LOCALAPPDATA && join(LOCALAPPDATA, "Metronome");
  if (process.platform === "darwin") return HOME && join(HOME, "Library", "Application Support", "Metronome");
  if (isAbsolute(XDG_DATA_HOME ?? "")) return join(XDG_DATA_HOME, "metronome");
  return HOME && join(HOME, ".local", "share", "metronome");
}

function settingsFiles(args, env) {
  const named = Object.keys(env).filter((name) => /^METRONOME_.+_FILE$/.test(name)).map((name) => env[name]);
  return [configPath(args, env), ...named, ...certificateFiles(args, env)];
}

/** The certificate of the HTTP side, and its key. */
function certificateFiles(args, env) {
  const { tlsCert, tlsKey } = fileOf(args, env) ?? {};
  return [
    flagOf(args, "tls-cert") ?? env.METRONOME_TLS_CERT ?? textOf(env.METRONOME_TLS_CERT_FILE) ?? tlsCert,
    flagOf(args, "tls-key") ?? env.METRONOME_TLS_KEY ?? textOf(env.METRONOME_TLS_KEY_FILE) ?? tlsKey,
  ];
}

function configPath(args, env) {
  return flagOf(args, "config") ?? env.METRONOME_CONFIG ?? textOf(env.METRONOME_CONFIG_FILE);
}

function fileOf(args, env) {
  try {
    return JSON.parse(textOf(configPath(args, env)));
  } catch {
    return undefined;
  }
}

function textOf(path) {
  try {
    return path === undefined ? undefined : readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
}

/** The last value of a flag, as `--flag value` or `--flag=value`. */
export function flagOf(args, flag) {
  let value;
  for (const [at, arg] of args.entries()) {
    if (arg === "--") break;
    if (arg === `--${flag}`) value = args[at + 1];
    else if (arg.startsWith(`--${flag}=`)) value = arg.slice(flag.length + 3);
  }
  return value;
}

/** The words of a command that may be files: of an import or an export all of them, elsewhere those after an `@`. */
function filesOf(args) {
  const words = args.map((arg) => arg.replace(/^--[a-z-]+=/, "")).filter((word) =>
    word !== "" && !word.startsWith("-")
  );
  if (args.includes("import") || args.includes("export")) return words;
  return words.filter((word) => word.startsWith("@")).map((word) => word.slice(1));
}

/** Absolute paths, each also as where it leads to. */
function list(paths) {
  const known = paths.filter((path) => path !== undefined && path !== "").map((path) => resolve(path));
  return [...new Set(known.flatMap((path) => [path, realPath(path)]))];
}

/** None at all when there is no value: Deno takes a flag without one for everything. */
function flag(name, values) {
  return values.length === 0 ? [] : [`--allow-${name}=${values.map((value) => value.replaceAll(",", ",,")).join(",")}`];
}

function realPath(path) {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
