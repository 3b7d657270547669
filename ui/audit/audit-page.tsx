/** @jsxImportSource preact */
// Who did what, where and when, and what it was before and after: of all peers as one, for admins.

import { mesh, peerName } from "../mesh-news.ts";
import { Difference } from "../parts/difference.tsx";
import type { Column } from "../parts/download.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Icon } from "../parts/icon.tsx";
import { Moment } from "../parts/moment.tsx";
import { More } from "../parts/more.tsx";
import { When } from "../parts/when.tsx";
import { useReading } from "../reading.ts";
import { pageOf, parameter, setParameter } from "../router.ts";
import { session } from "../session.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import type { Page } from "../views.ts";
import { wordsOf } from "./deed-words.ts";
import { auditPath, type Deed, useTrail } from "./trail.ts";
import { Chains } from "./chains.tsx";

/** Peers that are asked at once. */
const PEERS_MAX = 16;
const USERS_MAX = 500;

const FILTERS = ["user", "what", "on", "from", "until", "peer"] as const;

type User = { readonly id: string; readonly name: string };

export function AuditPage() {
  const own = session.value.kind === "in" ? session.value.peer.id : "";
  const { value: users } = useReading<Page<User>>("/users", { limit: USERS_MAX });
  const members = (mesh.value?.peers ?? []).filter(({ state }) => state !== "left").map(({ peer }) => peer);
  const known = members.length === 0 ? [own] : members;
  const chosen = parameter("peer");
  const peers = chosen !== "" ? [chosen] : known.length > PEERS_MAX ? [own] : known;
  const query = Object.fromEntries(
    FILTERS.filter((name) => name !== "peer").map((name) => [name, parameter(name) || undefined]),
  );
  const { deeds, isReady, isMore, isComing, silent, more } = useTrail(peers, own, query);
  const isFiltered = FILTERS.some((name) => parameter(name) !== "");
  const zone = shownZone(zoneChoice.value);
  const names = new Map(users?.items.map(({ id, name }) => [id, name]));
  return (
    <>
      <div class="head">
        <h1>Audit</h1>
      </div>
      <p class="lead">Who changed what, at which peer, and what it was before. It can be read, and not written.</p>
      <Chains peers={peers} own={own} />
      <Filters known={known} users={users?.items ?? []} peers={peers} own={own} query={query} zone={zone} />
      {known.length > PEERS_MAX && chosen === "" && (
        <p class="none">
          What was done at this peer: of a mesh of {known.length}, choose another one to see its record.
        </p>
      )}
      {silent.map(({ peer, why }) => (
        <p class="note bad" role="alert" key={peer}>
          What was done at {peerName(peer)} {deeds.some((deed) => deed.peer === peer) ? "may be old" : "is not here"}:
          {" "}
          {why}
        </p>
      ))}
      {deeds.length > 0
        ? (
          <>
            <div class="trail" role="table" aria-label="What was done">
              <div role="rowgroup" class="columns">
                <div role="row">
                  {["When", "Who", "What", "Where"].map((name) => <span role="columnheader" key={name}>{name}</span>)}
                </div>
              </div>
              <div role="rowgroup">
                {deeds.map((deed) => <Row key={`${deed.peer} ${deed.n}`} deed={deed} zone={zone} names={names} />)}
              </div>
            </div>
            <More shown={deeds.length} what="record" isMore={isMore} isComing={isComing} onMore={more} />
          </>
        )
        : !isReady
        ? <p class="blank">Loading…</p>
        : isMore
        ? (
          <p class="blank" role="status">
            Nothing like that among the latest records.{" "}
            <button type="button" aria-disabled={isComing} onClick={() => void more()}>
              {isComing ? "Looking…" : "Look further back"}
            </button>
          </p>
        )
        : silent.length < peers.length && <Nothing isFiltered={isFiltered} />}
    </>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <p class="blank" role="status">
        Nothing like that was done.{" "}
        <button type="button" onClick={() => FILTERS.forEach((name) => setParameter(name, ""))}>Show all</button>
      </p>
    );
  }
  return (
    <div class="blank" role="status">
      <p>Nobody has changed anything yet.</p>
      <p class="none">
        Each change is written down where it is made, whether it comes from this page, the command line or a program: a
        task that is saved or paused, a token that is made, a peer that is drained, a sign-in that is refused. Secrets
        are left out.
      </p>
    </div>
  );
}

/** What is commonly looked for; more stands in the records. */
const DEEDS: readonly (readonly [what: string, label: string])[] = [
  ["", "Any deed"],
  ["task", "Tasks: all"],
  ["task put", "Tasks: saved"],
  ["task pause", "Tasks: paused"],
  ["task resume", "Tasks: resumed"],
  ["task trigger", "Tasks: triggered"],
  ["task remove", "Tasks: deleted"],
  ["target", "Targets"],
  ["user", "Users"],
  ["token", "Tokens"],
  ["sign-in refused", "Sign-ins refused"],
  ["setting", "Settings"],
  ["ticket", "Tickets"],
  ["member", "Members"],
  ["request", "Other requests"],
];

function Filters({ known, users, peers, own, query, zone }: {
  readonly zone: string;
  readonly known: readonly string[];
  readonly users: readonly User[];
  readonly peers: readonly string[];
  readonly own: string;
  readonly query: { readonly [name: string]: string | undefined };
}) {
  const who = users.some(({ id }) => id === "admin") ? users : [{ id: "admin", name: "admin" }, ...users];
  return (
    <div class="filters" role="search">
      <Select
        name="user"
        label="Who"
        options={[["", "Anybody"], ...who.map(({ id, name }): readonly [string, string] => [id, name])]}
      />
      <Select name="what" label="What" options={DEEDS} />
      <label class="search">
        <span class="hidden">To what: the id of a task, of a token, of a user</span>
        <Icon name="search" />
        <input
          type="search"
          placeholder="To what: an id"
          maxLength={256}
          value={parameter("on")}
          onInput={(event) => setParameter("on", event.currentTarget.value)}
        />
      </label>
      {(["from", "until"] as const).map((name) => (
        <When
          key={name}
          label={name === "from" ? "From" : "Until"}
          zone={zone}
          value={parameter(name)}
          isInline
          onInstant={(at) => setParameter(name, at)}
        />
      ))}
      {known.length > 1 && (
        <Select
          name="peer"
          label="Where"
          options={[
            ["", known.length > PEERS_MAX ? "This peer" : "At any peer"],
            ...known.map((peer): readonly [string, string] => [peer, peerName(peer)]),
          ]}
        />
      )}
      <ExportMenu<Deed>
        list={{ path: peers.map((peer) => auditPath(peer, own)), query, name: "audit" }}
        columns={COLUMNS}
      />
    </div>
  );
}

function Select({ name, label, options }: {
  readonly name: string;
  readonly label: string;
  readonly options: readonly (readonly [value: string, text: string])[];
}) {
  const value = parameter(name);
  // What a link asks for is shown, known or not.
  const all = options.some(([each]) => each === value) ? options : [...options, [value, value] as const];
  return (
    <label class="pick-one">
      <span class="hidden">{label}</span>
      <select value={value} onChange={(event) => setParameter(name, event.currentTarget.value)}>
        {all.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
      </select>
    </label>
  );
}

function Row({ deed, zone, names }: {
  readonly deed: Deed;
  readonly zone: string;
  /** Of users. */
  readonly names: ReadonlyMap<string, string>;
}) {
  const { n, at, user, by, from, what, on, before, after, peer } = deed;
  const said = wordsOf(deed, names);
  const who = said.who ?? user;
  const changed = Object.keys({ ...before, ...after });
  return (
    <div role="row" data-deed={n}>
      <span role="cell" class="deed-at">
        <Moment at={at} zone={zone} />
      </span>
      <span role="cell" class="deed-who">
        <bdi>{names.get(who) ?? (who || "nobody")}</bdi>
        <small>
          {by !== "nobody" ? `by ${by}` : said.who === undefined ? "not signed in" : "at the door"}
          {from !== undefined && `, ${from}`}
        </small>
      </span>
      <span role="cell" class="deed-what">
        <span title={what}>{said.did}</span> {what.startsWith("task ")
          ? (
            <a href={pageOf("task", { id: on })}>
              <bdi>{on}</bdi>
            </a>
          )
          : what.startsWith("target ") && what !== "target end"
          ? (
            <a href={pageOf("target", { name: on })}>
              <bdi>{on}</bdi>
            </a>
          )
          : <bdi title={on}>{HASH.test(said.on) ? `${said.on.slice(0, 12)}…` : said.on}</bdi>}
        {changed.length > 0 && (
          <details class="unfold">
            <summary>
              <Icon name="chevron" />
              {Object.keys(before ?? {}).length === 0 ? "with" : after === undefined ? "was" : "changed"}{" "}
              {changed.slice(0, NAMED).join(", ")}
              {changed.length > NAMED && ` and ${changed.length - NAMED} more`}
            </summary>
            <Difference before={before} after={after} label={`${said.did} ${said.on}: before and after`} />
          </details>
        )}
      </span>
      <span role="cell" class="deed-where">{peerName(peer)}</span>
    </div>
  );
}

/** The id of a token: nobody reads it to its end. */
const HASH = /^[0-9a-f]{32,}$/;
/** Of what was changed, so much is named before one looks. */
const NAMED = 4;

const COLUMNS: readonly Column<Deed>[] = [
  { name: "at", of: ({ at }) => at },
  { name: "peer", of: ({ peer }) => peer },
  { name: "n", of: ({ n }) => n },
  { name: "user", of: ({ user }) => user },
  { name: "by", of: ({ by }) => by },
  { name: "from", of: ({ from }) => from },
  { name: "what", of: ({ what }) => what },
  { name: "on", of: ({ on }) => on },
  { name: "before", of: ({ before }) => before === undefined ? undefined : JSON.stringify(before) },
  { name: "after", of: ({ after }) => after === undefined ? undefined : JSON.stringify(after) },
];
