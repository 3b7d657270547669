/** @jsxImportSource preact */
// The credentials of a target: which are held, new ones in their place, and the old ones until the new are known to be good.

import { useSignal } from "@preact/signals";
import { type Answer, ask } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Moment } from "../parts/moment.tsx";
import { Sure } from "../parts/sure.tsx";
import type { NamedTarget } from "../views.ts";

/** What is not a header is one text. */
const SECRETS: { readonly [name: string]: string } = {
  password: "Password",
  token: "Bearer token",
  clientSecret: "OAuth2 client secret",
  key: "Private key, PEM",
  signingSecret: "Signing secret, whsec_… or whsk_…",
  headers: "Secret header",
};
const HEADER = "headers.";
/** They come and go with the way in which the target signs in. */
const OF_SIGNING_IN: readonly string[] = ["password", "token", "clientSecret", "key"];

/** What is sent of one: `headers.X-Key` stands in an object of its own. */
type Credentials = { readonly [name: string]: string | null | { readonly [header: string]: string | null } };

type Act = (asking: Promise<Answer<unknown>>, done: string) => Promise<boolean>;

export function CredentialsOf({ path, held, zone, act }: {
  readonly path: string;
  readonly held: NamedTarget["held"];
  readonly zone: string;
  readonly act: Act;
}) {
  const isBringing = useSignal(false);
  const leaving = useSignal<string | undefined>(undefined);
  const isRotating = Object.values(held).some(({ previous }) => previous !== undefined);
  return (
    <section class="card panel" aria-labelledby="held-title">
      <div class="panel-head">
        <h2 id="held-title">Credentials</h2>
        <button type="button" onClick={() => isBringing.value = true}>
          <Icon name="key" /> Bring new ones…
        </button>
      </div>
      {Object.keys(held).length === 0
        ? <p class="none">None. They are kept sealed, and never shown again.</p>
        : (
          <ul class="rows">
            {Object.entries(held).map(([name, { since, publicKey, previous }]) => (
              <li key={name}>
                <span>{nameOf(name)}</span>
                <span class="none">
                  since <Moment at={since} zone={zone} isWhole />
                  {previous !== undefined && ", the one before is good too"}
                  {publicKey !== undefined && (
                    <>
                      ; receivers check with <code>{publicKey}</code>
                    </>
                  )}
                </span>
                {!OF_SIGNING_IN.includes(name) && (
                  <button type="button" onClick={() => leaving.value = name}>Take away…</button>
                )}
              </li>
            ))}
          </ul>
        )}
      {isRotating && (
        <div class="answers">
          <button
            type="button"
            onClick={() => void act(ask("POST", `${path}/revert`, { body: {} }), "Back to the old ones.")}
          >
            Back to the old ones
          </button>
          <button
            type="button"
            class="primary"
            onClick={() => void act(ask("POST", `${path}/confirm`, { body: {} }), "The old ones are forgotten.")}
          >
            The new ones are good: forget the old
          </button>
        </div>
      )}
      {isBringing.value && (
        <Bring
          kinds={Object.keys(SECRETS).filter((name) => !OF_SIGNING_IN.includes(name) || held[name] !== undefined)}
          onClose={() => isBringing.value = false}
          onSure={(name, value) => {
            const credentials = credentialsOf(name, value);
            return Object.keys(held).some((each) => each.toLowerCase() === name.toLowerCase())
              ? act(ask("POST", `${path}/rotate`, { body: { credentials } }), "The new ones are used from now on.")
              : act(ask("PATCH", path, { body: { credentials } }), "It is used from now on.");
          }}
        />
      )}
      {leaving.value !== undefined && (
        <Sure
          title={`Take away the ${nameOf(leaving.value).toLowerCase()}?`}
          deed="Take it away"
          onClose={() => leaving.value = undefined}
          onSure={() => {
            const credentials = credentialsOf(leaving.value ?? "", null);
            leaving.value = undefined;
            void act(ask("PATCH", path, { body: { credentials } }), "It is taken away, at every peer.");
          }}
        >
          What is sent from now on goes without it.
        </Sure>
      )}
    </section>
  );
}

function nameOf(name: string): string {
  return name.startsWith(HEADER) ? `Header ${name.slice(HEADER.length)}` : SECRETS[name] ?? name;
}

function credentialsOf(name: string, value: string | null): Credentials {
  return name.startsWith(HEADER) ? { headers: { [name.slice(HEADER.length)]: value } } : { [name]: value };
}

function Bring({ kinds, onClose, onSure }: {
  /** What it can use as it is. */
  readonly kinds: readonly string[];
  readonly onClose: () => void;
  readonly onSure: (name: string, value: string) => Promise<boolean>;
}) {
  const kind = useSignal(kinds[0] ?? "");
  const header = useSignal("");
  const value = useSignal("");
  const isHeader = kind.value === "headers";
  const isReady = value.value !== "" && (!isHeader || header.value.trim() !== "");
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const name = isHeader ? `${HEADER}${header.value.trim()}` : kind.value;
    if (isReady && await onSure(name, value.value)) onClose();
  }
  return (
    <Dialog title="New credentials" onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <label class="field">
          <span class="label-of">Which</span>
          <select value={kind.value} onChange={(event) => kind.value = event.currentTarget.value}>
            {kinds.map((name) => <option key={name} value={name}>{SECRETS[name]}</option>)}
          </select>
        </label>
        {isHeader && (
          <Field
            id="secret-header"
            label="Header"
            isCode
            placeholder="X-Api-Key"
            value={header.value}
            onText={(text) => header.value = text}
          />
        )}
        <Field
          id="secret"
          label="Value"
          isSecret={kind.value !== "key"}
          isCode
          {...kind.value === "key" ? { rows: 6 } : {}}
          value={value.value}
          onText={(text) => value.value = text}
          hint="Write-only: it is sealed, and never shown again. The old one stays good until it is confirmed."
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary" aria-disabled={!isReady}>Use it</button>
        </div>
      </form>
    </Dialog>
  );
}
