/** @jsxImportSource preact */
// One peer: what it says of itself, what would move if it left, and what can be done to it.

import { useSignal } from "@preact/signals";
import { type Answer, ask, failureText } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { say } from "../parts/notice.tsx";
import { useReading } from "../reading.ts";
import type { Mesh, PeerView } from "../views.ts";

type Plan = {
  readonly shards: number;
  readonly moves: readonly { readonly peer: string; readonly name: string; readonly shards: number }[];
};

export function PeerPanel({ peer: view, mesh, onChanged, onClose }: {
  readonly peer: PeerView;
  readonly mesh: Mesh;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}) {
  const { peer, name, state, draining, labels, weight, addresses } = view;
  const isRevoking = useSignal(false);
  const isSelf = peer === mesh.self;
  const shown = name || peer.slice(-8);

  async function act(asking: Promise<Answer<unknown>>, done: string): Promise<boolean> {
    const answer = await asking;
    if (answer.kind === "done") say(done);
    else if (answer.kind !== "aborted") say(`${shown}: ${failureText(answer)}`, { isTrouble: true });
    onChanged();
    return answer.kind === "done";
  }

  return (
    <section class="card panel peer-panel" aria-labelledby="peer-title">
      <div class="panel-head">
        <h2 id="peer-title">{shown}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          <Icon name="cross" />
        </button>
      </div>
      <Facts>
        <Fact name="Peer">
          <code>{peer}</code>
        </Fact>
        {Object.keys(labels).length > 0 && (
          <Fact name="Labels">
            {Object.entries(labels).map(([name, value]) => <code class="label" key={name}>{name}={value}</code>)}
          </Fact>
        )}
        {weight !== 1 && <Fact name="Weight">{weight}</Fact>}
        {addresses.length > 0 && (
          <Fact name="Addresses">
            {addresses.map((address) => (
              <code class="address" key={address}>{address.replace(/\/p2p\/[^/]+$/, "")}</code>
            ))}
          </Fact>
        )}
      </Facts>
      <h3>If it left</h3>
      <WhatIf peer={peer} />
      <div class="answers">
        <button
          type="button"
          onClick={() =>
            void act(
              ask("POST", `/peers/${encodeURIComponent(peer)}/drain`, { body: { drain: !draining } }),
              draining ? `${shown} takes part again.` : `${shown} hands over all that it fires.`,
            )}
        >
          {draining ? "Let it take part again" : "Drain: hand over what it fires"}
        </button>
        {!isSelf && state !== "left" && (
          <button type="button" class="danger" onClick={() => isRevoking.value = true}>Remove it…</button>
        )}
      </div>
      {isRevoking.value && (
        <Revoke
          name={shown}
          onClose={() => isRevoking.value = false}
          onSure={() =>
            act(
              ask("POST", `/peers/${encodeURIComponent(peer)}/revoke`, { body: {} }),
              `${shown} is no member any more. The others refuse it from now on.`,
            )}
        />
      )}
    </section>
  );
}

function WhatIf({ peer }: { readonly peer: string }) {
  const { value, why } = useReading<Plan>("/plan", { without: peer }, { after: ["mesh"] });
  if (value === undefined) return <p class="none">{why ?? "Loading…"}</p>;
  if (value.shards === 0) return <p class="none">Nothing would move: it fires nothing.</p>;
  if (value.moves.length === 0) return <p class="wrong">Nobody could take over what it fires.</p>;
  const total = value.moves.reduce((sum, { shards }) => sum + shards, 0);
  return (
    <ul class="rows bars">
      {value.moves.map(({ peer, name, shards }) => (
        <li key={peer}>
          <span>{name || peer.slice(-8)}</span>
          <span class="share">+{Math.round(shards / 40.96)} %</span>
          <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect width={100 * shards / total} height="4" rx="1" />
          </svg>
        </li>
      ))}
    </ul>
  );
}

function Revoke({ name, onClose, onSure }: {
  readonly name: string;
  readonly onClose: () => void;
  readonly onSure: () => Promise<boolean>;
}) {
  const typed = useSignal("");
  const isSame = typed.value.trim() === name;
  return (
    <Dialog title={<>Remove {<bdi>{name}</bdi>} from the mesh?</>} onClose={onClose}>
      <form
        class="asked"
        onSubmit={(event) => {
          event.preventDefault();
          if (isSame) void onSure().then(onClose);
        }}
      >
        <p>
          The others refuse it from then on, and fire its tasks. It comes back only with a new ticket. A machine that is
          only to rest is drained instead.
        </p>
        <Field
          id="peer-name"
          label={`Type ${name} to be sure`}
          value={typed.value}
          onText={(text) => typed.value = text}
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Keep it</button>
          <button type="submit" class="primary danger" aria-disabled={!isSame}>Remove it</button>
        </div>
      </form>
    </Dialog>
  );
}
