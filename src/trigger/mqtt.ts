// Events over MQTT 5: published at QoS 1, delivered when the broker has acknowledged them.

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { connect as connectTcp, type Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import { connect as connectTls } from "node:tls";
import { type IConnackPacket, MqttClient } from "mqtt";
import { type MqttAddress, parseMqttUrn } from "../core/targets/target-mqtt.ts";
import { isFault } from "../core/values/fault.ts";
import { Attempt } from "./attempt.ts";
import { type Access, accessOf, placeOf, secretsOf, tlsOf, unwelcome } from "./broker-access.ts";
import { brokerTrigger } from "./broker.ts";
import { codeOf, hungUp, insecure, shownText, spanOf, unreachable } from "./connection-error.ts";
import { type Egress, EGRESS_REFUSED, PLAIN_EGRESS } from "./egress.ts";
import { type DialHow, type LinkPlan, Refusal, type Session } from "./link.ts";
import { mqttMessage } from "./mqtt-message.ts";
import type { OpenCredentials } from "./open-target.ts";
import type { Trigger } from "./trigger.ts";

export type MqttTriggerOptions = {
  /** Milliseconds since 1970: until when a password before the one of now is good. */
  readonly now?: () => number;
  /** Opens the credentials of named targets. */
  readonly open?: OpenCredentials;
  readonly idleMs?: number;
  /** Whole seconds, 1 … 600: the broker is asked for a sign of life when it gave none for so long. */
  readonly heartbeatS?: number;
  /** Judges where connections are made to; without it, as if nothing were set. */
  readonly egress?: Egress;
};

export function mqttTrigger(
  { now = Date.now, open, idleMs = 60_000, heartbeatS = HEARTBEAT_S, egress = PLAIN_EGRESS }: MqttTriggerOptions = {},
): Trigger {
  return brokerTrigger<MqttPlan>({
    schemes: ["mqtt", "mqtts"],
    planOf: (target) => {
      const address = parseMqttUrn(target.urn);
      if (isFault(address)) return undefined;
      const access = accessOf({ ...address, hosts: [address.host] }, target);
      return { key: JSON.stringify(access), place: placeOf(access), access, address, secrets: secretsOf(access) };
    },
    dial: (plan, how) => dial(plan, how, { heartbeatS, egress }),
    now,
    open,
    linksMax: LINKS_MAX,
    idleMs,
  });
}

type MqttPlan = LinkPlan & {
  readonly access: Access;
  readonly address: MqttAddress;
};

const LINKS_MAX = 256;
const HEARTBEAT_S = 15;
/** MQTT 5 §3.1.2.10: who says nothing for so many of these is gone. */
const HEARTBEATS_MISSED = 1.5;
const PACKET_MAX_BYTES = 1024 * 1024;
/** MQTT 5 §3.2.2.3.3: what a broker takes unless it says less. */
const RECEIVE_MAXIMUM = 65_535;
/** What the topic, the properties and the framing add to a payload, at most but for the headers of the target. */
const ENVELOPE_BYTES = 4 * 1024;

/** MQTT 5 §2.4: reasons of a refusal, from 0x80 on. These may pass; 0x88 and 0x89 say that the broker itself is away. */
const PASSING = new Set([0x80, 0x83, 0x91, 0x97]);
const AWAY = new Set([0x88, 0x89, 0x8b, 0x9c, 0x9d]);
/** No such user, or not with this password, or not this way. */
const UNKNOWN = new Set([0x86, 0x87, 0x8c]);
const NOT_AUTHORIZED = 0x87;

async function dial(
  plan: MqttPlan,
  { connectMs, lost }: DialHow<MqttPlan>,
  { heartbeatS, egress }: { readonly heartbeatS: number; readonly egress: Egress },
): Promise<MqttSession> {
  const { access: { user, password } } = plan;
  const socket = socketTo(plan, egress);
  const client = new MqttClient(() => socket, {
    protocolVersion: 5,
    clean: true,
    clientId: `metronome-${randomBytes(8).toString("hex")}`,
    keepalive: heartbeatS,
    reconnectPeriod: 0,
    connectTimeout: connectMs,
    timerVariant: "native",
    ...(user === undefined ? {} : { username: user, ...(password === undefined ? {} : { password }) }),
  });
  // Stays for its whole life: an error that nobody listens to would end the program.
  client.on("error", () => {});
  // What a broker has to say to one that only publishes is short.
  let bytes = 0;
  client.on("packetreceive", () => bytes = 0);
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > PACKET_MAX_BYTES) socket.destroy(new Error("the broker sends without end"));
  });
  const timer = setTimeout(() => socket.destroy(new ConnectTimeout()), connectMs);
  try {
    const greeting = await new Promise<IConnackPacket>((resolve, reject) => {
      client.once("connect", resolve);
      client.once("error", reject);
      socket.once("error", reject);
      client.once("close", () => reject(new Error("the broker closed the connection")));
    });
    return new MqttSession(plan, { client, socket, greeting, heartbeatS, lost });
  } catch (error) {
    client.end(true);
    socket.destroy();
    throw refusalOf(plan, error, connectMs);
  } finally {
    clearTimeout(timer);
  }
}

class ConnectTimeout extends Error {
  readonly code = "METRONOME_CONNECT_TIMEOUT";
}

function socketTo({ access, address: { host: { hostname, port } } }: MqttPlan, egress: Egress): Socket {
  const way = egress(hostname, port, access.isGuarded);
  const socket = access.isSecure ? connectTls({ ...tlsOf(hostname, access.clientTls), ...way }) : connectTcp(way);
  socket.setNoDelay(true);
  return socket;
}

function refusalOf({ place, access, address: { host }, secrets }: MqttPlan, error: unknown, connectMs: number) {
  const network = unreachable(codeOf(error), { place, host: host.hostname, connectMs });
  if (network !== undefined) return new Refusal("away", network);
  const said = shownText(error instanceof Error ? error.message : String(error), secrets);
  if (codeOf(error) === EGRESS_REFUSED) return new Refusal("refused", said, { retryable: false });
  const reason = reasonOf(error);
  if (reason !== undefined && !AWAY.has(reason)) {
    if (UNKNOWN.has(reason)) return new Refusal("unwelcome", `${place} ${unwelcome(access)}`, { retryable: false });
    return new Refusal("refused", `${place} lets nobody in: ${said}`, { retryable: PASSING.has(reason) });
  }
  const { isSecure } = access;
  if (/closed|disconnected|ECONNRESET|EPIPE/.test(`${said} ${codeOf(error)}`)) {
    return new Refusal("away", hungUp(place, { isSecure, scheme: "mqtts" }));
  }
  if (isSecure && reason === undefined) return new Refusal("insecure", insecure(place, said));
  return new Refusal("away", `the connection with ${place} failed: ${said}`);
}

/** The reason of a refusal by the broker; absent for any other error. */
function reasonOf(error: unknown): number | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "number" && code >= 0x80 ? code : undefined;
}

/** What the library says of a broker that does not answer when it is asked for a sign of life. */
const SILENT = "Keepalive timeout";

type SessionParts = {
  readonly client: MqttClient;
  readonly socket: Socket;
  readonly greeting: IConnackPacket;
  readonly heartbeatS: number;
  readonly lost: DialHow<MqttPlan>["lost"];
};

class MqttSession implements Session<MqttPlan> {
  readonly #plan: MqttPlan;
  readonly #client: MqttClient;
  readonly #socket: Socket;
  readonly #unansweredMax: number;
  readonly #packetMaxBytes: number;
  readonly #unanswered = new Set<Attempt<MqttPlan>>();
  #queue: Attempt<MqttPlan>[] = [];
  #closed: Promise<void> | undefined;

  constructor(plan: MqttPlan, { client, socket, greeting, heartbeatS, lost }: SessionParts) {
    this.#plan = plan;
    this.#client = client;
    this.#socket = socket;
    const { receiveMaximum = RECEIVE_MAXIMUM, maximumPacketSize = Infinity } = greeting.properties ?? {};
    this.#unansweredMax = receiveMaximum;
    this.#packetMaxBytes = maximumPacketSize;
    let why = `the connection with ${plan.place} was lost`;
    client.on("error", ({ message }) => {
      why = message === SILENT
        ? `${plan.place} showed no sign of life for ${spanOf(1_000 * HEARTBEATS_MISSED * heartbeatS)}`
        : `${why}: ${shownText(message, plan.secrets)}`;
    });
    client.on("disconnect", ({ reasonCode }) => why = `${plan.place} closed the connection, with reason ${reasonCode}`);
    client.once("close", () => {
      lost(this.#queue.splice(0));
      Attempt.lost([...this.#unanswered], why);
      this.#unanswered.clear();
      void this.close();
    });
  }

  publish(attempt: Attempt<MqttPlan>): void {
    if (this.#unanswered.size < this.#unansweredMax) return this.#send(attempt);
    this.#queue.push(attempt);
    // Nobody waits any more for what is on the way: the broker is as good as gone.
    if ([...this.#unanswered].every(({ isOver }) => isOver)) this.#socket.destroy();
  }

  close(): Promise<void> {
    return this.#closed ??= this.#end();
  }

  async #end(): Promise<void> {
    const isIdle = this.#unanswered.size === 0 && this.#client.connected;
    // With a goodbye when there is somebody to say it to.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GOODBYE_MS);
      this.#client.end(!isIdle, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#socket.destroy();
  }

  #send(attempt: Attempt<MqttPlan>): void {
    const { address: { topic }, place, secrets } = attempt.plan;
    const { payload, options } = mqttMessage(attempt.delivery);
    const bytes = Buffer.byteLength(payload);
    if (bytes + ENVELOPE_BYTES > this.#packetMaxBytes) {
      return attempt.refused(`the payload of ${bytes} bytes is more than ${place} takes`, { retryable: false });
    }
    attempt.isSent = true;
    this.#unanswered.add(attempt);
    this.#client.publish(topic, payload, options, (error) => {
      // When the connection ends, all are told why by that.
      if (error !== undefined && error !== null && reasonOf(error) === undefined) return;
      this.#unanswered.delete(attempt);
      const reason = reasonOf(error ?? {});
      if (reason === undefined) attempt.delivered();
      else {
        const said = reason === NOT_AUTHORIZED
          ? `lets this user publish to no topic ${topic}`
          : `refuses it: ${error?.message ?? ""}`;
        attempt.refused(shownText(`${place} ${said}`, secrets), { retryable: PASSING.has(reason) });
      }
      this.#next();
    });
  }

  #next(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (!next.isOver) return this.publish(next);
    }
  }
}

/** How long a broker may take to say goodbye. */
const GOODBYE_MS = 1_000;
