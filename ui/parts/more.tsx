/** @jsxImportSource preact */
// The foot of a list: how much of it is shown, and the rest, which comes by itself when one scrolls there.

import { useEffect, useRef } from "preact/hooks";

/** The rest is asked for so long before one is there: who scrolls on meets no foot that moves away. */
const AHEAD = "1500px";

export function More({ shown, total, what, isMore, isComing, onMore }: {
  readonly shown: number;
  /** How many there are, when that is known. */
  readonly total?: number | null;
  readonly what: string;
  readonly isMore: boolean;
  readonly isComing: boolean;
  readonly onMore: () => Promise<void> | void;
}) {
  const foot = useRef<HTMLParagraphElement>(null);
  const isAsked = useRef(false);
  const isUnderWay = useRef(false);
  // Who scrolls to the button and clicks it asks twice before anything is drawn.
  async function next(): Promise<void> {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    try {
      await onMore();
    } finally {
      isUnderWay.current = false;
    }
  }
  useEffect(() => {
    if (!isMore || foot.current === null) return;
    const watcher = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) void next();
    }, { rootMargin: AHEAD });
    watcher.observe(foot.current);
    return () => watcher.disconnect();
  }, [isMore, shown]);
  useEffect(() => {
    if (isAsked.current) foot.current?.querySelector("button")?.focus({ preventScroll: true });
    isAsked.current = false;
  }, [shown]);
  const count = (n: number) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
  return (
    // Another one after more has come: a foot that moved down by a page would be a page that jumps.
    <p class="foot" ref={foot} key={shown}>
      <span role="status">
        {total !== null && total !== undefined && total > shown
          ? `${shown.toLocaleString("en")} of ${count(total)}`
          : `${count(shown)}${isMore ? " shown" : ""}`}
      </span>
      {isMore && (
        <button
          type="button"
          aria-disabled={isComing}
          onClick={() => {
            isAsked.current = true;
            void next();
          }}
        >
          {isComing ? "Loading…" : "Load more"}
        </button>
      )}
    </p>
  );
}
