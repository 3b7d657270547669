// Topics of a real Kafka, made and read for tests.

import { Buffer } from "node:buffer";
import { type Admin, Kafka, type KafkaMessage } from "kafkajs";
import { quieten } from "../../src/trigger/kafka-quiet.ts";
import { freshName, type Service, until } from "./broker.ts";

export type Record = {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly timestamp: string;
  readonly headers: { readonly [name: string]: string };
};

export type Topic = AsyncDisposable & {
  readonly name: string;
  /** All that is in it, in the order in which it came to each partition. */
  records(): Promise<readonly Record[]>;
  /** The node that leads its first partition. */
  leader(): Promise<number | undefined>;
};

export type TopicHow = {
  readonly partitions?: number;
  readonly config?: { readonly [name: string]: string };
  /** Of its one partition: the nodes that hold it, its leader first. */
  readonly replicas?: number[];
};

export async function topic({ ports }: Service, how: TopicHow = {}): Promise<Topic> {
  const { partitions = 1, config = {}, replicas } = how;
  quieten();
  const name = freshName("topic");
  const kafka = new Kafka({ brokers: [`127.0.0.1:${ports.plain}`], logCreator: () => () => {}, retry: { retries: 8 } });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    // The client itself waits for them only until it meets a broker that has not heard of the topic yet.
    waitForLeaders: false,
    topics: [{
      topic: name,
      ...(replicas === undefined
        ? { numPartitions: partitions, replicationFactor: 1 }
        : { replicaAssignment: [{ partition: 0, replicas }] }),
      configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
    }],
  });
  await until(async () => (await leaders(admin, name)).every((leader) => leader >= 0));
  const consumer = kafka.consumer({ groupId: name, maxWaitTimeInMs: 100 });
  const records: Record[] = [];
  let isReading = false;
  const read = async () => {
    if (!isReading) {
      isReading = true;
      await consumer.connect();
      await consumer.subscribe({ topics: [name], fromBeginning: true });
      await consumer.run({
        eachMessage: ({ partition, message }) => Promise.resolve(void records.push(recordOf(partition, message))),
      });
    }
    await until(async () => records.length >= await written(admin, name));
    return records;
  };
  return {
    name,
    records: read,
    leader: async () => (await leaders(admin, name))[0],
    async [Symbol.asyncDispose]() {
      await consumer.disconnect();
      await admin.deleteTopics({ topics: [name] });
      await admin.disconnect();
    },
  };
}

/** The node that leads each partition; -1 while none does. */
async function leaders(admin: Admin, name: string): Promise<readonly number[]> {
  try {
    const { topics: [found] } = await admin.fetchTopicMetadata({ topics: [name] });
    return found?.partitions.map(({ leader }) => leader) ?? [-1];
  } catch (error) {
    if (error instanceof Error && "type" in error && error.type === "UNKNOWN_TOPIC_OR_PARTITION") return [-1];
    throw error;
  }
}

async function written(admin: Admin, name: string): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(name);
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

function recordOf(partition: number, { key, value, timestamp, headers = {} }: KafkaMessage): Record {
  return {
    partition,
    key: String(key),
    value: String(value),
    timestamp,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, each]) => [name, Buffer.isBuffer(each) ? each.toString() : String(each)]),
    ),
  };
}
