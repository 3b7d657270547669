// What a peer tells as it happens, by server-sent events. A stream that breaks is opened again, by the peer's new
// address if it has one; then, and when the peer says that it dropped some, what was missed is read and told.

import type { Bytes, Client } from "./client.ts";
import { EXIT, Failure } from "./failure.ts";
import { textLines } from "./lines.ts";
import type { Parts } from "./parts.ts";
import { parseAnswer } from "./shapes.ts";

export type Happening = { readonly name: string; readonly data: unknown };

export type Watch = {
  /** A client of the peer as it is found now. */
  readonly connect: () => Promise<Client>;
  /** The runs so far: asked whenever the stream was opened, or has lost some. They are told as if they happened now. */
  readonly runs: (client: Client) => Promise<readonly unknown[]>;
  readonly parts: Pick<Parts, "wait" | "interrupted">;
  /** Tells a human what the stream waits for. */
  readonly note: (text: string) => Promise<void>;
};

/** The peer's own `retry:`. */
const RETRY_MS = 1_000;
/** A peer is back within seconds of a restart; of one that is not, whoever waits is told after a minute. */
const TRIES_MAX = 60;
/** Three of the peer's heartbeats. */
const SILENCE_MS = 45_000;
/** A task of 512 KiB, escaped. */
const EVENT_MAX_LENGTH = 4 * 1024 * 1024;

/** Ends when it is interrupted; throws when the peer is not there at first, says no, or stays away. */
export async function* watch({ connect, runs, parts, note }: Watch): AsyncGenerator<Happening> {
  const interrupted = parts.interrupted();
  let tries = 0;
  while (!interrupted.aborted) {
    try {
      const client = await connect();
      const events = await client.stream("events");
      for (const data of await runs(client)) yield { name: "run", data };
      tries = 1;
      for await (const event of readEvents(alive(events))) {
        if (event.name !== "lag") yield event;
        else for (const data of await runs(client)) yield { name: "run", data };
      }
    } catch (error) {
      if (interrupted.aborted) return;
      const isGone = error instanceof Failure && GONE.includes(error.exitCode);
      if (!isGone || tries === 0 || tries > TRIES_MAX) throw error;
    }
    if (interrupted.aborted) return;
    if (tries === 1) await note("The peer is gone; trying to reach it again …");
    tries++;
    await parts.wait(RETRY_MS);
  }
}

/** Not there, or not yet able to answer. */
const GONE: readonly number[] = [EXIT.unreachable, EXIT.failed];

/** Ends when nothing came for longer than a living peer is silent. */
async function* alive(bytes: Bytes): Bytes {
  const chunks = bytes[Symbol.asyncIterator]();
  try {
    while (true) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<undefined>((resolve) => timer = setTimeout(resolve, SILENCE_MS, undefined));
      const next = await Promise.race([chunks.next(), silence]).finally(() => clearTimeout(timer));
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    void chunks.return?.();
  }
}

/** As https://html.spec.whatwg.org/multipage/server-sent-events.html, for what our peers send. */
async function* readEvents(bytes: Bytes): AsyncGenerator<Happening> {
  let name = "";
  for await (const line of textLines(bytes, EVENT_MAX_LENGTH)) {
    if (line.startsWith("event: ")) name = line.slice("event: ".length);
    if (line.startsWith("data: ")) yield { name, data: parseAnswer(line.slice("data: ".length)) };
  }
}
