// `simulate`: what a policy would do, in a mesh of this program's own code under simulated time. Nothing is fired, and no
// peer is asked.

import { parseSchedule } from "../core/schedule/schedule-source.ts";
import { nextAtOrAfter } from "../core/schedule/schedule.ts";
import { isFaults, parseDefinition } from "../core/task/definition.ts";
import { isFault } from "../core/values/fault.ts";
import { type Instant, instant } from "../core/values/instant.ts";
import type { Labels } from "../core/values/labels.ts";
import type { Fault } from "../sim/plan.ts";
import type { Foreseen, Question } from "../sim/what-if.ts";
import { type Context, repeated, type Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { readJson } from "./input.ts";
import { type Cell, createTable } from "./table.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = {
  readonly peers: number;
  readonly schedule?: string;
  readonly policy?: string;
  readonly label?: readonly string[];
  readonly cut?: readonly string[];
  readonly sides?: string;
  readonly crash?: readonly string[];
  readonly freeze?: readonly string[];
  readonly from?: string;
  readonly until?: string;
};

const PEERS = 5;
const PEERS_MAX = 20;

/** Without more words: so long before the first trouble, and after the last. */
const MARGIN_MS = 5 * 60_000;

/** A simulated hour of five peers takes about a minute of computing. */
const SPAN_MAX_MS = 6 * 3_600_000;

const DAY_MS = 86_400_000;

/** The day on which all of it happens. */
const DAY = Date.parse("2026-06-01T00:00:00Z");

export const simulate: Spec<Options> = {
  usage: "simulate",
  summary: "say what a policy would do in a mesh that is cut or loses peers: nothing is fired",
  examples: [
    "metronome simulate --peers 5 --cut 10:00-10:20",
    `metronome simulate --cut 10:00-10:20 --sides 3,2 --policy '{"partition":"hold"}'`,
    `metronome simulate --cut 10:00-10:20 --label peer-4@site=lyon --policy '{"partition":"home","placement":{"match":{"site":"lyon"}}}'`,
    'metronome simulate --schedule "R/2026-06-01T00:00:00Z/PT30S" --crash peer-2@10:05-10:06',
  ],
  isLocal: true,
  options: (command) =>
    command
      .option("--peers <n>", "so many peers, peer-0 and on", wholeNumber(1, PEERS_MAX), PEERS)
      .option("--schedule <text>", "what the task does; every minute when absent")
      .option("--policy <json>", "JSON, @file, or -: as of a task")
      .addOption(repeated("--label <peer@name=value>", "that peer has this label: peer-0@site=lyon"))
      .addOption(repeated("--cut <from-to>", "the mesh is cut in two then, in times of 2026-06-01 in UTC: 10:00-10:20"))
      .option("--sides <n,n>", "how many peers are on each side of a cut: the greater half and the others when absent")
      .addOption(repeated("--crash <peer@from-to>", "that peer is killed then, and starts again: peer-1@10:05-10:06"))
      .addOption(repeated("--freeze <peer@from-to>", "that peer stands still then, as by SIGSTOP or sleep"))
      .option("--from <time>", "occurrences from then on; five minutes before the first trouble when absent")
      .option("--until <time>", "until then; five minutes after the last when absent"),
  async run(context, options) {
    const question = await questionOf(context, options);
    // Heavy, and of no use to any other command.
    const { foresee } = await import("../what-if.ts");
    const foreseen = await foresee(question);
    if (context.isJson) {
      for (const each of foreseen) await context.printJson(lineOf(each));
      return;
    }
    if (foreseen.length === 0) return await context.print(`${nothingDue(question)}\n`);
    const columns = [{ title: "DUE" }, { title: "FIRED BY" }, { title: "LATE" }, { title: "RECORDED" }];
    await context.print(createTable(columns, context.ink, context.width).lines(foreseen.map(row)));
    await context.print(`${summary(foreseen)}\n`);
  },
};

async function questionOf({ parts }: Context, options: Options): Promise<Question> {
  const { peers, schedule: source = "R/2026-06-01T00:00:00Z/PT1M" } = options;
  const policy = options.policy === undefined ? {} : await readJson("--policy", options.policy, parts);
  const parsed = parseDefinition({ id: "t", schedule: source, target: "http://target.test/", policy });
  if (isFaults(parsed)) throw new Failure(EXIT.usage, parsed.map(({ message }) => message).join("\n"));
  const schedule = parseSchedule(source);
  if (isFault(schedule)) throw new Failure(EXIT.usage, schedule.message);
  const faults = faultsOf(options);
  const starts = faults.map(({ at }) => at);
  const ends = faults.map(({ at, ms }) => at + ms);
  const noon = DAY + DAY_MS / 2;
  const from = options.from === undefined ? Math.min(...starts, noon) - MARGIN_MS : timeOfDay(options.from);
  const until = options.until === undefined
    ? (ends.length === 0 ? noon : Math.max(...ends)) + MARGIN_MS
    : timeOfDay(options.until);
  if (until <= from || Math.max(until, ...ends) - Math.min(from, ...starts) > SPAN_MAX_MS) {
    throw new Failure(
      EXIT.usage,
      "It goes from one time of the day to a later one, six hours at most with all troubles.",
    );
  }
  return {
    peers,
    from: instant(from),
    until: instant(until),
    schedule,
    source,
    policy: parsed.definition.policy,
    labels: labelsOf(options),
    faults,
  };
}

function labelsOf({ peers, label = [] }: Options): readonly Labels[] {
  const labels = Array.from({ length: peers }, () => new Map<string, string>());
  for (const text of label) {
    const [, peer = "", name = "", value = ""] = /^peer-(\d+)@([A-Za-z0-9._/-]+)=(.*)$/.exec(text) ?? [];
    const own = peer === "" ? undefined : labels[Number(peer)];
    if (own === undefined) {
      throw new Failure(
        EXIT.usage,
        `${JSON.stringify(text)} is no label of one of the ${peers} peers: peer-0@site=lyon.`,
      );
    }
    own.set(name, value);
  }
  return labels.map((each) => Object.fromEntries(each));
}

function faultsOf({ peers, cut = [], sides: sidesText, crash = [], freeze = [] }: Options): readonly Fault[] {
  if (cut.length > 0 && peers < 2) throw new Failure(EXIT.usage, "A mesh of one peer can't be cut.");
  const sides = sidesOf(peers, sidesText);
  if (sidesText !== undefined && cut.length === 0) {
    throw new Failure(EXIT.usage, "--sides is of a cut, and there is none: --cut 10:00-10:20.");
  }
  return [
    ...cut.map((text): Fault => ({ kind: "partition", ...spanOf(text), sides })),
    ...crash.map((text): Fault => ({ kind: "crash", ...peerAndSpan(text, peers), isPower: false })),
    ...freeze.map((text): Fault => ({ kind: "freeze", ...peerAndSpan(text, peers) })),
  ];
}

/** For each peer the number of its side. */
function sidesOf(peers: number, text: string | undefined): readonly number[] {
  const counts = text === undefined ? [Math.ceil(peers / 2), Math.floor(peers / 2)] : text.split(",").map(Number);
  const isWhole = counts.every((count) => Number.isInteger(count) && count > 0);
  if (text !== undefined && (!isWhole || counts.reduce((sum, count) => sum + count, 0) !== peers)) {
    throw new Failure(EXIT.usage, `--sides says how many of the ${peers} peers are on each side: 3,2 of five.`);
  }
  return counts.flatMap((count, side) => new Array<number>(count).fill(side));
}

function peerAndSpan(text: string, peers: number) {
  const [name = "", span = ""] = text.split("@");
  const peer = /^peer-\d+$/.test(name) ? Number(name.slice("peer-".length)) : -1;
  if (peer >= 0 && peer < peers) return { peer, ...spanOf(span) };
  throw new Failure(EXIT.usage, `${JSON.stringify(text)} names no peer of the ${peers}: peer-1@10:05-10:06.`);
}

function spanOf(text: string): { readonly at: number; readonly ms: number } {
  const [from, to, ...more] = text.split("-");
  if (from !== undefined && to !== undefined && more.length === 0) {
    const [at, end] = [timeOfDay(from), timeOfDay(to)];
    if (end > at) return { at, ms: end - at };
  }
  throw new Failure(EXIT.usage, `${JSON.stringify(text)} is no span of a day: 10:00-10:20.`);
}

function timeOfDay(text: string): number {
  const [, hours, minutes, seconds = "0"] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text) ?? [];
  if (hours !== undefined) return DAY + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  throw new Failure(EXIT.usage, `${JSON.stringify(text)} is no time of day: 10:05 or 10:05:30.`);
}

/** As of the API: instants are RFC 3339. */
function lineOf({ due, fired, record }: Foreseen): unknown {
  return {
    due: new Date(due).toISOString(),
    fired: fired.map(({ peer, at, side, isAfterCut }) => ({
      peer,
      at: new Date(at).toISOString(),
      lateMs: lateMs(due, at),
      ...(side === undefined ? {} : { side }),
      ...(isAfterCut === undefined ? {} : { afterCut: isAfterCut }),
    })),
    state: record?.state ?? null,
    outcome: record?.outcome ?? null,
    ...(record?.reason === undefined ? {} : { reason: record.reason }),
    ...(record?.duplicate === undefined ? {} : { duplicate: record.duplicate }),
  };
}

function nothingDue({ schedule, from, until }: Question): string {
  const next = nextAtOrAfter(schedule, until);
  return `Nothing is due from ${clock(from)} to ${clock(until)}${
    next === undefined ? "" : `; its next occurrence is at ${new Date(next).toISOString()}`
  }. --from and --until name other times of 2026-06-01, in UTC.`;
}

function row({ due, fired, record }: Foreseen): readonly Cell[] {
  const by = fired.map(({ peer, side, isAfterCut }) =>
    side === undefined ? peer : `${peer} (${isAfterCut ? "was side" : "side"} ${side})`
  ).join(", ");
  const late = fired.map(({ at }) => `${lateMs(due, at)} ms`).join(", ");
  const recorded = record === undefined ? "nothing" : record.outcome ?? record.state;
  const isTwice = record?.duplicate === true;
  return [
    clock(due),
    by === "" ? { text: "nobody", colour: "yellow" } : by,
    late === "" ? "-" : late,
    isTwice ? { text: `${recorded}, reported as a duplicate`, colour: "yellow" } : reasoned(recorded, record?.reason),
  ];
}

function lateMs(due: Instant, at: number): number {
  return Math.max(0, Math.round(at - due));
}

function reasoned(recorded: string, reason: string | undefined): string {
  return reason === undefined ? recorded : `${recorded}: ${reason}`;
}

function summary(foreseen: readonly Foreseen[]): string {
  const twice = foreseen.filter(({ fired }) => new Set(fired.map(({ peer }) => peer)).size > 1).length;
  const never = foreseen.filter(({ fired }) => fired.length === 0).length;
  return `${foreseen.length} occurrences: ${
    foreseen.length - twice - never
  } fired by one peer, ${twice} by more than one, ${never} by none.`;
}

function clock(at: Instant): string {
  return new Date(at).toISOString().slice(11, 19);
}
