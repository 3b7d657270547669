// Events over AMQP 0-9-1: delivered when the broker has confirmed the message and some queue has taken it. One connection
// for each broker, vhost and user; on it a channel for each exchange, since a channel ends by the first mistake on it.

import { Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import { type ChannelModel, type ConfirmChannel, connect, type Message } from "amqplib";
import { type AmqpAddress, parseAmqpUrn } from "../core/targets/target-amqp.ts";
import { isFault } from "../core/values/fault.ts";
import { amqpMessage } from "./amqp-message.ts";
import { Attempt } from "./attempt.ts";
import { type Access, accessOf, placeOf, secretsOf, tlsOf, unwelcome } from "./broker-access.ts";
import { brokerTrigger } from "./broker.ts";
import { codeOf, hungUp, insecure, shownText, spanOf, unreachable } from "./connection-error.ts";
import { type Egress, EGRESS_REFUSED, PLAIN_EGRESS } from "./egress.ts";
import { gather } from "./gather.ts";
import { type DialHow, type LinkPlan, Refusal, type Session } from "./link.ts";
import type { OpenCredentials } from "./open-target.ts";
import type { Trigger } from "./trigger.ts";

export type AmqpTriggerOptions = {
  /** Milliseconds since 1970, for the timestamp of messages. */
  readonly now: () => number;
  readonly idleMs?: number;
  /** Whole seconds, 1 … 600: each side asks for a sign of life of the other so often, and gives it up without two. */
  readonly heartbeatS?: number;
  /** Opens the credentials of named targets. */
  readonly open?: OpenCredentials;
  /** Judges where connections are made to; without it, as if nothing were set. */
  readonly egress?: Egress;
};

export function amqpTrigger(
  { now, open, idleMs = 60_000, heartbeatS = HEARTBEAT_S, egress = PLAIN_EGRESS }: AmqpTriggerOptions,
): Trigger {
  return brokerTrigger<AmqpPlan>({
    schemes: ["amqp", "amqps"],
    planOf: (target) => {
      const address = parseAmqpUrn(target.urn);
      if (isFault(address)) return undefined;
      const access = accessOf({ ...address, hosts: [address.host] }, target);
      const key = JSON.stringify([access, address.vhost]);
      return { key, place: placeOf(access), access, address, secrets: secretsOf(access) };
    },
    dial: async (plan, { connectMs, lost }) =>
      new AmqpSession(plan, await dial(plan, { connectMs, heartbeatS, egress }), { now, lost, heartbeatS }),
    now,
    open,
    linksMax: LINKS_MAX,
    idleMs,
  });
}

type AmqpPlan = LinkPlan & {
  readonly access: Access;
  readonly address: AmqpAddress;
};

const LINKS_MAX = 256;
/** Channels of one connection. */
const CHANNELS_MAX = 64;
const HEARTBEAT_S = 10;
/** What a broker may send at once; no more than 128 KiB are agreed on. */
const FRAME_MAX_BYTES = 256 * 1024;
/** A broker that owes more answers on one channel gives none: four times what a lane holds. */
const UNANSWERED_MAX = 1_024;

type DialParts = { readonly connectMs: number; readonly heartbeatS: number; readonly egress: Egress };

async function dial(plan: AmqpPlan, { connectMs, heartbeatS, egress }: DialParts): Promise<ChannelModel> {
  const { access: { isSecure, user, password, clientTls, isGuarded }, address: { host, vhost } } = plan;
  const way = egress(host.hostname, host.port, isGuarded);
  try {
    const model = await connect({
      protocol: isSecure ? "amqps" : "amqp",
      ...{ hostname: way.host, port: way.port, vhost: encodeURIComponent(vhost), heartbeat: heartbeatS },
      maxFrameSize: FRAME_MAX_BYTES,
      ...(user === undefined ? {} : { username: user, password: password ?? "" }),
    }, {
      ...{ timeout: connectMs, noDelay: true, keepAlive: true, keepAliveDelay: 60_000, lookup: way.lookup },
      ...(isSecure ? tlsOf(host.hostname, clientTls) : {}),
      clientProperties: { connection_name: "Metronome" },
    });
    gather(socketOf(model));
    return model;
  } catch (error) {
    throw refusalOf(plan, error, connectMs);
  }
}

/** The library does not say that it has it. */
function socketOf({ connection }: ChannelModel): Socket {
  const socket: unknown = Reflect.get(connection, "stream");
  if (!(socket instanceof Socket)) throw new Error("a connection of AMQP is over a socket");
  return socket;
}

function refusalOf({ place, access, address: { host, vhost }, secrets }: AmqpPlan, error: unknown, connectMs: number) {
  const said = error instanceof Error ? error.message : String(error);
  const code = said.includes("ETIMEDOUT") ? "METRONOME_CONNECT_TIMEOUT" : codeOf(error);
  const network = unreachable(code, { place, host: host.hostname, connectMs });
  if (network !== undefined) return new Refusal("away", network);
  const never = { retryable: false };
  if (code === EGRESS_REFUSED) return new Refusal("refused", shownText(said, secrets), never);
  if (/\b403\b|ACCESS.REFUSED/.test(said)) {
    return new Refusal("unwelcome", `${place} ${unwelcome(access, "guest")}`, never);
  }
  // All that the library tells when the broker closes the connection where it should have opened the vhost.
  if (/OpenOk; got <ConnectionClose/.test(said)) {
    return new Refusal("refused", `${place} has no vhost ${JSON.stringify(vhost)} for this user`, never);
  }
  if (/abruptly|disconnected|ECONNRESET|EPIPE/.test(`${said} ${code}`)) {
    return new Refusal("away", hungUp(place, { isSecure: access.isSecure, scheme: "amqps" }));
  }
  const text = shownText(said, secrets);
  if (access.isSecure) return new Refusal("insecure", insecure(place, text));
  return new Refusal("away", `the connection with ${place} failed: ${text}`);
}

type SessionParts = {
  readonly now: () => number;
  readonly lost: DialHow<AmqpPlan>["lost"];
  readonly heartbeatS: number;
};

class AmqpSession implements Session<AmqpPlan> {
  readonly #plan: AmqpPlan;
  readonly #model: ChannelModel;
  readonly #now: () => number;
  readonly #channels = new Map<string, ExchangeChannel>();
  /** Why the broker takes no messages for now. */
  #blocked: string | undefined;
  /** What comes meanwhile. */
  #held: Attempt<AmqpPlan>[] = [];
  /** Why it ends, if it does. */
  #why: string;
  #closed: Promise<void> | undefined;

  constructor(plan: AmqpPlan, model: ChannelModel, { now, lost, heartbeatS }: SessionParts) {
    this.#plan = plan;
    this.#model = model;
    this.#now = now;
    const { place, secrets } = plan;
    this.#why = `the connection with ${place} was lost`;
    const ended = ({ message }: Error) => {
      this.#why = message === SILENT
        ? `${place} showed no sign of life for ${spanOf(2_000 * heartbeatS)}`
        : `the connection with ${place} ended: ${shownText(message, secrets)}`;
    };
    model.on("error", ended);
    model.on("close", (error?: Error) => {
      if (error !== undefined) ended(error);
      leave(socketOf(model));
      const held = this.#held.splice(0);
      for (const attempt of held) attempt.hindrance = undefined;
      lost(held);
      for (const channel of this.#channels.values()) channel.end(this.#why);
    });
    model.on("blocked", (reason: string) => {
      this.#blocked = `it blocks whoever publishes (${shownText(reason, secrets)})`;
      for (const channel of this.#channels.values()) channel.hinder(this.#blocked);
    });
    model.on("unblocked", () => {
      this.#blocked = undefined;
      for (const channel of this.#channels.values()) channel.hinder(undefined);
      for (const attempt of this.#held.splice(0)) if (!attempt.isOver) this.publish(attempt);
    });
  }

  publish(attempt: Attempt<AmqpPlan>): void {
    attempt.hindrance = this.#blocked;
    if (this.#blocked !== undefined) return this.#hold(attempt);
    const { exchange } = attempt.plan.address;
    let channel = this.#channels.get(exchange);
    if (channel?.isEnded !== false) {
      if (this.#channels.size >= CHANNELS_MAX && !this.#makeRoom()) {
        return attempt.stop(`${CHANNELS_MAX} exchanges of ${this.#plan.place} are being sent to already`);
      }
      channel = new ExchangeChannel(attempt.plan, this.#model, { now: this.#now, why: () => this.#why });
      this.#channels.set(exchange, channel);
    }
    if (channel.unanswered >= UNANSWERED_MAX) {
      attempt.failed(`${this.#plan.place} confirms nothing any more`);
      return void this.close();
    }
    channel.publish(attempt);
  }

  close(): Promise<void> {
    return this.#closed ??= closed(this.#model);
  }

  /** For as long as it may take: written, it would wait for a broker that does not read, beside a copy of itself. */
  #hold(attempt: Attempt<AmqpPlan>): void {
    this.#held = this.#held.filter(({ isOver }) => !isOver);
    if (this.#held.length < UNANSWERED_MAX) this.#held.push(attempt);
    else attempt.failed(`${this.#plan.place} takes nothing: ${this.#blocked}`);
  }

  /** Gives up a channel that is not used. */
  #makeRoom(): boolean {
    for (const [exchange, channel] of this.#channels) {
      if (channel.unanswered > 0) continue;
      this.#channels.delete(exchange);
      channel.close();
      return true;
    }
    return false;
  }
}

/** How long a broker may take to say goodbye. */
const GOODBYE_MS = 1_000;

async function closed(model: ChannelModel): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, GOODBYE_MS);
  // Rejects when it is closed already, which is as good.
  model.close().then(resolve, resolve);
  await promise;
  clearTimeout(timer);
  leave(socketOf(model));
}

/** Whoever says nothing does not end its half of the connection either. */
function leave(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), GOODBYE_MS).unref();
  socket.once("close", () => clearTimeout(timer));
}

/** What the library says of a broker whose heartbeats do not come. */
const SILENT = "Heartbeat timeout";
/** What the library says of a message that the broker did not take; of a channel that ended it says another thing. */
const NACKED = "message nacked";

/** The channel for one exchange. */
class ExchangeChannel {
  /** Of the first that was sent by it. */
  readonly #plan: AmqpPlan;
  readonly #now: () => number;
  /** Why its connection ends. */
  readonly #why: () => string;
  #waiting: Attempt<AmqpPlan>[] = [];
  readonly #unanswered = new Map<string, Attempt<AmqpPlan>>();
  #channel: ConfirmChannel | undefined;
  isEnded = false;

  constructor(plan: AmqpPlan, model: ChannelModel, { now, why }: { now: () => number; why: () => string }) {
    this.#plan = plan;
    this.#now = now;
    this.#why = why;
    model.createConfirmChannel().then((channel) => this.#opened(channel), (error) => {
      this.end(`${plan.place} opens no channel: ${shownText(String(error.message), plan.secrets)}`);
    });
  }

  get unanswered(): number {
    return this.#unanswered.size + this.#waiting.length;
  }

  publish(attempt: Attempt<AmqpPlan>): void {
    const channel = this.#channel;
    if (channel === undefined) return void this.#waiting.push(attempt);
    const { address: { exchange, routingKey } } = attempt.plan;
    const { content, properties } = amqpMessage(attempt.delivery, this.#now());
    const key = keyOf(properties.messageId, properties.headers.cloudEvents_attempt);
    attempt.isSent = true;
    this.#unanswered.set(key, attempt);
    try {
      channel.publish(exchange, routingKey, content, properties, (error) => {
        // When the channel ends, all are told why by that.
        if (error !== null && error.message !== NACKED) return;
        this.#unanswered.delete(key);
        if (error === null) attempt.delivered();
        else attempt.refused(`${this.#plan.place} did not take the message: a queue is full, or is failing`);
      });
    } catch (error) {
      this.#unanswered.delete(key);
      attempt.refused(`the message could not be written: ${shownText(String(error), this.#plan.secrets)}`);
    }
  }

  /** Those whose time is over are told why. */
  hinder(why: string | undefined): void {
    for (const attempt of [...this.#unanswered.values(), ...this.#waiting]) attempt.hindrance = why;
  }

  /** All that it has taken fails. */
  end(why: string): void {
    Attempt.lost(this.#takeAll(), why);
  }

  close(): void {
    this.isEnded = true;
    // Rejects when it is closed already, which is as good.
    this.#channel?.close().catch(() => {});
  }

  #opened(channel: ConfirmChannel): void {
    const { place, secrets } = this.#plan;
    let refusal: Error | undefined;
    channel.on("error", (error: Error) => refusal = error);
    channel.on("close", () => {
      if (refusal === undefined) return this.end(this.#why());
      const code = (refusal as { readonly code?: unknown }).code;
      const said = /"([^]*)"$/.exec(refusal.message)?.[1] ?? refusal.message;
      // What is not there may come yet: an exchange is declared by whoever uses it.
      const retryable = code === 404 || Number(code) >= 500;
      const { exchange, vhost } = this.#plan.address;
      const why = code === 404
        ? shownText(`${place} has no exchange ${JSON.stringify(exchange)} in its vhost ${vhost}: declare it`, secrets)
        : `${place} refuses it: ${shownText(said, secrets)}`;
      for (const attempt of this.#takeAll()) attempt.refused(why, { retryable });
    });
    channel.on("return", ({ properties }: Message) => {
      const attempt = this.#unanswered.get(keyOf(properties.messageId, properties.headers?.cloudEvents_attempt));
      if (attempt !== undefined) attempt.refused(shownText(unrouted(attempt.plan), secrets));
    });
    this.#channel = channel;
    if (this.isEnded) return this.close();
    for (const attempt of this.#waiting.splice(0)) if (!attempt.isOver) this.publish(attempt);
  }

  #takeAll(): readonly Attempt<AmqpPlan>[] {
    this.isEnded = true;
    const attempts = [...this.#unanswered.values(), ...this.#waiting];
    this.#unanswered.clear();
    this.#waiting = [];
    return attempts;
  }
}

/** What comes of `mandatory` where no queue takes the message. */
function unrouted({ place, address: { vhost, exchange, routingKey } }: AmqpPlan): string {
  const key = JSON.stringify(routingKey);
  return exchange === ""
    ? `${place} has no queue ${key} in its vhost ${vhost} (NO_ROUTE): declare it`
    : `${place} has no queue bound to exchange ${JSON.stringify(exchange)} for ${key} (NO_ROUTE): bind one`;
}

/** Of an attempt: one that was cancelled may still be on the way when the next goes. */
function keyOf(id: unknown, attempt: unknown): string {
  return `${id} ${attempt}`;
}
