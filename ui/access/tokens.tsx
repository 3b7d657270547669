/** @jsxImportSource preact */
// Tokens: made once, shown once, known to all peers, revoked everywhere at once.

import { useSignal } from "@preact/signals";
import { ask, failureText } from "../api.ts";
import { Copy } from "../parts/copy.tsx";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Field } from "../parts/field.tsx";
import { Ago, Moment } from "../parts/moment.tsx";
import { More } from "../parts/more.tsx";
import { say } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { usePages } from "../pages.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";

type Token = {
  readonly id: string;
  readonly name: string;
  /** What it opens. */
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
};

/** What may be asked of a token, from little to all that who makes it may. */
const REACHES: readonly (readonly [label: string, scopes: readonly string[] | undefined])[] = [
  ["all that I may", undefined],
  ["to look", ["read"]],
  ["to look, trigger and pause", ["read", "run"]],
  ["to look, trigger and write tasks", ["read", "run", "edit"]],
];

const TTLS: readonly (readonly [label: string, days: number])[] = [
  ["until it is revoked", 0],
  ["for a day", 1],
  ["for 30 days", 30],
  ["for a year", 365],
];

export function Tokens() {
  const { items, isReady, why, cursor, isComing, more, again } = usePages<Token>("/tokens");
  const made = useSignal<{ readonly name: string; readonly token: string } | undefined>(undefined);
  const revoking = useSignal<Token | undefined>(undefined);
  const zone = shownZone(zoneChoice.value);

  async function revoke(token: Token): Promise<void> {
    const answer = await ask<undefined>("DELETE", `/tokens/${encodeURIComponent(token.id)}`);
    if (answer.kind === "done") say(`The token ${token.name} opens nothing any more.`);
    else if (answer.kind !== "aborted") say(`${token.name}: ${failureText(answer)}`, { isTrouble: true });
    revoking.value = undefined;
    again();
  }

  return (
    <section class="card panel" aria-labelledby="tokens-title">
      <div class="panel-head">
        <h2 id="tokens-title">Tokens</h2>
        {items.length > 0 && (
          <ExportMenu<Token>
            list={{ path: "/tokens", query: {}, name: "tokens" }}
            columns={[
              { name: "id", of: ({ id }) => id },
              { name: "name", of: ({ name }) => name },
              { name: "scopes", of: ({ scopes }) => scopes.join(" ") },
              { name: "createdAt", of: ({ createdAt }) => createdAt },
              { name: "expiresAt", of: ({ expiresAt }) => expiresAt },
              { name: "lastUsedAt", of: ({ lastUsedAt }) => lastUsedAt },
            ]}
          />
        )}
      </div>
      <p class="none">
        What a script or a program sends as <code>Authorization: Bearer …</code>. A token is good at every peer.
      </p>
      <NewToken
        onMade={(name, token) => {
          made.value = { name, token };
          again();
        }}
      />
      {made.value !== undefined && (
        <div class="made" role="status">
          <p>
            <strong>{made.value.name === "" ? "The token" : made.value.name}</strong> is shown only now. Take it:
          </p>
          <Copy label="Copy the token" text={made.value.token} isWhole />
        </div>
      )}
      {!isReady
        ? <p class="none" role={why === undefined ? undefined : "alert"}>{why ?? "Loading…"}</p>
        : items.length === 0
        ? <p class="none" role="status">There are none yet.</p>
        : (
          <ul class="rows">
            {items.map((token) => (
              <li key={token.id} data-token={token.id}>
                <span>
                  <strong>{token.name === "" ? "without a name" : token.name}</strong>
                  {token.scopes.map((scope) => <span class="tag" key={scope}>{scope}</span>)}
                  <span class="none">
                    made <Moment at={token.createdAt} zone={zone} isWhole />,{" "}
                    {token.expiresAt === null ? "good until it is revoked" : (
                      <>
                        good until <Moment at={token.expiresAt} zone={zone} isWhole />
                      </>
                    )}
                    {token.lastUsedAt === null ? ", not used yet" : (
                      <>
                        , used <Ago at={token.lastUsedAt} />
                      </>
                    )}
                  </span>
                </span>
                <button type="button" class="danger" onClick={() => revoking.value = token}>Revoke…</button>
              </li>
            ))}
          </ul>
        )}
      {cursor !== null && <More shown={items.length} what="token" isMore isComing={isComing} onMore={more} />}
      {revoking.value !== undefined && (
        <Sure
          title={<>Revoke {revoking.value.name || "the token"}?</>}
          deed="Revoke it"
          onClose={() => revoking.value = undefined}
          onSure={() => revoking.value !== undefined && void revoke(revoking.value)}
        >
          Whatever uses it is refused from now on, at every peer, and what was signed in with it is signed out.
        </Sure>
      )}
    </section>
  );
}

function NewToken({ onMade }: { readonly onMade: (name: string, token: string) => void }) {
  const name = useSignal("");
  const days = useSignal(0);
  const reach = useSignal(0);
  const problem = useSignal("");
  async function make(event: Event): Promise<void> {
    event.preventDefault();
    const [, scopes] = REACHES[reach.value] ?? [];
    const answer = await ask<Token & { token: string }>("POST", "/tokens", {
      body: {
        name: name.value.trim(),
        ...(scopes === undefined ? {} : { scopes }),
        ...(days.value === 0 ? {} : { ttlSeconds: days.value * 86_400 }),
      },
    });
    if (answer.kind !== "done") return void (problem.value = failureText(answer));
    onMade(answer.value.name, answer.value.token);
    name.value = "";
    problem.value = "";
  }
  return (
    <form class="in-line" onSubmit={(event) => void make(event)} noValidate>
      <Field
        id="token-name"
        label="Name"
        value={name.value}
        placeholder="backup script"
        onText={(text) => name.value = text}
        problem={problem.value === "" ? undefined : { field: "name", message: problem.value }}
      />
      <label class="field">
        <span class="label-of">May be used</span>
        <select value={String(reach.value)} onChange={(event) => reach.value = Number(event.currentTarget.value)}>
          {REACHES.map(([label], n) => <option key={label} value={String(n)}>{label}</option>)}
        </select>
      </label>
      <label class="field">
        <span class="label-of">Good</span>
        <select value={String(days.value)} onChange={(event) => days.value = Number(event.currentTarget.value)}>
          {TTLS.map(([label, value]) => <option key={value} value={String(value)}>{label}</option>)}
        </select>
      </label>
      <button type="submit" class="primary">Make a token</button>
    </form>
  );
}
