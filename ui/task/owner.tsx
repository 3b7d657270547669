/** @jsxImportSource preact */
// Who fires a task, and why: every peer reckons the same scores, and the highest of those that are able fires.

import { pageOf } from "../router.ts";
import { momentText } from "../time.ts";
import type { Explanation } from "../views.ts";

const REASONS: { readonly [reason: string]: string } = {
  dead: "is dead",
  left: "has left",
  unheard: "has not said yet what it is",
  draining: "is drained",
  clock: "has a clock that is off",
  fenced: "has not synced since its start",
  format: "writes another format",
  disk: "has a disk that takes no writes",
};

const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** The peer says ids and instants, which are sure; the table below has the peers by name, and the page has its zone. */
function named(sentence: string, candidates: Explanation["candidates"], zone: string): string {
  return candidates.reduce(
    (text, { peer, name }) => name === "" ? text : text.replaceAll(`${name} (${peer})`, name).replaceAll(peer, name),
    sentence,
  ).replace(INSTANT, (at) => momentText(at, zone, Date.now()));
}

export function Owner({ explanation, zone, isShort = false }: {
  readonly explanation: Explanation;
  readonly zone: string;
  readonly isShort?: boolean;
}) {
  const { sentence, candidates, owner, shard } = explanation;
  const shown = isShort ? candidates.slice(0, 5) : candidates;
  return (
    <>
      <p class="says-small">{named(sentence, candidates, zone)}</p>
      {candidates.length > 1 && (
        <table class="times scores">
          <caption class="hidden">Scores of the peers for shard {shard}</caption>
          <thead>
            <tr>
              <th scope="col">Peer</th>
              <th scope="col">Score for shard {shard}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ peer, name, score, eligible, reason }) => (
              <tr key={peer} class={peer === owner ? "owner" : ""}>
                <th scope="row">
                  <a href={pageOf("mesh", { peer })}>{name || peer.slice(-6)}</a>
                  {peer === owner && <span class="tag">fires it</span>}
                  {!eligible && <span class="none">{REASONS[reason ?? ""] ?? reason}</span>}
                </th>
                <td>{score.toFixed(4)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
