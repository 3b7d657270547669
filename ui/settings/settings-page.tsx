/** @jsxImportSource preact */
// What a person may choose for this browser, and what there is to know of this peer.

import { useSignal } from "@preact/signals";
import { mesh as news } from "../mesh-news.ts";
import { Choice } from "../parts/choice.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { useReading } from "../reading.ts";
import { pageOf, self } from "../router.ts";
import { session } from "../session.ts";
import { browserZone, keyChoice, theme, zoneChoice } from "../settings.ts";
import type { Page, PeerView } from "../views.ts";
import { Import } from "./import.tsx";
import { PasswordDialog } from "./password.tsx";
import { Sessions, type SignedIn } from "./sessions.tsx";

/** The user that the peer's own keys stand for: it has no password. */
const ADMIN = "admin";
/** Nobody tells of a sign-in elsewhere. */
const SESSIONS_EVERY_MS = 5_000;

export function SettingsPage() {
  const isChanging = useSignal(false);
  const now = session.value;
  const id = now.kind === "in" ? now.peer.id : undefined;
  const { value: peer } = useReading<PeerView>(id === undefined ? undefined : `/peers/${encodeURIComponent(id)}`);
  const sessions = useReading<Page<SignedIn>>("/auth/sessions", {}, { everyMs: SESSIONS_EVERY_MS });
  // What stands below the sessions is shown with them: it would be moved.
  const isThere = sessions.value !== undefined || sessions.why !== undefined;
  return (
    <>
      <div class="head">
        <h1>Settings</h1>
      </div>
      <section class="card panel" aria-labelledby="browser-title">
        <h2 id="browser-title">In this browser</h2>
        <dl class="choices">
          <div>
            <dt>Times are shown</dt>
            <dd>
              <Choice
                name="zone-setting"
                label="Show times in the zone of"
                chosen={zoneChoice}
                options={[
                  { value: "task", label: "as each task has them" },
                  { value: "browser", label: `in ${browserZone}` },
                  { value: "UTC", label: "in UTC" },
                ]}
              />
            </dd>
          </div>
          <div>
            <dt>Theme</dt>
            <dd>
              <Choice
                name="theme-setting"
                label="Theme"
                chosen={theme}
                options={[
                  { value: "system", label: "as the system" },
                  { value: "light", label: "light" },
                  { value: "dark", label: "dark" },
                ]}
              />
            </dd>
          </div>
          <div>
            <dt>Single keys act</dt>
            <dd>
              <Choice
                name="key-setting"
                label="Single keys act"
                chosen={keyChoice}
                options={[{ value: "on", label: "yes" }, { value: "off", label: "no, only Ctrl-K" }]}
              />
            </dd>
          </div>
        </dl>
      </section>
      {now.kind === "in" && self.value !== ADMIN && (
        <section class="card panel" aria-labelledby="you-title">
          <h2 id="you-title">
            <bdi>{now.name}</bdi>
          </h2>
          <ul class="rows">
            <li>
              <span>Your password, at every peer</span>
              <button type="button" onClick={() => isChanging.value = true}>Change it…</button>
            </li>
          </ul>
        </section>
      )}
      {isChanging.value && now.kind === "in" && (
        <PasswordDialog
          name={now.name}
          onClose={() => isChanging.value = false}
        />
      )}
      {isThere && <Sessions reading={sessions} />}
      {isThere && <Further peer={peer} />}
    </>
  );
}

/** What does not depend on who one is. */
function Further({ peer }: { readonly peer: PeerView | undefined }) {
  const count = news.value?.peers.length;
  return (
    <>
      <section class="card panel" aria-labelledby="take-title">
        <h2 id="take-title">To take along</h2>
        <ul class="rows">
          <li>
            <span>
              All tasks, as lines that <code>metronome task import</code> takes
            </span>
            <a class="button" href="/api/v1/tasks:export" download="tasks.ndjson">Export</a>
          </li>
          <li>
            <span>Tasks from such a file, or from a JSON list: one with a known id is replaced</span>
            <Import />
          </li>
          <li>
            <span>The description of the REST API, OpenAPI 3.1</span>
            <a class="button" href="/api/v1/openapi.json" target="_blank" rel="noreferrer">Open</a>
          </li>
        </ul>
      </section>
      <section class="card panel" aria-labelledby="peer-title">
        <h2 id="peer-title">This peer</h2>
        <p class="none">
          Its name, ports, labels and folder are set where it is started: <code>scripts/metronome start --help</code>.
        </p>
        {peer === undefined ? <p class="none">Loading…</p> : (
          <Facts>
            <Fact name="Name">{peer.name}</Fact>
            <Fact name="Peer">
              <code>{peer.peer}</code>
            </Fact>
            <Fact name="Version">{peer.version}</Fact>
            <Fact name="Time zones">{peer.tzdata}</Fact>
            <Fact name="Disk">{peer.writable ? "takes writes" : "takes no writes now"}</Fact>
            <Fact name="Holds">
              <code>{peer.digest}</code>
            </Fact>
            {count !== undefined && (
              <Fact name="Mesh">
                <a href={pageOf("mesh")}>{count === 1 ? "alone" : `${count} peers`}</a>
              </Fact>
            )}
          </Facts>
        )}
      </section>
    </>
  );
}
