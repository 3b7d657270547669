// What a Kafka broker or its client says when something fails, as one sentence, and what that means for the attempt.

import type { Host } from "../core/targets/broker-urn.ts";
import type { KafkaAddress } from "../core/targets/target-kafka.ts";
import { type Access, unwelcome } from "./broker-access.ts";
import { codeOf, hungUp, insecure, shownText, unreachable } from "./connection-error.ts";
import { EGRESS_REFUSED } from "./egress.ts";
import { Refusal } from "./link.ts";

export type KafkaPlace = {
  readonly place: string;
  readonly access: Access;
  readonly address: KafkaAddress;
  readonly secrets: readonly string[];
};

export type KafkaFailure =
  /** One of the records is more than the topic takes. */
  | { readonly kind: "too large" }
  /** The cluster is there, and does not take it. */
  | { readonly kind: "refused"; readonly error: string; readonly retryable: boolean }
  /** On the way; it may have come to be. */
  | { readonly kind: "lost"; readonly error: string };

/** A partition was asked for that the topic has not. */
export class NoPartition extends Error {
  constructor(partition: number, partitions: number) {
    super(`it has ${partitions} partition${partitions === 1 ? "" : "s"}, and no number ${partition}`);
  }
}

export function failureOf(where: KafkaPlace, error: unknown): KafkaFailure {
  const { place, address: { topic }, secrets } = where;
  const root = rootOf(error);
  const said = shownText(root instanceof Error ? root.message : String(root), secrets);
  if (root instanceof NoPartition) {
    return { kind: "refused", error: `topic ${topic} of ${place}: ${said}`, retryable: false };
  }
  const type = typeOf(root);
  switch (type) {
    case "MESSAGE_TOO_LARGE":
    case "RECORD_LIST_TOO_LARGE":
      return { kind: "too large" };
    case "UNKNOWN_TOPIC_OR_PARTITION":
      // It may come yet: a topic is made by whoever uses it.
      return { kind: "refused", error: `${place} has no topic ${topic}: create it`, retryable: true };
    case "TOPIC_AUTHORIZATION_FAILED":
    case "CLUSTER_AUTHORIZATION_FAILED":
      return { kind: "refused", error: `${place} lets this user write to no topic ${topic}`, retryable: false };
    case "INVALID_TOPIC_EXCEPTION":
    case "POLICY_VIOLATION":
      return { kind: "refused", error: `${place} refuses it: ${said}`, retryable: false };
    case "NOT_ENOUGH_REPLICAS":
    case "NOT_ENOUGH_REPLICAS_AFTER_APPEND":
      return { kind: "refused", error: `${place} has too few replicas of topic ${topic} in sync`, retryable: true };
  }
  if (type !== "") return { kind: "refused", error: `${place} refuses it: ${said}`, retryable: true };
  return { kind: "lost", error: unreachableOf(where, root) ?? `the connection with ${place} was lost: ${said}` };
}

/** Why there is no connection with the cluster, or none for this topic. */
export function refusalOf(where: KafkaPlace, error: unknown, connectMs: number): Refusal {
  const { place, access, address: { isSecure }, secrets } = where;
  const root = rootOf(error);
  const said = root instanceof Error ? root.message : String(root);
  const network = unreachableOf(where, root, connectMs);
  if (network !== undefined) return new Refusal("away", network);
  const text = shownText(said, secrets);
  const never = { retryable: false };
  if (codeOf(root) === EGRESS_REFUSED) return new Refusal("refused", text, never);
  if (typeOf(root) === "ILLEGAL_SASL_STATE") {
    return new Refusal("refused", `${place} asks for no user at this port: give the target none`, never);
  }
  if (/SASL/.test(`${nameOf(root)} ${nameOf(error)} ${said}`)) {
    return new Refusal("unwelcome", `${place} ${unwelcome(access)} (${text})`, never);
  }
  const failure = failureOf(where, error);
  if (failure.kind === "refused") return new Refusal("refused", failure.error, failure);
  if (/closed|Not connected|disconnected|ECONNRESET|EPIPE/i.test(`${said} ${codeOf(root)}`)) {
    const orUser = access.user === undefined && !isSecure ? ", or a user" : "";
    return new Refusal("away", hungUp(place, { isSecure, scheme: "kafkas" }) + orUser);
  }
  if (ALIEN.test(said)) {
    return new Refusal("away", `${place} does not speak as Kafka does: it may want TLS at this port (kafkas://)`);
  }
  if (isSecure) return new Refusal("insecure", insecure(place, text.replace(/^Connection error: /, "")));
  return new Refusal("away", `the connection with ${place} failed: ${text}`);
}

/** What `kafka-answers.ts` says of an answer that can't be one: an alert of TLS looks so. */
const ALIEN = /^Connection error: the broker announced an answer/;

/** The names of these by which the client is given them: it would cut an address of IPv6 at its first colon. */
export function seedNames(hosts: readonly Host[]): readonly string[] {
  return hosts.map(({ hostname }, n) => hostname.includes(":") ? `seed-${n}` : hostname);
}

/** A broker of the cluster that can't be reached: one of the URN's, or one that those have named. */
function unreachableOf({ place, access: { hosts } }: KafkaPlace, root: unknown, connectMs = 0): string | undefined {
  const said = root instanceof Error ? root.message : String(root);
  const code = /timeout/i.test(said) && codeOf(root) === "" ? "METRONOME_CONNECT_TIMEOUT" : codeOf(root);
  const [, broker = "", host = ""] = /^(([^:]+):\d+)$/.exec(brokerOf(root)) ?? [];
  const names = seedNames(hosts);
  if (broker === "" || hosts.some(({ port }, n) => broker === `${names[n]}:${port}`)) {
    const named = host === "" || host.startsWith("seed-") ? hosts[0]?.hostname ?? "" : host;
    return unreachable(code, { place, host: named, connectMs });
  }
  const network = unreachable(code, { place: broker, host, connectMs });
  return network === undefined ? undefined : `${network}: ${place} says that this is a broker (advertised.listeners)`;
}

/** `host:port` of whom the error is about; empty when it does not say. */
function brokerOf(error: unknown): string {
  return error instanceof Error && "broker" in error ? String(error.broker) : "";
}

/** Whether the cluster, or this user's rights, are such that records can't be numbered. */
export function isAgainstNumbers(error: unknown): boolean {
  const root = rootOf(error);
  return typeOf(root) === "CLUSTER_AUTHORIZATION_FAILED" || nameOf(root) === "KafkaJSServerDoesNotSupportApiKey";
}

/** The client wraps an error as often as it gives up on it. */
function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 8 && root instanceof Error && root.cause instanceof Error; depth++) root = root.cause;
  return root;
}

function typeOf(error: unknown): string {
  return error instanceof Error && "type" in error ? String(error.type) : "";
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}
