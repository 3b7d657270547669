/** @jsxImportSource preact */
// The side of the page: where one can go, where one is, at which peer, and how things are shown.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { connection } from "../live.ts";
import { isApart, mesh } from "../mesh-news.ts";
import { Choice } from "../parts/choice.tsx";
import { Icon } from "../parts/icon.tsx";
import { path } from "../router.ts";
import { ROUTES } from "../routes.ts";
import { browserZone, theme, zoneChoice } from "../settings.ts";

export function Side({ isKnown, user, peer, onPalette, onKeys, onLeave }: {
  /** Whether anybody is signed in is known: before, nothing is shown that would have to move. */
  readonly isKnown: boolean;
  /** Who is signed in. */
  readonly user: string;
  readonly peer: { readonly id: string; readonly name: string } | undefined;
  readonly onPalette: () => void;
  readonly onKeys: () => void;
  readonly onLeave: () => void;
}) {
  const isOpen = useSignal(false);
  const here = path.value;
  useEffect(() => {
    isOpen.value = false;
  }, [here]);
  return (
    <header class={isOpen.value ? "side open" : "side"}>
      <div class="side-head">
        <a class="brand" href="/">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M8.5 3h7L20 21H4z" />
            <path class="hand" d="M12 16.5 17.5 6" />
          </svg>
          <span>Metronome</span>
        </a>
        {peer !== undefined && <State peer={peer} />}
        {peer !== undefined && (
          <button
            type="button"
            class="quiet menu"
            aria-expanded={isOpen.value}
            aria-controls="side-body"
            aria-label="Menu"
            onClick={() => isOpen.value = !isOpen.value}
          >
            <Icon name={isOpen.value ? "cross" : "menu"} />
          </button>
        )}
      </div>
      {isKnown && (
        <div class="side-body" id="side-body">
          {peer !== undefined && (
            <button type="button" class="find" onClick={onPalette}>
              <Icon name="search" />
              <span>Go to…</span>
              <kbd>Ctrl K</kbd>
            </button>
          )}
          {peer !== undefined && (
            <nav aria-label="Pages">
              <ul>
                {ROUTES.flatMap(({ path, title, nav }) =>
                  nav === undefined ? [] : [
                    <li key={path}>
                      <a href={path} aria-current={isUnder(here, path) ? "page" : undefined}>
                        <Icon name={nav.icon} />
                        {title}
                      </a>
                    </li>,
                  ]
                )}
              </ul>
            </nav>
          )}
          <div class="side-foot">
            {peer !== undefined && (
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
            {peer !== undefined && (
              <div class="side-deeds">
                <button type="button" class="quiet" title="All keys ( ? )" aria-label="All keys" onClick={onKeys}>
                  <Icon name="keyboard" />
                </button>
                <button
                  type="button"
                  class="quiet leave"
                  title={`Sign out ${user}`}
                  aria-label="Sign out"
                  onClick={onLeave}
                >
                  <Icon name="door" />
                </button>
              </div>
            )}
          </div>
        </div>
      )}
    </header>
  );
}

function isUnder(here: string, path: string): boolean {
  return here === path || ROUTES.some((route) => route.path === here && route.under === path);
}

/** Read out when it changes. */
function State({ peer }: { readonly peer: { readonly id: string; readonly name: string } }) {
  const { kind } = connection.value;
  return (
    <div class="where">
      <span class="peer" title={`Peer ${peer.id}`}>{peer.name}</span>
      <span class={`state ${kind}`} role="status">
        {kind === "live" ? "live" : kind === "lost" ? "disconnected" : "connecting"}
        {kind === "live" && <Mesh />}
      </span>
    </div>
  );
}

function Mesh() {
  const news = mesh.value;
  if (news === undefined || news.peers.length < 2) return null;
  const alive = news.peers.filter(({ state }) => state === "alive").length;
  const gone = news.peers.filter(({ state }) => state === "dead" || state === "suspect").length;
  return (
    <a class="of" href="/ui/mesh">
      {gone > 0 ? `${alive} of ${alive + gone} peers` : `${alive} peers`}
      {isApart.value && ", syncing"}
    </a>
  );
}
