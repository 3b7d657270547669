/** @jsxImportSource preact */
// Where one is signed in: each browser, when it was opened and last used, and the way to end it. Another's is ended at
// every peer; this one by signing out.

import { type Answer, ask, failureText } from "../api.ts";
import { ExportMenu } from "../parts/export-menu.tsx";
import { Ago, Moment } from "../parts/moment.tsx";
import { say } from "../parts/notice.tsx";
import type { Reading } from "../reading.ts";
import { zoneChoice } from "../settings.ts";
import { shownZone } from "../time.ts";
import type { Page } from "../views.ts";

export type SignedIn = {
  readonly id: string;
  /** `seed`: a client of the seed's API. */
  readonly kind: "browser" | "seed";
  readonly isThis: boolean;
  readonly from: string | null;
  readonly agent: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedFrom: string | null;
};

export function Sessions({ reading: { value, why, again } }: { readonly reading: Reading<Page<SignedIn>> }) {
  const zone = shownZone(zoneChoice.value);
  const items = value?.items ?? [];

  async function end(asking: Promise<Answer<undefined>>, done: string): Promise<void> {
    const answer = await asking;
    if (answer.kind === "done") say(done);
    else if (answer.kind !== "aborted") say(failureText(answer), { isTrouble: true });
    again();
  }

  return (
    <section class="card panel" aria-labelledby="sessions-title">
      <div class="panel-head">
        <h2 id="sessions-title">Where you are signed in</h2>
        <ExportMenu<SignedIn>
          list={{ path: "/auth/sessions", query: {}, name: "sessions", isWhole: true }}
          columns={[
            { name: "id", of: ({ id }) => id },
            { name: "agent", of: ({ agent }) => agent },
            { name: "from", of: ({ from }) => from },
            { name: "createdAt", of: ({ createdAt }) => createdAt },
            { name: "lastUsedAt", of: ({ lastUsedAt }) => lastUsedAt },
            { name: "expiresAt", of: ({ expiresAt }) => expiresAt },
          ]}
        />
      </div>
      {value === undefined && why !== undefined && <p class="none" role="alert">{why}</p>}
      <ul class="rows">
        {items.toReversed().map(({ id, kind, isThis, from, agent, createdAt, lastUsedAt }) => (
          <li key={id} data-session={id}>
            <span>
              <strong title={agent ?? undefined}>
                {kind === "seed" ? "A client of the seed's API" : agentText(agent ?? "")}
              </strong>
              {isThis && <span class="tag">this browser</span>}
              <span class="none">
                since <Moment at={createdAt} zone={zone} isWhole />
                {from !== null && `, from ${from}`}
                {lastUsedAt !== null && (
                  <>
                    , used <Ago at={lastUsedAt} />
                  </>
                )}
              </span>
            </span>
            {!isThis && (
              <button
                type="button"
                onClick={() =>
                  void end(
                    ask<undefined>("DELETE", `/auth/sessions/${encodeURIComponent(id)}`),
                    "That session is over, at every peer.",
                  )}
              >
                Sign it out
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="answers">
        <button
          type="button"
          onClick={() =>
            void end(ask<undefined>("DELETE", "/auth/sessions"), "Your other sessions are over, at every peer.")}
        >
          Sign out everywhere else
        </button>
      </div>
    </section>
  );
}

/** `Firefox on Windows`: browsers call themselves by the names of many. */
function agentText(agent: string): string {
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((name) => agent.includes(`${name}/`));
  if (browser === undefined) return /^[\w.-]+/.exec(agent)?.[0] ?? "Something without a name";
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux"].find((name) => agent.includes(name));
  return `${NAMES[browser] ?? browser}${system === undefined ? "" : ` on ${system}`}`;
}

const NAMES: { readonly [browser: string]: string } = { Edg: "Edge", OPR: "Opera" };
