// Which peer a command speaks to, and with which token: as it was told, else the one that runs on this machine, by what
// that one keeps in its data folder. That key is shown to that peer alone.

import { readFile } from "node:fs/promises";
import { EXIT, Failure, fileFailure } from "./failure.ts";
import type { Environment, Parts } from "./parts.ts";

export type WhereOptions = { readonly url?: string; readonly token?: string; readonly data?: string };

export type Where = {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token?: string;
  /** The data folder that told it; absent when it was given. */
  readonly folder?: string;
};

export async function findPeer(
  options: WhereOptions,
  { env, platform }: Pick<Parts, "env" | "platform">,
): Promise<Where> {
  const url = readUrl(options.url ?? await setting(env, "METRONOME_URL"));
  const token = readToken(options.token ?? await setting(env, "METRONOME_TOKEN"));
  if (url !== undefined && token !== undefined) return { url, token };
  // Loaded here, so that a command which is told all does not pay for it.
  const [{ defaultData }, { findLocalPeer }] = await Promise.all([import("../config.ts"), import("../data-folder.ts")]);
  const folder = options.data ?? await setting(env, "METRONOME_DATA") ?? defaultData({ env, platform });
  const local = folder === undefined ? undefined : await findLocalPeer(folder);
  if (url !== undefined) {
    return local !== undefined && local.url === url ? { url, token: local.key } : { url };
  }
  if (local !== undefined && folder !== undefined) return { url: local.url, token: token ?? local.key, folder };
  throw new Failure(
    EXIT.unreachable,
    `${folder === undefined ? "No data folder is known here" : `No peer of yours runs on ${folder}`}.\n` +
      "Start one with `metronome start`, or say which is meant: --data its folder, or --url and --token (METRONOME_URL, METRONOME_TOKEN).",
  );
}

/** A variable, or the text of the file that its _FILE form names, without the line's end. */
async function setting(env: Environment, name: string): Promise<string | undefined> {
  const [text, path] = [env[name], env[`${name}_FILE`]];
  if (text !== undefined && text !== "") return text;
  if (path === undefined || path === "") return undefined;
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (error) {
    throw fileFailure(`read the file of ${name}_FILE,`, path, error);
  }
}

function readUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
  if (!isPlain) throw usage(`The peer's URL is like http://127.0.0.1:8081, not ${JSON.stringify(text)}.`);
  if (url.username !== "" || url.password !== "") {
    throw usage("The peer's URL holds no name and password: the token is given with METRONOME_TOKEN or --token.");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function readToken(text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text;
  throw usage("A token is one word of visible ASCII characters.");
}

function usage(message: string): Failure {
  return new Failure(EXIT.usage, message);
}
