// The route that explains a task: who fires it and why, and what became of one of its occurrences, in facts and in a
// sentence.

import type { Hono } from "hono";
import {
  type Candidate,
  candidatesFor,
  type Finding,
  findingOf,
  nextFor,
  ownerThen,
  shardIn,
  whyUnowned,
} from "../../core/machine/explain.ts";
import { withWord } from "../../core/ownership/owner-word.ts";
import type { ShardState } from "../../core/ownership/ownership.ts";
import { occurrenceId } from "../../core/task/occurrence.ts";
import type { PeerGroup } from "../../core/task/peer-group.ts";
import { placementWords } from "../../core/task/placement.ts";
import { joinRuns, type Run } from "../../core/task/run.ts";
import { type Task, taskOf } from "../../core/task/task-entity.ts";
import { type PeerId, taskGuid } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { moment, readQuery } from "../request/query.ts";
import { staleness } from "../request/stale.ts";
import { idOf, noSuchTask } from "./tasks.ts";
import { runView, sharedAs } from "./view.ts";

function explainQuery() {
  return { at: moment() };
}

export function addExplain(app: Hono<ApiEnv>, { peer }: Doors): void {
  app.get("/api/v1/tasks/:id/explain", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const query = readQuery(c.env.url, explainQuery());
    if (query instanceof Response) return query;
    const guid = taskGuid(c.env.user, id);
    const own = await peer.dossier(guid);
    const task = taskOf(own.entity);
    if (task === undefined) return noSuchTask(id);
    const word = await peer.ownerWord(guid);
    const dossier = withWord(own, word);
    const now = peer.now();
    const at = query.at ?? nextFor(dossier);
    const run = at === undefined ? undefined : await runOf(at);
    const finding: Finding = at === undefined ? { kind: "never-again" } : findingOf(task, dossier, { at, now, run });
    const shared = sharedAs(dossier);
    const candidates = candidatesFor(shared, peer.mesh());
    const ownerId = peer.ownerOf(dossier);
    const owner = candidates.find((each) => each.peer === ownerId);
    const state = peer.shardState(dossier);
    const then = finding.kind === "run" ? ownerThen(finding.run) : undefined;
    return json(200, {
      task: id,
      guid,
      shard: shardIn(shared),
      placement: shared.group?.placement ?? null,
      now: formatInstant(now),
      at: at === undefined ? null : formatInstant(at),
      sentence: [
        ownerSentence(owner, candidates, shared.group),
        ...homeSentence(task),
        hereSentence(state),
        findingSentence(finding, at),
      ].join(" "),
      owner: owner === undefined ? null : owner.peer,
      here: { peer: peer.id, state },
      candidates: candidates.map(({ reason, ...each }) => ({
        ...each,
        eligible: reason === undefined,
        ...(reason === undefined ? {} : { reason }),
      })),
      ownerThen: then ?? null,
      finding: findingView(finding),
    }, staleness(word));

    async function runOf(at: Instant): Promise<Run | undefined> {
      const occurrence = occurrenceId(guid, at);
      const stored = await peer.run(occurrence);
      const open = dossier.open.find((run) => run.id === occurrence);
      return stored === undefined || open === undefined ? stored ?? open : joinRuns(stored, open);
    }
  });
}

function findingView(finding: Finding): { readonly [field: string]: unknown } {
  switch (finding.kind) {
    case "run":
      return { kind: finding.kind, run: runView(finding.run) };
    case "no-occurrence":
      return { kind: finding.kind, before: textOf(finding.before), after: textOf(finding.after) };
    case "not-active-yet":
      return { kind: finding.kind, since: formatInstant(finding.since) };
    case "paused":
      return {
        kind: finding.kind,
        until: textOf(finding.until),
        ...(finding.note === undefined ? {} : { note: finding.note }),
      };
    case "unreadable":
    case "not-due":
    case "waiting":
    case "no-record":
    case "never-again":
      return finding;
  }
}

function ownerSentence(
  owner: Candidate | undefined,
  candidates: readonly Candidate[],
  group: PeerGroup | undefined,
): string {
  if (owner === undefined) return `Nobody owns it now: ${whyUnowned(candidates, group)}.`;
  const able = candidates.filter(({ reason }) => reason === undefined).length;
  const among = group === undefined ? "" : ` by its placement (${placementWords(group.placement)})`;
  const why = able === 1
    ? `which is the only one able to${among}`
    : `which ranks first of ${able} that are able to${among}`;
  return `It is fired by ${nameOf(owner)}, ${why}.`;
}

function homeSentence({ definition: { policy: { partition } } }: Task): readonly string[] {
  return partition === "home" ? ["No other peer takes it over, on whichever side of a cut its home is."] : [];
}

function hereSentence(state: ShardState): string {
  switch (state) {
    case "owned":
      return "That is this peer.";
    case "awaiting":
      return "That is to be this peer: it waits until no other fires it.";
    case "releasing":
      return "This peer still has attempts of its shard in flight, and hands it over.";
    case "foreign":
      return "This peer does not fire it.";
  }
}

function findingSentence(finding: Finding, at: Instant | undefined): string {
  const when = textOf(at) ?? "";
  switch (finding.kind) {
    case "run":
      return runSentence(finding.run, when);
    case "no-occurrence":
      return `${when} is no occurrence of it: the one before is ${textOf(finding.before) ?? "none"}, the one after ${
        textOf(finding.after) ?? "none"
      }.`;
    case "not-active-yet":
      return `${when} was before it was active: its schedule was written, or a pause of it ended, only at ${
        formatInstant(finding.since)
      }.`;
    case "paused":
      return `${when} lies in its pause, which ${
        finding.until === undefined ? "has no end yet" : `ends at ${formatInstant(finding.until)}`
      }.`;
    case "not-due":
      return `${when} is not due yet.`;
    case "waiting":
      return `${when} is due, and this peer knows of nobody who has taken it up.`;
    case "no-record":
      return `${when} is behind it, and its record is not here: it is no longer kept, or has not come from the peer that made it.`;
    case "unreadable":
      return `This peer can't read its schedule: ${finding.why}.`;
    case "never-again":
      return "It has no occurrence to come.";
  }
}

function runSentence(run: Run, when: string): string {
  const { state, outcome, attempts } = run;
  const peers = [...new Set(attempts.map(({ peer }) => peer))].join(" and ");
  const tries = attempts.length === 0
    ? "without an attempt"
    : `after ${attempts.length === 1 ? "one attempt" : `${attempts.length} attempts`} by ${peers}`;
  const twice = run.duplicate === true ? " Two peers fired it, each without knowing of the other." : "";
  const reason = run.reason === undefined ? "" : ` (${run.reason})`;
  if (state !== "settled") return `${when} is ${state} ${tries}.`;
  const ended = outcome === "failed" || outcome === "expired" ? outcome : `was ${outcome}`;
  return `${when} ${ended}${reason} ${tries}.${twice}`;
}

function nameOf({ peer, name }: { readonly peer: PeerId; readonly name: string }): string {
  return name === "" ? peer : `${name} (${peer})`;
}

function textOf(at: Instant | undefined): string | null {
  return at === undefined ? null : formatInstant(at);
}
