// A topic of Kafka's for the benchmark, in a program of its own: `create`, `count`, `pause` or `delete`, a line each on the
// standard input, is done and answered by how many records it has, or 0.
//
//   kafka-topic.ts PORT NAME PARTITIONS

import process from "node:process";
import { createInterface } from "node:readline";
import { type Admin, Kafka } from "kafkajs";
import { quieten } from "../../src/trigger/kafka-quiet.ts";

const [port, topic = "", partitions] = process.argv.slice(2);
quieten();
let admin: Admin | undefined;

async function connected(): Promise<Admin> {
  if (admin !== undefined) return admin;
  const fresh = new Kafka({ brokers: [`127.0.0.1:${port}`], logCreator: () => () => {} }).admin();
  await fresh.connect();
  return admin = fresh;
}

const DEEDS: { readonly [name: string]: () => Promise<number> } = {
  async create() {
    await (await connected()).createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: Number(partitions) }],
    });
    return 0;
  },
  async count() {
    return (await (await connected()).fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
  },
  /** Before the broker goes. */
  async pause() {
    await admin?.disconnect();
    admin = undefined;
    return 0;
  },
  async delete() {
    await (await connected()).deleteTopics({ topics: [topic] });
    return await this.pause?.() ?? 0;
  },
};

for await (const line of createInterface({ input: process.stdin })) console.log(await DEEDS[line]?.());
