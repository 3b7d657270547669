// The real brokers that `scripts/services.js start` has started, or why there is none; and a wall before one of them
// that lets nothing back any more once an event has gone through.

import type { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Trigger } from "../../src/trigger/trigger.ts";
import type { Made, Manner, Received } from "./trigger.suite.ts";

export type Service = {
  readonly ports: { readonly [name: string]: number };
  readonly urns: { readonly [name: string]: string };
  readonly tls: { readonly ca: string };
  /** RabbitMQ's own HTTP API. */
  readonly http?: string;
  /** RabbitMQ's own tool, and what it is to be started with. */
  readonly control?: { readonly command: string; readonly env: { readonly [name: string]: string } };
  /** Of Kafka's own tools. */
  readonly classpath?: string;
};

const STATE = join(
  process.env.METRONOME_SERVICES ??
    join(dirname(fileURLToPath(import.meta.url)), "..", "..", "node_modules", ".cache", "services"),
  "state.json",
);

export function service(name: string): Service | { readonly unavailable: string } {
  const stopped = { unavailable: `${name} is not running: node scripts/services.js start ${name}` };
  let states: { readonly [name: string]: Service & { processes?: { pid: number }[]; unavailable?: string } };
  try {
    states = JSON.parse(readFileSync(STATE, "utf8"));
  } catch {
    return stopped;
  }
  const state = states[name];
  if (state === undefined) return stopped;
  if (state.unavailable !== undefined) return { unavailable: `there is no ${name} here: ${state.unavailable}` };
  const { processes = [] } = state;
  return processes.length > 0 && processes.every(({ pid }) => isAlive(pid)) ? state : stopped;
}

export function whyNot(found: Service | { readonly unavailable: string }): string | undefined {
  return "unavailable" in found ? found.unavailable : undefined;
}

/** What a test is called: with the reason why it is skipped, which Deno would keep to itself. */
export function titleOf(title: string, why: string | undefined): string {
  return why === undefined ? title : `${title} (${why})`;
}

/** For tests that are skipped when it is not there. */
export function there(found: Service | { readonly unavailable: string }): Service {
  if ("unavailable" in found) throw new Error(found.unavailable);
  return found;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export type Wall = AsyncDisposable & {
  readonly port: number;
  readonly connections: () => number;
  readonly open: () => number;
  /** Ends all connections that are open. */
  cut(): void;
};

export type WallHow = {
  readonly isEvent?: (chunk: Buffer) => boolean;
  readonly host?: string;
  /** Where it stands; any when absent. */
  readonly port?: number;
};

/** A way to the port; from the chunk of the client's on that `isEvent`, nothing comes back on that connection. */
export async function wall(to: number, how: WallHow = {}): Promise<Wall> {
  const { isEvent = () => false, host = "127.0.0.1", port = 0 } = how;
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(to, "127.0.0.1");
    let isMute = false;
    const ways = [[near, far], [far, near]] as const;
    for (const [from, other] of ways) {
      sockets.add(from);
      from.on("error", () => from.destroy());
      from.on("close", () => {
        sockets.delete(from);
        other.destroy();
      });
    }
    near.on("data", (chunk: Buffer) => {
      isMute ||= isEvent(chunk);
      far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => void (isMute || near.write(chunk)));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the wall has no port");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    connections: () => connections,
    open: () => sockets.size,
    cut,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

/** Asks until it is so. */
export async function until(isSo: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`it did not come to be so within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let worlds = 0;

/** A name that no other test has taken. */
export function freshName(kind: string): string {
  return `${kind}-${process.pid}-${Date.now().toString(36)}-${++worlds}`;
}

/** The world of the contract at a broker: `open` are what was opened for it, besides the trigger, which is closed first. */
export function madeOf({ trigger, urns, received, open }: {
  readonly trigger: Trigger;
  readonly urns: { readonly [manner in Manner]: string };
  readonly received: () => Promise<readonly Received[]>;
  readonly open: readonly AsyncDisposable[];
}): Made {
  return {
    trigger,
    receiver: {
      target: (manner) => ({ urn: urns[manner] }),
      received,
      arrived: (count) => until(async () => (await received()).length >= count),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    async [Symbol.asyncDispose]() {
      await trigger.close();
      for (const each of open) await each[Symbol.asyncDispose]();
    },
  };
}
