/** @jsxImportSource preact */
// All peers of the mesh as this one sees them: who is alive, what each fires, whether all hold the same, whose clock is
// off; what would move if one left; and the ways out: hand over, take part again, take the membership away.

import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { isApart, mesh as news } from "../mesh-news.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Icon } from "../parts/icon.tsx";
import { useReading } from "../reading.ts";
import { pageOf, parameter, setParameter } from "../router.ts";
import type { Mesh, PeerView } from "../views.ts";
import { Behind } from "./behind.tsx";
import { Graph } from "./graph.tsx";
import { PeerPanel } from "./peer-panel.tsx";

const EVERY_MS = 3_000;
/** In a larger mesh not each peer is asked how far it is behind. */
const ASKED_MAX = 16;
/** Beyond it a peer loses what it fires. */
const SKEW_MAX_MS = 2_000;

export function MeshPage() {
  const { value, why, again } = useReading<Mesh>("/mesh", {}, { after: ["mesh"], everyMs: EVERY_MS });
  const since = useDifferingSince(value);
  const chosen = parameter("peer");
  useEffect(() => {
    if (value !== undefined) news.value = value;
  }, [value]);
  const peer = value?.peers.find((each) => each.peer === chosen);
  return (
    <>
      <div class="head">
        <h1>Mesh</h1>
        <a class="button primary" href={pageOf("join")}>
          <Icon name="plus" /> Add a machine
        </a>
      </div>
      {value === undefined
        ? <p class="blank" role={why === undefined ? undefined : "alert"}>{why ?? "Loading…"}</p>
        : (
          <>
            <p class="lead" role="status">{sentence(value)}</p>
            {why !== undefined && <p class="wrong" role="alert">{why}</p>}
            <div class={peer === undefined ? "mesh-top" : "mesh-top with-panel"}>
              <Graph mesh={value} chosen={chosen} onChoose={(id) => setParameter("peer", id)} />
              {peer !== undefined && (
                <PeerPanel
                  key={peer.peer}
                  peer={peer}
                  mesh={value}
                  onChanged={again}
                  onClose={() => setParameter("peer", "")}
                />
              )}
            </div>
            <div class="panel-head">
              <h2 id="peers-title">Peers</h2>
              <ExportMenu<PeerView>
                list={{ path: "/peers", query: {}, name: "peers" }}
                columns={[
                  { name: "peer", of: ({ peer }) => peer },
                  { name: "name", of: ({ name }) => name },
                  { name: "state", of: ({ state }) => state },
                  { name: "shards", of: ({ shards }) => shards },
                  { name: "skewMs", of: ({ skewMs }) => skewMs },
                  { name: "rttMs", of: ({ rttMs }) => rttMs },
                  { name: "digest", of: ({ digest }) => digest },
                  { name: "version", of: ({ version }) => version },
                  { name: "tzdata", of: ({ tzdata }) => tzdata },
                ]}
              />
            </div>
            <Peers mesh={value} since={since} chosen={chosen} />
            {(value.quarantined > 0 || value.repaired > 0) && (
              <p class="none">
                {value.quarantined > 0 && `${value.quarantined} writes are stamped too far ahead and wait. `}
                {value.repaired > 0 && `${value.repaired} records were found only by comparing digests.`}
              </p>
            )}
          </>
        )}
    </>
  );
}

function sentence({ peers, fenced }: Mesh): string {
  if (fenced) return "This peer fires nothing yet: it has not synced since its start.";
  const alive = peers.filter(({ state }) => state === "alive").length;
  const gone = peers.filter(({ state }) => state === "dead" || state === "suspect").length;
  if (peers.length === 1) return "This peer is alone. Add a machine, and the two share the work.";
  const held = isApart.value ? "what they hold is being brought together" : "all that are alive hold the same";
  return `${alive} of ${alive + gone} peers are alive; ${held}.`;
}

function Peers({ mesh, since, chosen }: {
  readonly mesh: Mesh;
  readonly since: ReadonlyMap<string, number>;
  readonly chosen: string;
}) {
  const own = mesh.peers.find(({ peer }) => peer === mesh.self);
  return (
    <div class="peer-table" role="table" aria-labelledby="peers-title">
      <div role="rowgroup" class="columns">
        <div role="row">
          <span role="columnheader">Peer</span>
          <span role="columnheader">Fires</span>
          <span role="columnheader">Holds</span>
          <span role="columnheader">Clock</span>
          <span role="columnheader">Round trip</span>
          <span role="columnheader">Version</span>
          <span role="columnheader">Time zones</span>
        </div>
      </div>
      <div role="rowgroup">
        {mesh.peers.map((each) => {
          const { peer, name, state, shards, digest, skewMs, rttMs, version, tzdata, writable, draining, fenced } =
            each;
          const isSelf = peer === mesh.self;
          const differs = since.get(peer);
          return (
            <div role="row" key={peer} data-peer={peer} class={peer === chosen ? "here" : ""}>
              <span role="cell" class="peer-name">
                <button type="button" class="linkish" onClick={() => setParameter("peer", peer)}>
                  {name || peer.slice(-8)}
                </button>
                {isSelf && <span class="tag">this peer</span>}
                <span class={`dot ${state}`}>{state}</span>
                {draining && <span class="tag warn">drained</span>}
                {fenced && <span class="tag warn">fires nothing yet</span>}
                {!writable && <span class="tag warn">disk takes no writes</span>}
              </span>
              <span role="cell" data-label="Fires" class="number">
                {Math.round(shards / 40.96)} % <small>{shards.toLocaleString("en")} shards</small>
              </span>
              <span role="cell" data-label="Holds">
                {isSelf || digest === mesh.digest
                  ? "the same"
                  : state === "dead" || state === "left"
                  ? "–"
                  : `another${differs === undefined ? "" : ` for ${Math.round((Date.now() - differs) / 1_000)} s`}`}
                {" "}
                <small>
                  <code>{digest.slice(0, 8)}</code>
                </small>
                {!isSelf && state === "alive" && mesh.peers.length <= ASKED_MAX && (
                  <Behind peer={peer} own={mesh.runLogs} />
                )}
              </span>
              <span
                role="cell"
                data-label="Clock"
                class={`number${Math.abs(skewMs ?? 0) > SKEW_MAX_MS ? " error" : ""}`}
              >
                {isSelf ? "0 ms" : skewMs === null ? "–" : `${skewMs > 0 ? "+" : ""}${Math.round(skewMs)} ms`}
                {Math.abs(skewMs ?? 0) > SKEW_MAX_MS && <span class="tag warn">set it</span>}
              </span>
              <span role="cell" data-label="Round trip" class="number">
                {isSelf || rttMs === null ? "–" : `${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`}
              </span>
              <span role="cell" data-label="Version" class={version !== own?.version && version !== "" ? "error" : ""}>
                {version || "–"}
                {version !== own?.version && version !== "" && <span class="tag warn">other</span>}
              </span>
              <span role="cell" data-label="Time zones" class={tzdata !== own?.tzdata && tzdata !== "" ? "error" : ""}>
                {tzdata || "–"}
                {tzdata !== own?.tzdata && tzdata !== "" && <span class="tag warn">other</span>}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Since when each peer is seen to hold another than this one; only what was seen on this page counts. */
function useDifferingSince(mesh: Mesh | undefined): ReadonlyMap<string, number> {
  const since = useRef(new Map<string, number>());
  const drawn = useSignal(0);
  useEffect(() => {
    if (mesh === undefined) return;
    for (const { peer, digest } of mesh.peers) {
      if (digest === mesh.digest) since.current.delete(peer);
      else if (!since.current.has(peer)) since.current.set(peer, Date.now());
    }
    drawn.value++;
  }, [mesh]);
  return since.current;
}
