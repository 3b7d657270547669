// The numbers of this peer for Prometheus: what it has fired, how late, what went wrong and where, and how it sees the mesh.
// They are counted while the peer runs, and made into text when they are asked for.

import process from "node:process";
import type { Hono } from "hono";
import type { LaneState } from "../../core/delivery/lane.ts";
import type { MeshState } from "../../core/machine/mesh-state.ts";
import type { Outcome } from "../../core/task/run.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { problem } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { expose, EXPOSITION_TYPE, type Family, type Labels, type Sample } from "./exposition.ts";
import type { Histogram } from "./histogram.ts";
import { Tally } from "./tally.ts";

/** Targets that are told apart: those that are left alone now. */
const SHUT_MAX = 500;

export function addMetrics(app: Hono<ApiEnv>, { peer, mesh, closing }: Doors, version: string): void {
  const tally = new Tally(peer, closing);
  for (const path of ["/metrics", "/api/v1/metrics"]) {
    app.get(path, (c) => {
      const query = readQuery(c.env.url, {});
      if (query instanceof Response) return query;
      // They name tasks and targets of all users; a token that may read, and no more, is enough.
      if (c.env.access.role !== "admin") {
        return problem(403, "The metrics are those of all users: a token of an admin's reads them.", {
          field: "Authorization",
        });
      }
      const state = peer.mesh();
      const text = expose([
        ...peerFamilies(peer.status(), version),
        ...runFamilies(tally),
        ...targetFamilies(peer.lanes()),
        ...meshFamilies(state, mesh.refusals()),
        ...processFamilies(),
      ]);
      return new Response(text, { headers: { "content-type": EXPOSITION_TYPE } });
    });
  }
}

function peerFamilies(status: ReturnType<Doors["peer"]["status"]>, version: string): readonly Family[] {
  return [
    gauge("metronome_build_info", "The version that runs.", [{ labels: { version }, value: 1 }]),
    gauge("metronome_ready", "1 when what is due is being fired.", one(Number(status.ready))),
    gauge("metronome_writable", "1 while the disk takes writes.", one(Number(status.writable))),
    gauge("metronome_attempts_in_flight", "Attempts that are under way.", one(status.inFlight)),
    gauge("metronome_active_tasks", "Tasks in memory: due soon, or with an event under way.", one(status.activeTasks)),
  ];
}

function runFamilies(tally: Tally): readonly Family[] {
  const troubled: Sample[] = [];
  for (const { task, user, undelivered } of tally.troubled()) {
    for (const [outcome, value] of Object.entries(undelivered)) {
      troubled.push({ labels: { task, user, outcome }, value });
    }
  }
  const outcomes = Object.entries(tally.outcomes) as [Outcome, number][];
  return [
    counter(
      "metronome_runs_total",
      "Runs that this peer settled since its start, by outcome.",
      outcomes.map(([outcome, value]) => ({ labels: { outcome }, value })),
    ),
    counter(
      "metronome_task_undelivered_total",
      "Of these, those that were not delivered, by task: of the tasks that failed the latest.",
      troubled,
    ),
    counter("metronome_retries_total", "Attempts that failed and are followed by another.", one(tally.retries)),
    counter(
      "metronome_duplicate_runs_total",
      "Occurrences that two peers settled, each without knowing of the other.",
      one(tally.duplicates),
    ),
    histogram("metronome_lateness_seconds", "From the planned instant to the first attempt.", tally.lateness),
    histogram("metronome_attempt_seconds", "From the start of an attempt to its end.", tally.attempts),
  ];
}

function targetFamilies(lanes: readonly LaneState[]): readonly Family[] {
  const shut = lanes.filter(({ breaker }) => breaker !== "closed");
  const waiting = lanes.reduce((sum, each) => sum + each.waiting + each.tasksWaiting, 0);
  return [
    gauge("metronome_events_waiting", "Events that wait for a slow target, or for its rate.", one(waiting)),
    gauge("metronome_breakers_open", "Targets that are left alone because they are down.", one(shut.length)),
    gauge(
      "metronome_breaker_failures",
      "Failures in a row of a target that is left alone.",
      shut.slice(0, SHUT_MAX).map(({ target, failures }) => ({ labels: { target }, value: failures })),
    ),
  ];
}

function meshFamilies(state: MeshState, refusals: { readonly [reason: string]: number }): readonly Family[] {
  const { self, peers, tasks, converged, fenced, quarantined, repaired } = state;
  const states = new Map<string, number>(["alive", "suspect", "dead", "left"].map((each) => [each, 0]));
  for (const each of peers) states.set(each.state, (states.get(each.state) ?? 0) + 1);
  const others = peers.filter(({ peer }) => peer !== self);
  const ofOthers = (of: (each: MeshState["peers"][number]) => number | undefined): readonly Sample[] =>
    others.flatMap((each) => {
      const ms = of(each);
      const labels: Labels = { peer: each.peer, name: each.name };
      return ms === undefined ? [] : [{ labels, value: ms / 1_000 }];
    });
  return [
    gauge("metronome_tasks", "Tasks that this peer holds: those of the mesh.", tasks === undefined ? [] : one(tasks)),
    gauge("metronome_peers", "Members of the mesh, as this peer sees them.", byLabel("state", states)),
    gauge(
      "metronome_shards",
      "Shards that this peer fires, of 4,096.",
      one(peers.find(({ peer }) => peer === self)?.shards ?? 0),
    ),
    gauge("metronome_converged", "1 while all that are alive hold the same.", one(Number(converged))),
    gauge("metronome_fenced", "1 while this peer fires nothing: it waits for news of the others.", one(Number(fenced))),
    gauge("metronome_peer_skew_seconds", "How far another peer's clock is ahead.", ofOthers(({ skewMs }) => skewMs)),
    gauge("metronome_peer_rtt_seconds", "A message to another peer and back.", ofOthers(({ rttMs }) => rttMs)),
    gauge("metronome_quarantined_records", "Records from the future, that wait for it.", one(quarantined)),
    counter("metronome_repaired_records_total", "Records that only the digest tree found.", one(repaired)),
    counter(
      "metronome_mesh_refusals_total",
      "What came from other peers and was dropped, by reason.",
      byLabel("reason", new Map(Object.entries(refusals))),
    ),
  ];
}

function processFamilies(): readonly Family[] {
  const { user, system } = process.cpuUsage();
  return [
    counter("process_cpu_seconds_total", "Processor time.", one((user + system) / 1e6)),
    gauge("process_resident_memory_bytes", "Memory in use.", one(process.memoryUsage().rss)),
    gauge("process_start_time_seconds", "Unix time of the start.", one(performance.timeOrigin / 1_000)),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { kind: "gauge", name, help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { kind: "counter", name, help, samples };
}

function histogram(name: string, help: string, { classes, count, sum }: Histogram): Family {
  return { kind: "histogram", name, help, classes, count, sum };
}

function one(value: number): readonly Sample[] {
  return [{ value }];
}

function byLabel(label: string, values: ReadonlyMap<string, number>): readonly Sample[] {
  return [...values].map(([text, value]) => ({ labels: { [label]: text }, value }));
}
