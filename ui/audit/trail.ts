// What was done, at some peers: each has a record of its own, and what they hold is shown as one, the latest first. Of a
// peer that has more than was read, nothing older than what was read is shown: so that no record comes in later between
// two that are there.

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, failureText, type Question } from "../api.ts";
import { listen } from "../live.ts";
import type { Page } from "../views.ts";

export type Deed = {
  readonly n: number;
  readonly at: string;
  readonly user: string;
  readonly by: string;
  readonly from?: string;
  readonly what: string;
  readonly on: string;
  readonly before?: { readonly [name: string]: unknown };
  readonly after?: { readonly [name: string]: unknown };
  /** Where it was written down. */
  readonly peer: string;
};

export type Trail = {
  readonly deeds: readonly Deed[];
  readonly isReady: boolean;
  readonly isMore: boolean;
  readonly isComing: boolean;
  /** Peers whose record can't be read, and why. */
  readonly silent: readonly { readonly peer: string; readonly why: string }[];
  readonly more: () => Promise<void>;
};

type Part = {
  readonly deeds: readonly Deed[];
  /** `null`: there is nothing older. */
  readonly cursor: string | null;
  readonly why?: string;
};

const PAGE = 50;
/** Deeds of one peer that are kept on the screen while new ones come. */
const DEEDS_MAX = 2_000;
/** What is done is seen soon; what is no event of the stream, at the next look. */
const SOON_MS = 700;
const LOOK_EVERY_MS = 10_000;

/** Where a peer's own audit is asked for. */
export function auditPath(peer: string, own: string, deed = ""): string {
  return peer === own ? `/audit${deed}` : `/peers/${encodeURIComponent(peer)}/api/v1/audit${deed}`;
}

export function useTrail(
  peers: readonly string[],
  own: string,
  query: NonNullable<Question["query"]>,
): Trail {
  const parts = useRef(new Map<string, Part>());
  const [, draw] = useState(0);
  const [isComing, setComing] = useState(false);
  const key = `${peers.join()} ${JSON.stringify(query)}`;

  async function read(peer: string, cursor?: string, signal?: AbortSignal): Promise<void> {
    const answer = await ask<Page<Deed>>("GET", auditPath(peer, own), {
      query: { ...query, limit: PAGE, cursor },
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.kind === "aborted" || signal?.aborted) return;
    const before = parts.current.get(peer);
    if (answer.kind !== "done") {
      parts.current.set(peer, { ...before ?? { deeds: [], cursor: null }, why: failureText(answer) });
    } else {
      const page = { ...answer.value, items: answer.value.items.map((deed) => ({ ...deed, peer })) };
      parts.current.set(peer, cursor === undefined ? latest(before, page) : older(before, page));
    }
    draw((n) => n + 1);
  }

  useEffect(() => {
    const asking = new AbortController();
    let soon: ReturnType<typeof setTimeout> | undefined;
    const anew = () => {
      clearTimeout(soon);
      soon = setTimeout(anew, LOOK_EVERY_MS);
      if (!document.hidden) { for (const peer of peers) void read(peer, undefined, asking.signal); }
    };
    const hear = () => {
      clearTimeout(soon);
      soon = setTimeout(anew, SOON_MS);
    };
    parts.current = new Map();
    draw((n) => n + 1);
    anew();
    const unlisten = listen({ task: hear, removed: hear, mesh: hear, resync: hear });
    return () => {
      asking.abort();
      clearTimeout(soon);
      unlisten();
    };
  }, [key]);

  const read_ = [...parts.current];
  const unread = read_.filter(([, { cursor }]) => cursor !== null);
  const horizon = unread.reduce((at, [, { deeds }]) => later(at, deeds.at(-1)?.at ?? LAST), "");
  return {
    deeds: read_.flatMap(([, { deeds }]) => deeds.filter(({ at }) => at >= horizon))
      .sort((a, b) => a.at < b.at ? 1 : a.at > b.at ? -1 : b.n - a.n),
    isReady: peers.every((peer) => parts.current.has(peer)),
    isMore: unread.length > 0,
    isComing,
    silent: read_.flatMap(([peer, { why }]) => why === undefined ? [] : [{ peer, why }]),
    async more() {
      if (isComing) return;
      setComing(true);
      // Those that keep the others from being shown.
      const holding = unread.filter(([, { deeds }]) => (deeds.at(-1)?.at ?? LAST) >= horizon);
      await Promise.all(holding.map(([peer, { cursor }]) => read(peer, cursor ?? undefined)));
      setComing(false);
    },
  };
}

/** Later than any instant. */
const LAST = "9";

function later(a: string, b: string): string {
  return a > b ? a : b;
}

/** The newest page, before what was read earlier: unless so much came between them that they do not meet. */
function latest(before: Part | undefined, { items, cursor }: Page<Deed>): Part {
  const newest = before?.deeds[0]?.n;
  if (before === undefined || newest === undefined) return { deeds: items, cursor };
  const isMet = cursor === null || items.some(({ n }) => n <= newest);
  if (!isMet) return { deeds: items, cursor };
  return {
    deeds: [...items.filter(({ n }) => n > newest), ...before.deeds].slice(0, DEEDS_MAX),
    cursor: before.cursor,
  };
}

function older(before: Part | undefined, { items, cursor }: Page<Deed>): Part {
  const oldest = before?.deeds.at(-1)?.n ?? Infinity;
  return { deeds: [...before?.deeds ?? [], ...items.filter(({ n }) => n < oldest)], cursor };
}
