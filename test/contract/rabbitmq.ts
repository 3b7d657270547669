// A look into RabbitMQ by its own HTTP API, which knows nothing of the client that the peer writes with.

import { spawnSync } from "node:child_process";
import process from "node:process";
import type { Service } from "./broker.ts";

export type Found = {
  readonly exchange: string;
  readonly routing_key: string;
  readonly payload: string;
  readonly properties: { readonly [name: string]: unknown } & {
    readonly headers?: { readonly [name: string]: unknown };
  };
};

export class RabbitMq {
  readonly #http: string;
  readonly #control: Service["control"];

  constructor({ http = "", control }: Service) {
    this.#http = http;
    this.#control = control;
  }

  /** Whether it takes what is published: not while it thinks that its memory is full. */
  takeMessages(isTaking: boolean): void {
    const { command = "", env } = this.#control ?? {};
    const { status, stderr } = spawnSync(command, ["set_vm_memory_high_watermark", isTaking ? "0.4" : "0"], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  }

  async declareQueue(name: string, { vhost = "/", args = {} }: { vhost?: string; args?: object } = {}): Promise<void> {
    await this.#ask("PUT", ["queues", vhost, name], { durable: true, arguments: args });
  }

  async deleteQueue(name: string, vhost = "/"): Promise<void> {
    await this.#ask("DELETE", ["queues", vhost, name]);
  }

  async declareExchange(name: string, { vhost = "/", type = "topic" } = {}): Promise<void> {
    await this.#ask("PUT", ["exchanges", vhost, name], { type, durable: true, auto_delete: false });
  }

  async deleteExchange(name: string, vhost = "/"): Promise<void> {
    await this.#ask("DELETE", ["exchanges", vhost, name]);
  }

  async bind(exchange: string, queue: string, key: string, vhost = "/"): Promise<void> {
    await this.#ask("POST", ["bindings", vhost, "e", exchange, "q", queue], { routing_key: key });
  }

  /** Takes all that is in the queue. */
  async take(queue: string, vhost = "/"): Promise<readonly Found[]> {
    const how = { count: 1_000_000, ackmode: "ack_requeue_false", encoding: "auto" };
    return await (await this.#ask("POST", ["queues", vhost, queue, "get"], how)).json();
  }

  /** Closes every connection that the broker knows of. */
  async closeConnections(): Promise<number> {
    const connections: readonly { readonly name: string }[] = await (await this.#ask("GET", ["connections"])).json();
    for (const { name } of connections) await this.#ask("DELETE", ["connections", name]);
    return connections.length;
  }

  async #ask(method: string, path: readonly string[], body?: unknown): Promise<Response> {
    const answer = await fetch(`${this.#http}/${path.map(encodeURIComponent).join("/")}`, {
      method,
      headers: { authorization: `Basic ${btoa("guest:guest")}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${path.join("/")}: ${await answer.text()}`);
    return answer;
  }
}
