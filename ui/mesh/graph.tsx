/** @jsxImportSource preact */
// The mesh drawn: a ring of peers, each as large as what it fires; a line to each that this peer reaches, shorter when
// it answers sooner. Beside it stands the table, which says all of it in words.

import { useEffect, useRef } from "preact/hooks";
import { theme } from "../settings.ts";
import type { Mesh, PeerView } from "../views.ts";

/** Peers that are drawn: more are a cloud in which no one finds any. */
const DRAWN_MAX = 300;
/** So few stand in one row. */
const ROW_MAX = 3;

type Place = { readonly peer: PeerView; readonly x: number; readonly y: number; readonly r: number };

export function Graph({ mesh, chosen, onChoose }: {
  readonly mesh: Mesh;
  readonly chosen: string;
  readonly onChoose: (peer: string) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const places = useRef<readonly Place[]>([]);
  const shownTheme = theme.value;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const redraw = () => {
      places.current = placesOf(mesh, element);
      draw(element, mesh, places.current, chosen);
    };
    redraw();
    const watcher = new ResizeObserver(redraw);
    watcher.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", redraw);
    return () => {
      watcher.disconnect();
      scheme.removeEventListener("change", redraw);
    };
  }, [mesh, chosen, shownTheme]);
  return (
    <div class={mesh.peers.length > ROW_MAX ? "card graph" : "card graph few"}>
      <canvas
        ref={canvas}
        aria-hidden="true"
        onClick={(event) => {
          const { offsetX, offsetY } = event;
          const found = places.current.find(({ x, y, r }) => Math.hypot(x - offsetX, y - offsetY) <= r + 8);
          if (found !== undefined) onChoose(found.peer.peer);
        }}
      />
    </div>
  );
}

function placesOf(mesh: Mesh, { clientWidth: wide, clientHeight: tall }: HTMLCanvasElement): readonly Place[] {
  const others = mesh.peers.filter(({ peer }) => peer !== mesh.self).slice(0, DRAWN_MAX - 1)
    .toSorted((a, b) => a.peer < b.peer ? -1 : 1);
  const self = mesh.peers.find(({ peer }) => peer === mesh.self);
  const center = { x: wide / 2, y: tall / 2 - 10 };
  const reach = Math.min(wide / 2 - 60, tall / 2 - 60);
  const slowest = Math.max(1, ...others.map(({ rttMs }) => rttMs ?? 0));
  const most = others.length > 24 ? 9 : 20;
  const size = ({ shards }: PeerView) => 6 + Math.sqrt(shards / 4_096) * most;
  const ring = others.map((peer, n): Place => {
    // Two stand beside this one, more around it.
    const angle = (others.length < ROW_MAX ? Math.PI : -Math.PI / 2) + n / others.length * 2 * Math.PI;
    const far = reach * (0.62 + 0.38 * Math.sqrt((peer.rttMs ?? slowest) / slowest));
    const stretch = Math.min(others.length < ROW_MAX ? 6 : 1.9, (wide / 2 - 70) / reach);
    return { peer, x: center.x + Math.cos(angle) * far * stretch, y: center.y + Math.sin(angle) * far, r: size(peer) };
  });
  return self === undefined ? ring : [...ring, { peer: self, ...center, r: size(self) }];
}

function draw(canvas: HTMLCanvasElement, mesh: Mesh, places: readonly Place[], chosen: string): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const dense = devicePixelRatio;
  const wide = canvas.clientWidth;
  canvas.width = wide * dense;
  canvas.height = canvas.clientHeight * dense;
  context.scale(dense, dense);
  const style = getComputedStyle(canvas);
  const colour = colours(canvas);
  const self = places.at(-1);
  if (self === undefined) return;
  for (const { peer, x, y } of places) {
    if (peer.peer === mesh.self || peer.state === "left") continue;
    const isUp = peer.state === "alive" && peer.rttMs !== null;
    context.beginPath();
    context.setLineDash(isUp ? [] : [3, 5]);
    context.strokeStyle = isUp ? colour("--edge") : colour("--bad");
    context.globalAlpha = 0.55;
    context.lineWidth = 1;
    context.moveTo(self.x, self.y);
    context.lineTo(x, y);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
  context.textAlign = "center";
  const isCrowded = places.length > 40;
  for (const { peer, x, y, r } of places) {
    const tone = peer.state === "alive"
      ? peer.draining ? "--wait" : "--good"
      : peer.state === "left"
      ? "--edge"
      : "--bad";
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fillStyle = colour("--card");
    context.fill();
    context.globalAlpha = peer.state === "alive" ? 0.9 : 0.35;
    context.fillStyle = colour(tone);
    context.fill();
    context.globalAlpha = 1;
    if (peer.peer === mesh.self || peer.peer === chosen) {
      context.beginPath();
      context.arc(x, y, r + 4, 0, 2 * Math.PI);
      context.strokeStyle = colour(peer.peer === chosen ? "--brass" : "--edge");
      context.lineWidth = peer.peer === chosen ? 2 : 1;
      context.stroke();
    }
    if (isCrowded && peer.peer !== mesh.self && peer.peer !== chosen) continue;
    context.font = `600 13px ${style.fontFamily}`;
    context.fillStyle = colour("--ink");
    context.fillText(shortened(peer.name || peer.peer.slice(-6)), x, y + r + 18);
    if (isCrowded) continue;
    context.font = `400 12px ${style.fontFamily}`;
    context.fillStyle = colour("--soft");
    const said = peer.state === "alive" ? `${Math.round(peer.shards / 40.96)} %` : peer.state;
    context.fillText(said, x, y + r + 33);
  }
}

function shortened(name: string): string {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}

/** The colour of a token, as it is in the theme of now: a canvas does not know light-dark(). */
function colours(canvas: HTMLCanvasElement): (token: string) => string {
  const known = new Map<string, string>();
  return (token) => {
    const found = known.get(token);
    if (found !== undefined) return found;
    canvas.style.color = `var(${token})`;
    const value = getComputedStyle(canvas).color;
    canvas.style.color = "";
    known.set(token, value);
    return value;
  };
}
