// Where the events of the benchmark of brokers go: a queue, a topic of Kafka's and one of MQTT's. What has come is counted
// and read by another client than the one that wrote.

import { connect } from "amqplib";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runtimePath } from "../runtime.js";
import { leftover, root } from "./world.js";

const PARTITIONS = 4;

export async function queue({ ports }) {
  const name = `bench-${Date.now()}`;
  const url = `amqp://127.0.0.1:${ports.amqp}`;
  let [connection, channel] = [];
  const resume = async () => {
    if (channel !== undefined) return channel;
    connection = await connect(url);
    connection.on("error", () => {});
    channel = await connection.createChannel();
    await channel.assertQueue(name, { durable: true });
    return channel;
  };
  await resume();
  return {
    ...{ kind: "amqp", port: ports.amqp, name },
    urn: `${url}/%2F//${name}`,
    count: async () => (await (await resume()).checkQueue(name)).messageCount,
    async ids() {
      const found = [];
      const wanted = await this.count();
      await new Promise((resolve) =>
        channel.consume(name, (message) => {
          // Null when the queue is gone, which is later.
          if (message !== null && found.push(message.properties.messageId) === wanted) resolve();
        }, { noAck: true })
      );
      return found;
    },
    async pause() {
      await connection.close();
      channel = undefined;
    },
    async remove() {
      await (await resume()).deleteQueue(name);
      await connection.close();
    },
  };
}

export async function topic({ ports, classpath }) {
  const name = `bench-${Date.now()}`;
  const address = `127.0.0.1:${ports.plain}`;
  const args = [join(root, "scripts/bench/kafka-topic.ts"), ports.plain, name, PARTITIONS].map(String);
  const child = spawn(runtimePath("node"), args, { stdio: ["pipe", "pipe", "inherit"] });
  const forget = leftover(() => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (deed) => {
    child.stdin.write(`${deed}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the topic could not be asked to ${deed}`);
    return Number(value);
  };
  await ask("create");
  const count = () => ask("count");
  return {
    ...{ kind: "kafka", port: ports.plain, name },
    urn: `kafka://${address}/${name}`,
    count,
    async ids() {
      const wanted = await count();
      const child = spawn("java", [
        ...["-Xmx256m", "-cp", classpath, "org.apache.kafka.tools.consumer.ConsoleConsumer"],
        ...["--bootstrap-server", address, "--topic", name, "--from-beginning", "--timeout-ms", "10000"],
        ...["--max-messages", String(wanted), "--property", "print.headers=true"],
      ], { stdio: ["ignore", "pipe", "ignore"] });
      const ids = [];
      for await (const line of createInterface({ input: child.stdout })) {
        const id = /ce_id:([0-9a-f]{32})/.exec(line)?.[1];
        if (id !== undefined) ids.push(id);
      }
      return ids;
    },
    pause: () => ask("pause"),
    async remove() {
      await ask("delete");
      forget();
    },
  };
}

/** Read by a subscriber whose session the broker keeps over a restart. */
export function bus({ ports }) {
  const name = `bench-${Date.now()}`;
  const who = ["-V", "5", "-h", "127.0.0.1", "-p", String(ports.mqtt), "-q", "1", "-i", name, "-t", name];
  const kept = ["-c", "-x", "3600"];
  // The session is there when this has ended.
  const { status } = spawnSync("mosquitto_sub", [...who, ...kept, "-E"]);
  if (status !== 0) throw new Error("Mosquitto takes no subscriber");
  const ids = [];
  let isOver = false;
  let child;
  const read = () => {
    child = spawn("mosquitto_sub", [...who, ...kept, "-F", "%P"], { stdio: ["ignore", "pipe", "ignore"] });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const id = /\bid:([0-9a-f]{32})\b/.exec(line)?.[1];
      if (id !== undefined) ids.push(id);
    });
    // It ends when the broker does.
    child.once("close", () => isOver || setTimeout(read, 100));
  };
  read();
  const forget = leftover(() => {
    isOver = true;
    child.kill();
  });
  return {
    ...{ kind: "mqtt", port: ports.mqtt, name },
    urn: `mqtt://127.0.0.1:${ports.mqtt}/${name}`,
    count: () => Promise.resolve(ids.length),
    ids: () => Promise.resolve([...ids]),
    pause: () => Promise.resolve(),
    remove() {
      forget();
      spawnSync("mosquitto_sub", [...who, "-E"]);
    },
  };
}
