// Peers of one mesh as people start them, each in a process of its own, and a target that remembers what it was sent.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { call, type Options, type Program, type Ready, Site, until } from "./peer.ts";

type How = Pick<Options, "args" | "runtime" | "under">;

export type MeshedPeer = { readonly site: Site; program: Program; ready: Ready };

/** Peers and targets that go with the test. */
export class Meshed implements AsyncDisposable {
  readonly #sites: Site[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  /** A peer on ports of its own; with a ticket it joins. */
  async start(name: string, more: How = {}): Promise<MeshedPeer> {
    const site = new Site();
    this.#sites.push(site);
    const program = launch(site, name, more);
    return { site, program, ready: await program.ready() };
  }

  /** As `start`, and the peer joins the mesh of another. */
  async join(name: string, other: MeshedPeer, more: How = {}): Promise<MeshedPeer> {
    return await this.start(name, { ...more, args: ["--join", await ticketOf(other), ...more.args ?? []] });
  }

  /** A peer that is expected to say why it does not start. */
  refused(name: string, args: readonly string[], site = new Site()): Program {
    this.#sites.push(site);
    return launch(site, name, { args });
  }

  async target(): Promise<Target> {
    const target = await openTarget();
    this.#closers.push(target.close);
    return target;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers) await close();
    for (const site of this.#sites) await site[Symbol.asyncDispose]();
  }
}

/** The same peer once more, on its own folder. */
export async function again(peer: MeshedPeer, name: string, args: readonly string[] = []): Promise<void> {
  peer.program = launch(peer.site, name, { args });
  peer.ready = await peer.program.ready();
}

export async function ticketOf({ ready }: MeshedPeer, body: object = {}): Promise<string> {
  const made = await call(ready.http, "/api/v1/tickets", body);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return made.body.ticket;
}

/** Each of these peers sees all of them alive, itself among them, with the same data, and the shards shared out whole. */
export async function together(...peers: readonly MeshedPeer[]): Promise<void> {
  await until(`${peers.length} peers are together`, async () => {
    const seen = await Promise.all(peers.map(async ({ ready }) => (await call(ready.http, "/api/v1/mesh")).body));
    return seen.every((mesh) => {
      const alive = mesh.peers.filter(({ state }: { state: string }) => state === "alive");
      const shards = alive.reduce((sum: number, { shards }: { shards: number }) => sum + shards, 0);
      return mesh.converged && !mesh.fenced && alive.length === peers.length && shards === 4_096 &&
        mesh.digest === seen[0].digest && alive.every((one: { shards: number }) => one.shards > 0);
    });
  });
}

/** How many the peer itself says that it fires. */
export async function shardsOf({ ready }: MeshedPeer): Promise<number> {
  return (await call(ready.http, `/api/v1/peers/${ready.peer}`)).body.shards;
}

export type Hit = { readonly id: string; readonly task: string; readonly planned: number; readonly at: number };

export type Target = { readonly url: string; readonly hits: readonly Hit[]; close(): Promise<void> };

async function openTarget(): Promise<Target> {
  const hits: Hit[] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? "", "http://localhost").searchParams;
    const planned = Number(query.get("time")) * 1_000;
    const id = String(request.headers["idempotency-key"]);
    hits.push({ id, task: query.get("task") ?? "", planned, at: Date.now() });
    request.resume();
    request.on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    hits,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function launch(site: Site, name: string, { args = [], ...more }: How): Program {
  return site.start({ args: ["--p2p", "127.0.0.1:0", "--name", name, ...args], ...more });
}
