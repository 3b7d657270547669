// A peer of its own for each test, with its API on a real port, and the program run against it within this process, so
// that all it prints and its exit code are compared whole.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../src/api/serve.ts";
import type { Output, Parts } from "../../src/cli/parts.ts";
import { createProgram } from "../../src/cli/program.ts";
import { ADMIN_TOKEN, makeWorld, type World as ApiWorld } from "../api/world.ts";

export type Ran = { readonly code: number | undefined; readonly out: string; readonly err: string };

export type How = {
  readonly env?: Parts["env"];
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  /** Columns of the terminal that both outputs are. */
  readonly terminal?: number;
  readonly parts?: Partial<Parts>;
  /** Told of all that is printed, as it is. */
  readonly onOutput?: (out: string, err: string) => void;
};

export type World = ApiWorld & {
  readonly url: string;
  /** Exists, empty, and goes with the world. */
  readonly folder: string;
  /** Runs `metronome` with these words, knowing the peer and an admin's token by the environment. */
  run(words: readonly string[] | string, how?: How): Promise<Ran>;
};

export async function withPeer(use: (world: World) => Promise<void>): Promise<void> {
  const world = await makeWorld();
  const serving = await serve({ fetch: world.api.fetch, hostname: "127.0.0.1", port: 0 });
  const folder = await mkdtemp(join(tmpdir(), "metronome-cli-"));
  const known = { METRONOME_URL: serving.url, METRONOME_TOKEN: ADMIN_TOKEN };
  const run: World["run"] = (words, how = {}) => runProgram(words, { ...how, env: { ...known, ...how.env } });
  try {
    await use({ ...world, url: serving.url, folder, run });
    assert.deepEqual(world.logged, []);
  } finally {
    world.api.close();
    await serving.close();
    await world.close();
    await rm(folder, { recursive: true });
  }
}

/** Words as a list, or as a text without quotes. */
export async function runProgram(words: readonly string[] | string, how: How = {}): Promise<Ran> {
  const { env = {}, stdin = "", terminal, parts, onOutput } = how;
  let code: number | undefined;
  let out = "";
  let err = "";
  const output = (take: (text: string) => void): Output => {
    const decoder = new TextDecoder();
    return {
      write(text, done) {
        take(typeof text === "string" ? text : decoder.decode(text, { stream: true }));
        queueMicrotask(done);
        return true;
      },
      ...(terminal === undefined ? {} : { isTTY: true, columns: terminal }),
    };
  };
  const program = createProgram({
    stdin: typeof stdin === "string" ? chunks([stdin]) : stdin,
    stdout: output((text) => {
      out += text;
      onOutput?.(out, err);
    }),
    stderr: output((text) => {
      err += text;
      onOutput?.(out, err);
    }),
    env,
    platform: "linux",
    fetch: (url, init) => fetch(url, init),
    interrupted: () => NEVER,
    wait: () => new Promise((resolve) => setTimeout(resolve, 5)),
    exit: (ended) => code ??= ended,
    ...parts,
  });
  try {
    await program.parseAsync(typeof words === "string" ? words.split(" ") : [...words], { from: "user" });
  } catch (error) {
    // Commander's way of saying that it has told the exit code.
    if (code === undefined) throw error;
  }
  return { code, out, err };
}

const NEVER = new AbortController().signal;

export async function* chunks(texts: Iterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const text of texts) yield await Promise.resolve(typeof text === "string" ? encoder.encode(text) : text);
}

/** A task of a line. */
export function line(id: string, more: object = {}): string {
  return `${
    JSON.stringify({ id, schedule: "R/2026-01-01T00:00:00Z/PT1H", target: "http://localhost:3000/tick", ...more })
  }\n`;
}
