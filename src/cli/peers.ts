// `peers`: who is in the mesh, alive, and fires how much; and what would move where, if one of them left.

import type { Context, Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { type Mesh, type Moves, parseMesh, parsePlan, type Peer, type Plan } from "./mesh-shapes.ts";
import { nameOf, peerNamed } from "./peer-named.ts";
import { type Cell, createTable } from "./table.ts";

type Options = { readonly without?: string };

export const peers: Spec<Options> = {
  usage: "peers",
  beyond: (word) =>
    `What would move without a peer is said with --without ${word}; it is asked itself with --peer ${word}`,
  summary: "show the peers of the mesh",
  examples: ["metronome peers", "metronome peers --without shop"],
  options: (command) => command.option("--without <peer>", "what would move where, if that one left"),
  async run(context, { without }) {
    const client = await context.connect();
    const answer = await client.get("mesh");
    const mesh = parseMesh(answer);
    if (without === undefined) return await show(context, mesh, answer);
    const leaving = peerNamed(mesh, without);
    const planned = await client.get("plan", { without: leaving.peer });
    if (context.isJson) return await context.printJson(planned);
    await context.print(planText(context, nameOf(leaving), parsePlan(planned)));
  },
};

function planText(context: Context, name: string, plan: Plan): string {
  const parts = [
    { ...plan, of: "" },
    ...plan.placements.map((each) => ({
      ...each,
      of: ` of ${JSON.stringify(each.placement)}`,
    })),
  ].filter(({ shards }) => shards > 0);
  if (parts.length === 0) return `${name} fires nothing: nothing would move.\n`;
  return parts.map((part) => movesText(context, name, part)).join("\n");
}

function movesText(
  { ink, width }: Context,
  name: string,
  { shards, moves, of }: Moves & { readonly of: string },
): string {
  if (moves.length === 0) {
    return `${name} fires all ${shards} shards${of}, and nobody else is able to: ${
      of === "" ? "nothing" : "nothing of that"
    } would fire any more.\n`;
  }
  const table = createTable([{ title: "TO" }, { title: "SHARDS" }], ink, width);
  return `${
    table.lines(moves.map((move) => [nameOf(move), String(move.shards)]))
  }Of ${name}'s ${shards} shards${of}; no other would move.\n`;
}

async function show(
  { isJson, ink, width, print, printJson, note }: Context,
  mesh: Mesh,
  answer: unknown,
): Promise<void> {
  if (isJson) return await printJson(answer);
  await print(createTable(COLUMNS, ink, width).lines(mesh.peers.map((peer) => row(peer, mesh))));
  const alive = mesh.peers.filter(({ state }) => state === "alive").length;
  await print(`${summary(mesh, alive)}\n`);
  const zones = otherZones(mesh);
  if (zones !== undefined) await note(zones);
}

function summary({ self, peers, isConverged }: Mesh, alive: number): string {
  if (peers.find(({ peer }) => peer === self)?.state === "left") {
    return "This peer is no member of the mesh any more, and fires nothing: `metronome join` with a new ticket takes it in.";
  }
  if (peers.length === 1) return "This peer is alone. `metronome ticket` lets another machine join.";
  if (alive === 1) return `This peer alone of ${peers.length} is alive, as far as it knows.`;
  const all = alive === peers.length ? `All ${alive} peers are alive` : `${alive} of ${peers.length} peers are alive`;
  return isConverged ? `${all}, and hold the same.` : `${all}, and do not yet hold the same.`;
}

/** What is local time somewhere may be another time at a peer whose data of time zones are older. */
function otherZones({ self, peers }: Mesh): string | undefined {
  const own = peers.find(({ peer }) => peer === self)?.tzdata ?? "";
  const others = peers.filter(({ state, tzdata }) => state === "alive" && tzdata !== "" && tzdata !== own);
  if (own === "" || others.length === 0) return undefined;
  const told = others.map((peer) => `${nameOf(peer)} ${peer.tzdata}`).join(", ");
  return `Time zones differ, and with them what is local time: this peer has ${own}, ${told}.`;
}

const COLUMNS = [
  { title: "NAME", isFlexible: true },
  { title: "STATE" },
  { title: "SHARDS" },
  { title: "RTT" },
  { title: "SKEW" },
  { title: "VERSION" },
  { title: "PEER", isFlexible: true },
];

function row(peer: Peer, { self }: Mesh): readonly Cell[] {
  const { name, shards, rttMs, skewMs, version } = peer;
  const isSelf = peer.peer === self;
  return [
    isSelf ? `${name} *` : name,
    stateOf(peer),
    String(shards),
    isSelf ? "-" : milliseconds(rttMs),
    isSelf ? "-" : milliseconds(skewMs),
    version === "" ? "-" : version,
    peer.peer,
  ];
}

function stateOf({ state, isDraining, isFenced, isWritable }: Peer): Cell {
  if (state === "dead") return { text: state, colour: "red" };
  if (state !== "alive") return { text: state, colour: "yellow" };
  if (!isWritable) return { text: "disk full", colour: "red" };
  if (isFenced) return { text: "syncing", colour: "yellow" };
  return isDraining ? { text: "draining", colour: "yellow" } : { text: state, colour: "green" };
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "-" : `${Math.round(ms)} ms`;
}

/** The peer that is meant; without a word, the one that is asked. */
export async function findPeer(
  client: Awaited<ReturnType<Context["connect"]>>,
  word: string | undefined,
): Promise<Peer> {
  const mesh = parseMesh(await client.get("mesh"));
  const own = mesh.peers.find(({ peer }) => peer === mesh.self);
  if (word !== undefined) return peerNamed(mesh, word);
  if (own === undefined) throw new Failure(EXIT.failed, "The peer does not say which one it is.");
  return own;
}
