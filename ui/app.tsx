/** @jsxImportSource preact */
// The shell: what stands around every page.

import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { failureText } from "./api.ts";
import { tick } from "./clock.ts";
import { connection } from "./live.ts";
import { Icon } from "./parts/icon.tsx";
import { lazy } from "./parts/lazy.tsx";
import { Notices, say } from "./parts/notice.tsx";
import { navigate, pageOf, path } from "./router.ts";
import { type Route, ROUTES } from "./routes.ts";
import { session, signOut } from "./session.ts";
import { type Binding, isDialogComing, useKeys } from "./shell/keys.ts";
import { Side } from "./shell/side.tsx";
import { spanText } from "./time.ts";

const SignInPage = lazy<{ why: string | undefined }>(async () => (await import("./sign-in-page.tsx")).SignInPage, {
  isPlain: true,
});
const Palette = lazy(async () => (await import("./shell/palette.tsx")).Palette);
const CheatSheet = lazy(async () => (await import("./shell/cheat-sheet.tsx")).CheatSheet);

export function App() {
  const now = session.value;
  const open = useSignal<"" | "palette" | "keys">("");
  const shut = () => open.value = "";
  isDialogComing.value = open.value !== "";
  const isIn = now.kind === "in";
  const keys: readonly Binding[] = [
    { keys: "Ctrl-K", what: "Go anywhere, do anything", act: () => open.value = "palette" },
    { keys: "?", what: "All keys", act: () => open.value = "keys" },
    { keys: "n", what: "New task", act: () => navigate(pageOf("edit")) },
    ...ROUTES.flatMap(({ path, title, nav }) =>
      nav === undefined ? [] : [{ keys: `g ${nav.letter}`, what: title, act: () => navigate(path) }]
    ),
  ];
  useKeys("Everywhere", isIn ? keys : []);
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <div class={now.kind === "out" ? "house outside" : "house"}>
        <Side
          isKnown={now.kind !== "unknown"}
          user={isIn ? now.name : ""}
          peer={isIn ? now.peer : undefined}
          onPalette={() => open.value = "palette"}
          onKeys={() => open.value = "keys"}
          onLeave={() => void leave()}
        />
        <div class="room">
          {isIn && <LostBar />}
          <main id="main" tabIndex={-1}>
            <Content />
          </main>
        </div>
      </div>
      {isIn && open.value === "palette" && <Palette onClose={shut} />}
      {isIn && open.value === "keys" && <CheatSheet onClose={shut} />}
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

/** Who came here by a link hears where they are. */
function RoutePage({ route }: { readonly route: Route }) {
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${route.title} · Metronome`;
    if (isArrived && isFirst.current) document.getElementById("main")?.focus({ preventScroll: true });
    isFirst.current = false;
    isArrived = true;
  }, [route]);
  return <route.page />;
}

/** Whether a page was shown before this one. */
let isArrived = false;

function Nowhere() {
  return (
    <div class="blank">
      <h1>There is nothing here</h1>
      <p>
        <a href="/">To the overview</a>
      </p>
    </div>
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
      <Icon name="again" />
      <span>
        <strong>Disconnected</strong> — data is {age === 0 ? "0 s" : spanText(age)} old. Trying again…
      </span>
    </p>
  );
}

async function leave(): Promise<void> {
  const answer = await signOut();
  if (answer.kind !== "done") say(failureText(answer), { isTrouble: true });
}
