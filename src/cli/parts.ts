// What a command is given of the world: its streams, its environment, the network, Ctrl-C, and the way out. The
// program takes those of this process; a test hands in its own, and compares what was written whole.

import process from "node:process";
import { terminalInput } from "./terminal.ts";

export type Output = {
  write(text: string | Uint8Array, done: (error?: Error | null) => void): boolean;
  readonly isTTY?: boolean;
  /** Of the terminal. */
  readonly columns?: number;
};

export type Environment = { readonly [name: string]: string | undefined };

export type Parts = {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** What a person types after the prompt, unseen; absent when the standard input is no terminal. */
  readonly typed?: (prompt: string) => Promise<string>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  readonly platform: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Aborted by the first Ctrl-C once it was asked for; the second ends the program as it is. */
  readonly interrupted: () => AbortSignal;
  readonly wait: (ms: number) => Promise<void>;
  /** Ends the program. */
  readonly exit: (code: number) => void;
};

export function processParts(): Parts {
  const { stdout, stderr, env, platform } = process;
  // Who reads no more is told of by the write itself.
  for (const output of [stdout, stderr]) if (output.listenerCount("error") === 0) output.on("error", () => {});
  const typed = terminalInput();
  let interrupting: AbortController | undefined;
  return {
    stdin: standardInput(),
    ...(typed === undefined ? {} : { typed }),
    stdout,
    stderr,
    env,
    platform,
    fetch: (url, init) => {
      keepFromProxy(url);
      return fetch(url, init);
    },
    interrupted() {
      if (interrupting === undefined) {
        const controller = new AbortController();
        interrupting = controller;
        process.once("SIGINT", () => controller.abort());
      }
      return interrupting.signal;
    },
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    exit: (code) => process.exit(code),
  };
}

async function* standardInput(): AsyncGenerator<Uint8Array> {
  for await (const chunk of process.stdin) yield chunk;
}

const LOOPBACK_PATTERN = /^https?:\/\/(?:localhost|127\.[\d.]+|\[::1\])(?=[:/]|$)/;

/** Deno's fetch would send even what goes to this machine, and its key, through the proxy of HTTP_PROXY. */
function keepFromProxy(url: string): void {
  const host = LOOPBACK_PATTERN.exec(url)?.[0].replace(/^https?:\/\//, "");
  if (host === undefined) return;
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const kept = process.env[name] ?? "";
    if (!kept.split(",").includes(host)) process.env[name] = kept === "" ? host : `${kept},${host}`;
  }
}
