// The composition root: makes a running peer of a configuration. It alone knows every adapter, and what has to be
// opened before what; what is opened is closed in the reverse order.

import { Buffer } from "node:buffer";
import { hash, hkdfSync, randomBytes, randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Api, createApi } from "./api/app.ts";
import { matcher, newToken } from "./api/request/secret.ts";
import { serve, ServeRefusal, type Serving } from "./api/serve.ts";
import { loadAssets } from "./assets.ts";
import { auditHeadKey, auditHeadOf, auditSeal, keepAuditHead } from "./audit-head.ts";
import { openAuditLog } from "./audit/audit-log.ts";
import { fingerprintOf } from "./secrets/certificate.ts";
import { systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { parseBroadcast, parsePeerMessage } from "./core/protocol/message-shape.ts";
import { egressFault } from "./core/targets/egress.ts";
import { isLoopback, parseAddress } from "./core/values/address.ts";
import { PERIODS } from "./core/values/periods.ts";
import {
  announce,
  auditFolder,
  closeFolder,
  DataFolderRefusal,
  keepKey,
  storeFolder,
  unannounce,
} from "./data-folder.ts";
import { createExchanges } from "./exchanges.ts";
import { join, JoinRefusal } from "./join.ts";
import { type Log, startLog } from "./log.ts";
import { MeetingPoint, MeetingPointRefusal } from "./meeting-point.ts";
import { isSigned } from "./mesh/admission.ts";
import { HTTP_PROTOCOL, serveOver } from "./mesh/http-channel.ts";
import { type HttpForward, httpForward } from "./mesh/http-forward.ts";
import { forgetFormerMeshKey, IdentityRefusal, loadFormerMeshKey, loadIdentity, loadMeshKey } from "./mesh/identity.ts";
import { Invitations } from "./mesh/invitations.ts";
import { lazyMesh } from "./mesh/lazy.ts";
import type { Libp2pSettings } from "./mesh/libp2p.ts";
import { type Mesh, MeshFailure, type MeshListener } from "./mesh/mesh.ts";
import { meshSeal } from "./mesh/seal.ts";
import { startNode } from "./node/node.ts";
import { ForwardFailure } from "./peer.ts";
import { reseal } from "./secrets/reseal.ts";
import { levelKeyValue } from "./store/level.ts";
import { recordStore } from "./store/records.ts";
import { type Store, StoreRefusal } from "./store/store.ts";
import { targetTester } from "./target-test.ts";
import { loadTls, TlsRefusal } from "./secrets/tls.ts";
import { triggers } from "./trigger/by-scheme.ts";
import { createEgress, egressRules } from "./trigger/egress.ts";
import { httpTrigger } from "./trigger/http.ts";
import { lazyTrigger } from "./trigger/lazy.ts";
import { openedTrigger } from "./trigger/opened.ts";
import { Vault } from "./secrets/vault.ts";
import { VERSION } from "./version.ts";

export type Running = {
  readonly kind: "running";
  readonly id: string;
  /** Where it answers, as seen from this machine. */
  readonly url: string;
  /** Where other peers meet it, as multiaddrs. */
  readonly p2p: readonly string[];
  /** Opens the page signed in, once, for a while; there while nobody has signed in to this peer yet. */
  readonly link?: string;
  /** SHA-256 of the certificate of its HTTP side, where it has one. */
  readonly fingerprint?: string;
  /** Takes up nothing new, lets deliveries end for a while, and closes all. Twice is once. */
  stop(): Promise<void>;
};

export type Refused = {
  readonly kind: "refused";
  /** `peer`: by a peer of the mesh that it was to join; `unreachable`: that one can't be reached. */
  readonly by: "machine" | "peer" | "unreachable";
  readonly why: string;
};

/** Origins of stamps are 24 bits: a store draws its own. */
const ORIGIN_END = 2 ** 24;

/** Of what peers write to one another: another number is another understanding of tasks. */
const RECORD_FORMAT = 1;

/** The past that is kept: a million runs are about 400 MB on the disk. */
const KEEP = { runs: 1_000_000, ageMs: 30 * 86_400_000 };

/** For deliveries in flight at a stop. Docker kills 10 s after it has asked, and the rest of the stop needs its time. */
const DRAIN_MS = 8_000;

/** How long the link of a first start may lie about: SAFETY 5. */
const LINK_MS = 15 * 60_000;

/** Named targets that ever were; 4,096 of them may live. */
const TARGETS_MAX = 16_384;

const PAGE_FOLDER = fileURLToPath(new URL("../ui/dist", import.meta.url));

export async function start(config: Config): Promise<Running | Refused> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const each of opened.splice(0).reverse()) await each();
  };
  try {
    return await open(config, startLog(), opened, close);
  } catch (error) {
    await close();
    const isExpected = error instanceof StoreRefusal || error instanceof ServeRefusal ||
      error instanceof DataFolderRefusal || error instanceof IdentityRefusal || error instanceof JoinRefusal ||
      error instanceof MeetingPointRefusal || error instanceof TlsRefusal;
    if (!isExpected) throw error;
    const kind = error instanceof JoinRefusal ? error.kind : undefined;
    const by = kind === "unreachable" ? kind : kind === "refused" ? "peer" : "machine";
    return { kind: "refused", by, why: error.message };
  }
}

async function open(
  config: Config,
  log: Log,
  opened: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Running> {
  const { data, http, name, adminToken } = config;
  // First the store: its lock says that the data folder is ours.
  const later = (ms: number, deed: () => void) => void setTimeout(deed, ms);
  const store = recordStore(await levelKeyValue({ path: storeFolder(data), log }), {
    now: () => performance.now(),
    later,
  });
  opened.push(() => store.close());
  await closeFolder(data, (path, mode) => {
    log("warning", "other users of this machine could enter a folder of the peer's: it is closed to them now", {
      path,
      mode,
    });
  });
  const localKey = await keepKey(data, newToken);
  const nextOrigin = () => randomInt(1, ORIGIN_END);
  let origin = await store.origin(nextOrigin());
  const identity = await loadIdentity(data);
  const id = identity.peer;
  if (config.join !== undefined) {
    const openSilent = async (key: Uint8Array, listener: MeshListener) =>
      await openLibp2p({ seed: identity.seed, meshKey: key, listen: [], listener, log });
    const self = { identity, name, origin, nextOrigin };
    origin = await join({ ...self, ticket: config.join, data, store, log, openMesh: openSilent });
  }
  const meshKey = await loadMeshKey(data);
  const formerKey = await loadFormerMeshKey(data);
  const vault = new Vault(meshSeal(formerKey === undefined ? [meshKey] : [meshKey, formerKey]));
  const clock = systemClock();
  // Listening comes before firing: a peer whose port is taken has done nothing. What is asked meanwhile waits.
  const api = Promise.withResolvers<Api>();
  const fetch: Api["fetch"] = async (request, connection) => (await api.promise).fetch(request, connection);
  const answering: { api?: Api } = {};
  const upgrade: Api["upgrade"] = (request) => answering.api?.upgrade(request) ?? new Response(null, { status: 503 });
  const names = [...namesOf(http.host), name];
  const tls = config.tls === undefined ? undefined : await loadTls(config.tls, { data, names, now: clock.now() });
  const listening = await serve({
    ...{ fetch, upgrade, hostname: http.host, port: http.port },
    ...(tls === undefined ? {} : { tls }),
  });
  opened.push(() => listening.close());
  if (tls === undefined && !isOfThisMachine(http.host)) {
    log("warning", "what goes to other machines, passwords too, can be read on the way: --tls self-signed ends that", {
      http: listening.url,
    });
  }
  // The command line of this machine need not trust a certificate.
  const local = tls === undefined ? listening : await serve({ fetch, hostname: "127.0.0.1", port: 0 });
  opened.push(() => local.close());
  const { now } = clock;
  const open = (sealed: string, key: string) => vault.open(sealed, key);
  const ports = () => [listening.port, local.port, ...(made?.addresses() ?? []).map(portOf)];
  const rules = egressRules(config.allowTargets, ports, ownAddresses);
  const parts = { now, open, egress: createEgress(rules) };
  const exchanges = createExchanges(store);
  opened.push(() => exchanges.close());
  const bySchemes = triggers([
    httpTrigger({ ...parts, userAgent: `Metronome/${VERSION}`, keep: exchanges.keep }),
    lazyTrigger(["amqp", "amqps"], async () => (await import("./trigger/amqp.ts")).amqpTrigger(parts)),
    lazyTrigger(["kafka", "kafkas"], async () => (await import("./trigger/kafka.ts")).kafkaTrigger(parts)),
    lazyTrigger(["mqtt", "mqtts"], async () => (await import("./trigger/mqtt.ts")).mqttTrigger(parts)),
  ]);
  const trigger = openedTrigger(bySchemes, (target) => vault.openTarget(target));
  opened.push(() => trigger.close());
  const meetingPoint = new MeetingPoint(config.p2p, log);
  const makeMesh = async (listener: MeshListener) => {
    const isAlone = (await store.entities("member", 2)).length < 2;
    return await meetingPoint.open(
      isAlone,
      (listen) =>
        openLibp2p({
          ...{ seed: identity.seed, meshKey, listen, listener, log },
          mdns: meetingPoint.isOnNetwork,
          relay: true,
        }),
    );
  };
  // Whoever says where it is to be met wants it to be there; else a peer that is alone opens no port for others.
  const openMesh = async (listener: MeshListener): Promise<Mesh> => {
    const onFailed = (error: unknown) =>
      log("error", "the way to other peers can't be opened", { error: String(error) });
    const mesh = config.p2p === undefined ? lazyMesh(id, () => makeMesh(listener), onFailed) : await makeMesh(listener);
    opened.push(() => mesh.close());
    made = mesh;
    return mesh;
  };
  let made: Mesh | undefined;
  const node = await startNode({
    id,
    name,
    origin,
    introduction: {
      name,
      weight: 1,
      labels: config.labels,
      version: VERSION,
      format: RECORD_FORMAT,
      tzdata: tzdataVersion(),
    },
    periods: PERIODS.normal,
    digestKey: hash("sha256", meshKey, "hex"),
    isSigned,
    egress: rules,
    openMesh,
    opened: (_from, protocol, channel) => {
      if (protocol !== HTTP_PROTOCOL) return channel.abort("nobody here knows this protocol");
      // Only members get here, and who asks one of them has shown it a secret.
      void serveOver(channel, (request) => fetch(request, { isTrusted: true }));
    },
    clock,
    store,
    trigger,
    chance: Math.random,
    keep: KEEP,
    log,
  });
  opened.push(async () => {
    await Promise.all([node.drain(DRAIN_MS), listening.close()]);
  });
  if (made === undefined) throw new Error("the node has opened no mesh");
  const mesh: Mesh = made;
  const invitations = new Invitations({
    mesh,
    peer: node,
    ...{ seed: identity.seed, meshKey, name, origin, log },
    listen: () => meetingPoint.widen(mesh),
  });
  await invitations.start();
  if (formerKey !== undefined) {
    const isDone = await reseal({
      targets: await store.entities("target", TARGETS_MAX),
      tasks: (query) => node.tasks(query),
      current: new Vault(meshSeal([meshKey])),
      all: vault,
      submit: (command) => node.submit(command),
    });
    if (isDone) await forgetFormerMeshKey(data);
  }
  opened.push(() => Promise.resolve(invitations.close()));
  const audit = await openAuditLog({
    ...{ folder: auditFolder(data), peer: id, log },
    ...auditSeal(identity),
    known: async () => auditHeadOf(await node.entity("setting", auditHeadKey(id))),
  });
  opened.push(() => audit.close());
  const headKeeper = keepAuditHead({ audit, peer: node, log });
  opened.push(() => headKeeper.close());
  const link = adminToken === undefined && await isUnused(store) ? oneTimeCode(clock.now) : undefined;
  const served = createApi({
    peer: node,
    mesh: {
      invite: (invitation) => invitations.invite(invitation),
      forward: toldFailures(httpForward(mesh)),
      refusals: () => mesh.counts(),
    },
    targets: {
      close: (credentials, key) => vault.close(credentials, key),
      open,
      closeTarget: (target, isTemplate) => vault.closeTarget(target, isTemplate),
      openTarget: (target) => vault.openTarget(target),
      outOfReach: (urn, isGuarded, field) => egressFault(urn, isGuarded, rules, field),
      test: targetTester({ trigger, now: clock.now }),
    },
    ...{ audit, exchanges },
    auth: {
      ...(adminToken === undefined ? {} : { adminToken }),
      localKey,
      redeemCode: (code) => link?.redeem(code) ?? false,
    },
    hosts: names,
    origins: config.allowOrigins,
    jwtKey: Buffer.from(hkdfSync("sha256", meshKey, "", "metronome jwt", 32)).toString("hex"),
    assets: loadAssets(PAGE_FOLDER),
    version: VERSION,
    port: () => listening.port,
    log,
  });
  opened.push(() => Promise.resolve(served.close()));
  answering.api = served;
  api.resolve(served);
  const url = localUrl(listening, http.host);
  await announce(data, local === listening ? url : local.url);
  opened.push(() => unannounce(data));
  let stopped: Promise<void> | undefined;
  return {
    kind: "running",
    id,
    url,
    p2p: mesh.addresses(),
    ...(tls === undefined ? {} : { fingerprint: fingerprintOf(tls.certificate) }),
    ...(link === undefined ? {} : { link: `${url}/#code=${link.code}` }),
    stop: () => stopped ??= close(),
  };
}

/** Loaded here: a peer that is alone has no use for it. */
async function openLibp2p(settings: Omit<Libp2pSettings, "parseMessage" | "parseBroadcast">): Promise<Mesh> {
  const { libp2pMesh } = await import("./mesh/libp2p.ts");
  return await libp2pMesh({ ...settings, parseMessage: parsePeerMessage, parseBroadcast });
}

/** The failures of the mesh as those that the API knows. */
function toldFailures(forward: HttpForward): HttpForward {
  return async (to, request, signal) => {
    try {
      return await forward(to, request, signal);
    } catch (error) {
      if (!(error instanceof MeshFailure)) throw error;
      const kind = error.kind === "timeout" ? "timeout" : "unreachable";
      throw new ForwardFailure(kind, error.message, { cause: error });
    }
  };
}

/** Whether nobody has ever signed up, signed in or made a token here. */
async function isUnused(store: Store): Promise<boolean> {
  const known = await Promise.all([store.entities("token", 1), store.entities("user", 1)]);
  return known.every(({ length }) => length === 0);
}

function oneTimeCode(now: () => number): { readonly code: string; redeem(code: string): boolean } {
  const code = randomBytes(24).toString("base64url");
  const isCode = matcher(code);
  const until = now() + LINK_MS;
  let isUsed = false;
  return {
    code,
    redeem(candidate) {
      if (isUsed || now() > until || !isCode(candidate)) return false;
      isUsed = true;
      return true;
    },
  };
}

/** `2026a`, as the runtime says it; empty where it does not. */
function tzdataVersion(): string {
  return process.versions.tz ?? "";
}

function isOfThisMachine(host: string): boolean {
  const address = parseAddress(host);
  return address === undefined ? host === "localhost" : isLoopback(address) && !EVERY_ADDRESS.includes(host);
}

const EVERY_ADDRESS = ["0.0.0.0", "::"];

/** By what a peer that is bound so may be called: on every address, by each that the machine has now. */
function namesOf(host: string): readonly string[] {
  if (!EVERY_ADDRESS.includes(host)) return [host];
  return ownAddresses();
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((each) => each ?? []).map(({ address }) => address);
}

/** Of a multiaddr; 0 when it has none. */
function portOf(address: string): number {
  return Number(/\/(?:tcp|udp)\/(\d+)/.exec(address)?.[1] ?? 0);
}

/** Every address is none to connect to. */
function localUrl({ url, port }: Serving, host: string): string {
  if (!EVERY_ADDRESS.includes(host)) return url;
  return `${new URL(url).protocol}//${host === "::" ? "[::1]" : "127.0.0.1"}:${port}`;
}
