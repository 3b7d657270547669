// `doctor`: what is wrong with the peer of this machine, or would be if it were started now, and what is to be done. Of a
// peer that runs, also what it says of its mesh.

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { SKEW_MAX_MS } from "../core/membership/skew.ts";
import type { Finding } from "../doctor.ts";
import { type Client, createClient } from "./client.ts";
import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { type Mesh, parseMesh, type Peer } from "./mesh-shapes.ts";
import type { Parts } from "./parts.ts";
import { nameOf } from "./peer-named.ts";
import { type Cell, createTable } from "./table.ts";

type Options = { readonly data?: string; readonly http?: string; readonly p2p?: string; readonly config?: string };

/** A clock that is so far off will be beyond the bound of the mesh some day. */
const SKEW_LOW_MS = SKEW_MAX_MS / 4;

export const doctor: Spec<Options> = {
  usage: "doctor",
  summary: "say what is wrong with the peer of this machine, or would be if it were started; 1 when something is",
  examples: ["metronome doctor", "metronome doctor --data second --http 127.0.0.1:8082 --json"],
  isLocal: true,
  beyond: () => "It looks at the peer of this machine: which one, is said with --data.",
  options: (command) =>
    command
      .option("--data <folder>", "where that peer keeps everything (METRONOME_DATA)")
      .option("--http <host:port>", "where its API is to answer (METRONOME_HTTP)")
      .option("--p2p <host:port>", "where other peers are to meet it (METRONOME_P2P)")
      .option("--config <file>", "the JSON file of its settings (METRONOME_CONFIG)"),
  async run({ parts, isJson, ink, print, printJson }, options) {
    const findings = await examined(options, parts);
    if (isJson) { for (const each of findings) await printJson(each); }
    else {
      const columns = [{ title: "CHECK" }, { title: "STATE" }, { title: "WHAT IS FOUND" }];
      await print(createTable(columns, ink).lines(findings.map(row)));
      const ways = findings.flatMap(({ check, way }) => way === undefined ? [] : [`${check}: ${way}\n`]);
      if (ways.length > 0) await print(`\n${ways.join("")}`);
      await print(`\n${summary(findings)}\n`);
    }
    return findings.some(({ state }) => state === "problem") ? EXIT.failed : EXIT.done;
  },
};

async function examined(options: Options, parts: Parts): Promise<readonly Finding[]> {
  // Loaded here: no other command has a use for the store.
  const [{ readConfig }, { findLocalPeer }, { examine }] = await Promise.all([
    import("../config.ts"),
    import("../data-folder.ts"),
    import("../doctor.ts"),
  ]);
  const { env, platform } = parts;
  const readText = (path: string) => readFileSync(path, "utf8");
  const flags = Object.fromEntries(["data", "http", "p2p", "config"].map((name) => [name, Reflect.get(options, name)]));
  const config = readConfig({ flags, env, readText, hostname, platform });
  if ("kind" in config) {
    const [detail = "", ...more] = config.lines;
    return [detail, ...more].map((line): Finding => ({
      ...{ check: "settings", state: "problem", detail: line },
      way: "every setting is in the help of `metronome start`",
    }));
  }
  const local = await findLocalPeer(config.data);
  const client = local === undefined ? undefined : createClient({ url: local.url, token: local.key }, parts);
  const mesh = client === undefined ? undefined : await askedMesh(client);
  const machine = await examine(config, mesh !== undefined);
  if (client === undefined || mesh === undefined || local === undefined) return machine;
  return [...machine, ...await running(client, local.url), ...ofMesh(mesh)];
}

/** Absent when nobody answers there: a peer that was killed leaves its address. */
async function askedMesh(client: Client): Promise<Mesh | undefined> {
  try {
    return parseMesh(await client.get("mesh"));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

async function running(client: Client, url: string): Promise<readonly Finding[]> {
  const check = "peer";
  try {
    await client.get("readyz");
    return [{ check, state: "ok", detail: `it answers at ${url}, and does its work` }];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const detail = `it answers at ${url}, and is not able to work: ${error.message.replace(/^Failed \(\d+\): /, "")}`;
    return [{ check, state: "problem", detail, way: "its log says more" }];
  }
}

function ofMesh({ self, peers, isConverged }: Mesh): readonly Finding[] {
  const own = peers.find(({ peer }) => peer === self);
  const members = peers.filter(({ state }) => state !== "left");
  const others = members.filter(({ peer }) => peer !== self);
  if (own?.state === "left") {
    const way = "`metronome join` with a new ticket takes it in";
    return [{ check: "mesh", state: "problem", detail: "this peer was revoked, and fires nothing", way }];
  }
  if (others.length === 0) return [{ check: "mesh", state: "ok", detail: "the peer is alone" }];
  const living = others.filter(({ state }) => state === "alive");
  return [
    reach(others, living, isConverged),
    ...living.map(clock).filter((each) => each !== undefined),
    ...clocksAgree(living),
    ...differing("time zones", "what is local time may differ", own, living, ({ tzdata }) => tzdata),
    ...differing("version", "run one on all", own, living, ({ version }) => version),
  ];
}

function reach(others: readonly Peer[], living: readonly Peer[], isConverged: boolean): Finding {
  const gone = others.filter((each) => !living.includes(each));
  if (gone.length > 0) {
    return {
      ...{ check: "mesh", state: "warning", detail: `not reached: ${gone.map(nameOf).join(", ")}` },
      way:
        "start them, look whether the network lets TCP through to their --p2p, or `metronome revoke` who is gone for good",
    };
  }
  const detail = `all ${others.length + 1} peers are alive${isConverged ? ", and hold the same" : ""}`;
  return { check: "mesh", state: "ok", detail };
}

function clock(peer: Peer): Finding | undefined {
  const { skewMs = 0 } = peer;
  if (Math.abs(skewMs) <= SKEW_LOW_MS) return undefined;
  const detail = `${nameOf(peer)}'s is ${Math.abs(Math.round(skewMs))} ms ${
    skewMs > 0 ? "ahead of" : "behind"
  } this one's`;
  const state = Math.abs(skewMs) > SKEW_MAX_MS ? "problem" : "warning";
  return {
    check: "clock",
    state,
    detail,
    way: `set both by NTP: who is ${SKEW_MAX_MS} ms off the middle fires nothing`,
  };
}

function clocksAgree(living: readonly Peer[]): readonly Finding[] {
  const known = living.flatMap(({ skewMs }) => skewMs === undefined ? [] : [Math.abs(skewMs)]);
  if (known.length === 0 || known.some((ms) => ms > SKEW_LOW_MS)) return [];
  const detail = `the others' are ${Math.round(Math.max(...known))} ms off this one's, or less`;
  return [{ check: "clock", state: "ok", detail }];
}

function differing(
  check: string,
  way: string,
  own: Peer | undefined,
  living: readonly Peer[],
  of: (peer: Peer) => string,
): readonly Finding[] {
  const wanted = own === undefined ? "" : of(own);
  const others = living.filter((peer) => of(peer) !== "" && of(peer) !== wanted);
  if (wanted === "" || others.length === 0) return [];
  const told = others.map((peer) => `${nameOf(peer)} has ${of(peer)}`).join(", ");
  return [{ check, state: "warning", detail: `this peer has ${wanted}, ${told}`, way }];
}

function row({ check, state, detail }: Finding): readonly Cell[] {
  const colour = state === "ok" ? "green" : state === "warning" ? "yellow" : "red";
  return [check, { text: state, colour }, detail];
}

function summary(findings: readonly Finding[]): string {
  const count = (wanted: Finding["state"]) => findings.filter(({ state }) => state === wanted).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (problems + warnings === 0) return "Nothing is wrong.";
  const parts = [
    ...problems === 0 ? [] : [problems === 1 ? "1 problem" : `${problems} problems`],
    ...warnings === 0 ? [] : [warnings === 1 ? "1 warning" : `${warnings} warnings`],
  ];
  return `${parts.join(" and ")}.`;
}
