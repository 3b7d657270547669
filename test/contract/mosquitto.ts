// What comes to a topic of a real Mosquitto, by its own tools, which know nothing of the client that the peer writes with.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { type Service, until } from "./broker.ts";

export type Published = {
  readonly topic: string;
  readonly qos: number;
  readonly retain: number;
  readonly payload: string;
  readonly properties: {
    readonly "content-type"?: string;
    readonly "message-expiry-interval"?: number;
    readonly "user-properties"?: { readonly [name: string]: string };
  };
};

export type Subscriber = AsyncDisposable & {
  /** All that has come to the topic and below it until now. */
  published(): Promise<readonly Published[]>;
};

/** `isKept`: the broker keeps for it what comes while the broker, or the connection, is away. */
export async function subscriber({ ports }: Service, topic: string, { isKept = false } = {}): Promise<Subscriber> {
  const where = ["-V", "5", "-h", "127.0.0.1", "-p", String(ports.mqtt), "-q", "1"];
  const mark = `${topic}/mark`;
  const published: Published[] = [];
  let marks = 0;
  const take = (line: string) => {
    const found: Published = JSON.parse(line);
    if (found.topic === mark) marks++;
    else published.push(found);
  };
  let child = listen(where, topic, isKept, take);
  let isOver = false;
  const ended = (async () => {
    for (;;) {
      await new Promise((resolve) => child.once("close", resolve));
      if (isOver || !isKept) return;
      // It ends when the broker does.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (isOver) return;
      child = listen(where, topic, isKept, take);
    }
  })();
  // What is published after the rest comes after it.
  const read = async () => {
    const before = marks;
    spawnSync("mosquitto_pub", [...where, "-t", mark, "-m", "0"]);
    await until(() => Promise.resolve(marks > before));
    return published;
  };
  await until(async () => {
    spawnSync("mosquitto_pub", [...where, "-t", mark, "-m", "0"]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return marks > 0;
  });
  return {
    published: read,
    async [Symbol.asyncDispose]() {
      isOver = true;
      // Asked to end while it reads, mosquitto_sub 2.0.11 may wait for a lock of its own for ever.
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function listen(where: readonly string[], topic: string, isKept: boolean, take: (line: string) => void): ChildProcess {
  const kept = isKept ? ["-c", "-i", topic, "-x", "600"] : [];
  const child = spawn("mosquitto_sub", [...where, ...kept, "-t", `${topic}/#`, "-F", "%j"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    // Lines end as mosquitto_sub ends them: to `node:readline`, a payload may hold what ends a line too.
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  return child;
}
