// Events to Apache Kafka: delivered when all replicas in sync have the record. What is sent at about the same time goes
// as one batch. Each topic has a client of its own, since the library's clients let one topic's troubles spoil others,
// and is given up as soon as it is idle, since they burn a little all the time.

import { Buffer } from "node:buffer";
import { connect as connectTcp } from "node:net";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { connect as connectTls } from "node:tls";
import { type ISocketFactoryArgs, Kafka, Partitioners, type Producer, type SASLOptions } from "kafkajs";
import { type KafkaAddress, type KafkaOptions, parseKafkaUrn } from "../core/targets/target-kafka.ts";
import { isFault } from "../core/values/fault.ts";
import { Attempt } from "./attempt.ts";
import { type Access, accessOf, placeOf, secretsOf, tlsOf } from "./broker-access.ts";
import { brokerTrigger } from "./broker.ts";
import { type Egress, PLAIN_EGRESS } from "./egress.ts";
import { failureOf, isAgainstNumbers, NoPartition, refusalOf, seedNames } from "./kafka-failure.ts";
import { Lines } from "./kafka-lines.ts";
import { type KafkaMessage, kafkaMessage } from "./kafka-message.ts";
import { quieten } from "./kafka-quiet.ts";
import type { DialHow, LinkPlan, Session } from "./link.ts";
import type { OpenCredentials } from "./open-target.ts";
import type { Trigger } from "./trigger.ts";

export type KafkaTriggerOptions = {
  /** Milliseconds since 1970, for the timestamp of records. */
  readonly now: () => number;
  readonly idleMs?: number;
  /** Opens the credentials of named targets. */
  readonly open?: OpenCredentials;
  /** Judges where connections are made to; without it, as if nothing were set. */
  readonly egress?: Egress;
};

export function kafkaTrigger({ now, open, idleMs = 10_000, egress = PLAIN_EGRESS }: KafkaTriggerOptions): Trigger {
  quieten();
  return brokerTrigger<KafkaPlan>({
    schemes: ["kafka", "kafkas"],
    planOf: ({ urn, kafka = {}, ...target }) => {
      const address = parseKafkaUrn(urn);
      if (isFault(address)) return undefined;
      const access = accessOf(address, target);
      const { sasl = "plain" } = kafka;
      return {
        key: JSON.stringify([access, sasl, address.topic]),
        place: placeOf(access),
        ...{ access, address, sasl, secrets: secretsOf(access) },
      };
    },
    dial: (plan, how) => dial(plan, how, { now, egress }),
    now,
    open,
    linksMax: LINKS_MAX,
    idleMs,
  });
}

type KafkaPlan = LinkPlan & {
  readonly access: Access;
  readonly address: KafkaAddress;
  readonly sasl: NonNullable<KafkaOptions["sasl"]>;
};

/** Topics at one time. */
const LINKS_MAX = 256;
const BATCH_MAX = 512;
/** Half of what a broker takes at once unless it is told otherwise. */
const BATCH_MAX_BYTES = 512 * 1024;
/** What headers and framing add to a record. */
const RECORD_BYTES = 1_024;
/** For the answer to one request. */
const REQUEST_MS = 30_000;
/** The client's own retries carry a numbered batch over a change of leaders and a restart: they last about 15 s. */
const RETRY = { initialRetryTime: 100, multiplier: 2, maxRetryTime: 500, retries: 24 };
/** Without numbers, what is sent again after a lost answer comes twice: that is for the task's policy to decide. */
const NO_RETRY = { retries: 0 };

type DialParts = { readonly now: () => number; readonly egress: Egress };

async function dial(plan: KafkaPlan, how: DialHow<KafkaPlan>, { now, egress }: DialParts): Promise<KafkaSession> {
  const { connectMs, lost } = how;
  const lines = new Lines();
  const client = clientOf(plan, connectMs, { lines, egress });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("timeout")), connectMs);
  try {
    const made = topicIsThere(client, plan.address.topic).then(() => producerOf(client));
    return new KafkaSession(plan, { producer: await Promise.race([made, late.promise]), lines, now, lost });
  } catch (error) {
    lines.end();
    throw refusalOf(plan, error, connectMs);
  } finally {
    clearTimeout(timer);
  }
}

/** A producer that finds no topic would look for it for as long as it retries. */
async function topicIsThere(client: Kafka, topic: string): Promise<void> {
  const admin = client.admin();
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic] });
  } finally {
    await admin.disconnect();
  }
}

/** One that numbers its records, where that may be: then what is sent again after a lost answer counts once. */
async function producerOf(client: Kafka): Promise<Producer> {
  const settings = { maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner: partitioner };
  const numbering = client.producer({ ...settings, idempotent: true, retry: RETRY });
  try {
    await numbering.connect();
    return numbering;
  } catch (error) {
    await numbering.disconnect();
    if (!isAgainstNumbers(error)) throw error;
  }
  const plain = client.producer({ ...settings, retry: NO_RETRY });
  await plain.connect();
  return plain;
}

function clientOf(
  { access, sasl }: KafkaPlan,
  connectMs: number,
  { lines, egress }: { readonly lines: Lines; readonly egress: Egress },
): Kafka {
  const { isGuarded, isSecure, hosts, user, password = "", clientTls } = access;
  const names = seedNames(hosts);
  return new Kafka({
    brokers: hosts.map(({ port }, n) => `${names[n]}:${port}`),
    clientId: "metronome",
    connectionTimeout: connectMs,
    authenticationTimeout: connectMs,
    requestTimeout: REQUEST_MS,
    ...(isSecure ? { ssl: {} } : {}),
    ...(user === undefined ? {} : { sasl: saslOf(sasl, { username: user, password }) }),
    retry: { initialRetryTime: 50, maxRetryTime: 200, retries: hosts.length },
    logCreator: () => () => {},
    socketFactory: ({ host, port, ssl, onConnect }: ISocketFactoryArgs) => {
      const hostname = hosts[names.indexOf(host)]?.hostname ?? host;
      // What a broker says of the others is judged too.
      const way = egress(hostname, port, isGuarded);
      return lines.add(
        ssl ? connectTls({ ...ssl, ...tlsOf(hostname, clientTls), ...way }, onConnect) : connectTcp(way, onConnect),
      );
    },
  });
}

function saslOf(mechanism: KafkaPlan["sasl"], login: { username: string; password: string }): SASLOptions {
  switch (mechanism) {
    case "plain":
      return { mechanism, ...login };
    case "scram-sha-256":
      return { mechanism, ...login };
    case "scram-sha-512":
      return { mechanism, ...login };
  }
}

/** The same partition for the same key as Kafka's own clients choose; one that is asked for is there, or it is said. */
function partitioner(): ReturnType<typeof Partitioners.DefaultPartitioner> {
  const choose = Partitioners.DefaultPartitioner();
  return (args) => {
    const { message: { partition }, partitionMetadata } = args;
    // The client itself drops such a record, and says that all is well.
    if (typeof partition === "number" && !partitionMetadata.some(({ partitionId }) => partitionId === partition)) {
      throw new NoPartition(partition, partitionMetadata.length);
    }
    return choose(args);
  };
}

/** Ends the client, without waiting for what a broker still owes. */
async function gone(producer: Producer, lines: Lines): Promise<void> {
  lines.end();
  await producer.disconnect().catch(() => {});
}

type SessionParts = {
  readonly producer: Producer;
  readonly lines: Lines;
  readonly now: () => number;
  readonly lost: DialHow<KafkaPlan>["lost"];
};

/** An event on its way, and the attempt to send it. */
type Letter = { readonly attempt: Attempt<KafkaPlan>; readonly message: KafkaMessage };

class KafkaSession implements Session<KafkaPlan> {
  readonly #plan: KafkaPlan;
  readonly #parts: SessionParts;
  #queue: Letter[] = [];
  #isSending = false;
  /** What the broker has not answered yet. */
  #batch: readonly Letter[] = [];
  #closed: Promise<void> | undefined;

  constructor(plan: KafkaPlan, parts: SessionParts) {
    this.#plan = plan;
    this.#parts = parts;
  }

  publish(attempt: Attempt<KafkaPlan>): void {
    this.#queue.push({ attempt, message: kafkaMessage(attempt.delivery, this.#parts.now()) });
    if (!this.#isSending) {
      this.#isSending = true;
      // What else is sent in this turn of the loop goes along.
      setImmediate(() => void this.#send());
    } else if (this.#batch.length > 0 && this.#batch.every(({ attempt: { isOver } }) => isOver)) {
      // Nobody waits any more for what is on the way: the broker is as good as gone.
      this.#lose();
    }
  }

  close(): Promise<void> {
    return this.#closed ??= gone(this.#parts.producer, this.#parts.lines);
  }

  /** One batch after another, until nothing waits. */
  async #send(): Promise<void> {
    while (this.#closed === undefined) {
      const letters = this.#takeBatch();
      if (letters.length === 0) break;
      await this.#sendAll(letters);
    }
    this.#isSending = false;
  }

  async #sendAll(letters: readonly Letter[]): Promise<void> {
    const { topic } = this.#plan.address;
    const messages = letters.map(({ message }) => message);
    for (const { attempt } of letters) attempt.isSent = true;
    this.#batch = letters;
    try {
      await this.#parts.producer.sendBatch({ acks: -1, timeout: REQUEST_MS, topicMessages: [{ topic, messages }] });
      this.#batch = [];
      for (const { attempt } of letters) attempt.delivered();
    } catch (error) {
      this.#batch = [];
      await this.#failed(letters, error);
    }
  }

  async #failed(letters: readonly Letter[], error: unknown): Promise<void> {
    const failure = failureOf(this.#plan, error);
    switch (failure.kind) {
      case "too large":
        return await this.#tooLarge(letters);
      case "refused":
        for (const { attempt } of letters) attempt.refused(failure.error, failure);
        break;
      case "lost":
        Attempt.lost(letters.map(({ attempt }) => attempt), failure.error);
    }
    // What the broker has of the batch is not known, nor which number comes next: a record under a number that it has seen
    // would be taken for that one, and dropped.
    this.#lose();
  }

  /** One of them is, or all together. */
  async #tooLarge(letters: readonly Letter[]): Promise<void> {
    const { place, address: { topic } } = this.#plan;
    const [first, second] = letters;
    if (first === undefined) return;
    if (second === undefined) {
      const bytes = Buffer.byteLength(first.message.value);
      first.attempt.refused(`the payload of ${bytes} bytes is more than topic ${topic} of ${place} takes`, {
        retryable: false,
      });
      return;
    }
    for (const letter of letters) {
      if (this.#closed !== undefined) letter.attempt.failed(`the connection with ${place} was lost`);
      else if (!letter.attempt.isOver) await this.#sendAll([letter]);
    }
  }

  #lose(): void {
    if (this.#closed !== undefined) return;
    void this.close();
    this.#parts.lost(this.#queue.splice(0).map(({ attempt }) => attempt));
  }

  /** Those first in line that are for one partition, or for any. */
  #takeBatch(): readonly Letter[] {
    this.#queue = this.#queue.filter(({ attempt: { isOver } }) => !isOver);
    const [first] = this.#queue;
    if (first === undefined) return [];
    let bytes = 0;
    const end = this.#queue.findIndex(({ message: { value, partition } }, at) => {
      bytes += RECORD_BYTES + Buffer.byteLength(value);
      return at > 0 && (at === BATCH_MAX || bytes > BATCH_MAX_BYTES || partition !== first.message.partition);
    });
    return this.#queue.splice(0, end === -1 ? this.#queue.length : end);
  }
}
