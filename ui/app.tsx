/** @jsxImportSource preact */
// The shell: what stands around every page.

import { useEffect } from "preact/hooks";
import { tick } from "./clock.ts";
import { connection } from "./live.ts";
import { Choice } from "./parts/choice.tsx";
import { Icon } from "./parts/icon.tsx";
import { Notices, say } from "./parts/notice.tsx";
import { failureText } from "./api.ts";
import { path } from "./router.ts";
import { type Route, ROUTES } from "./routes.ts";
import { session, signOut } from "./session.ts";
import { browserZone, theme, zoneChoice } from "./settings.ts";
import { SignInPage } from "./sign-in-page.tsx";
import { spanText } from "./time.ts";

export function App() {
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <Header />
      <main id="main" tabIndex={-1}>
        <Content />
      </main>
      <Notices />
    </>
  );
}

function Content() {
  const now = session.value;
  switch (now.kind) {
    case "unknown":
      return now.isUnreachable ? <p class="blank">The peer can't be reached. Trying again…</p> : null;
    case "out":
      return <SignInPage why={now.why} />;
    case "in": {
      const route = ROUTES.find((each) => each.path === path.value);
      return route === undefined ? <Nowhere /> : <RoutePage key={route.path} route={route} />;
    }
  }
}

function RoutePage({ route }: { readonly route: Route }) {
  useEffect(() => {
    document.title = `${route.title} · Metronome`;
  }, [route]);
  return <route.page />;
}

function Nowhere() {
  return (
    <div class="blank">
      <h1>There is nothing here</h1>
      <p>
        <a href="/">To the tasks</a>
      </p>
    </div>
  );
}

function Header() {
  const now = session.value;
  const isIn = now.kind === "in";
  return (
    <>
      <header class="top">
        <a class="brand" href="/">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M8.5 3h7L20 21H4z" />
            <path class="hand" d="M12 16.5 17.5 6" />
          </svg>
          Metronome
        </a>
        {isIn && <span class="peer" title={`Peer ${now.peer.id}`}>{now.peer.name}</span>}
        {isIn && <State />}
        <div class="settings">
          {isIn && (
            <Choice
              name="zone"
              label="Show times in the zone of"
              chosen={zoneChoice}
              options={[
                { value: "task", label: "Task", title: "Times in the zone of each task's schedule" },
                { value: "browser", label: "Local", title: `Times in the zone of this browser, ${browserZone}` },
                { value: "UTC", label: "UTC", title: "Times in UTC" },
              ]}
            />
          )}
          <Choice
            name="theme"
            label="Theme"
            chosen={theme}
            options={[
              { value: "system", label: "System theme", icon: "screen" },
              { value: "light", label: "Light theme", icon: "sun" },
              { value: "dark", label: "Dark theme", icon: "moon" },
            ]}
          />
        </div>
        {isIn && (
          <button
            type="button"
            class="quiet leave"
            title="Sign out"
            aria-label="Sign out"
            onClick={() => void leave()}
          >
            <Icon name="door" />
          </button>
        )}
      </header>
      {isIn && <LostBar />}
    </>
  );
}

/** Read out when it changes; the age beside it, which changes each second, is not. */
function State() {
  const { kind } = connection.value;
  return (
    <span class={`state ${kind}`} role="status">
      {kind === "live" ? "live" : kind === "lost" ? "disconnected" : "connecting"}
    </span>
  );
}

function LostBar() {
  const now = connection.value;
  if (now.kind !== "lost") return null;
  // Read for its beat: the age is by this machine's own clock, which knows when it last heard of the peer.
  void tick.value;
  const age = Math.max(0, Math.floor((Date.now() - now.freshAt) / 1_000)) * 1_000;
  return (
    <p class="lost">
      <strong>Disconnected</strong> — data is {age === 0 ? "0 s" : spanText(age)} old. Trying again…
    </p>
  );
}

async function leave(): Promise<void> {
  const answer = await signOut();
  if (answer.kind !== "done") say(failureText(answer), { isTrouble: true });
}
