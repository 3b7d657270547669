/** @jsxImportSource preact */
// The foot of a list: how much of it is shown, and the rest, which comes by itself when one scrolls there.

import { useEffect, useRef } from "preact/hooks";

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
  useEffect(() => {
    if (!isMore || foot.current === null) return;
    const watcher = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) void onMore();
    }, { rootMargin: "200px" });
    watcher.observe(foot.current);
    return () => watcher.disconnect();
  }, [isMore, shown]);
  const count = (n: number) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
  return (
    <p class="foot" ref={foot}>
      <span role="status">
        {total !== null && total !== undefined && total > shown
          ? `${shown.toLocaleString("en")} of ${count(total)}`
          : `${count(shown)}${isMore ? " shown" : ""}`}
      </span>
      {isMore && (
        <button type="button" aria-disabled={isComing} onClick={() => void onMore()}>
          {isComing ? "Loading…" : "Load more"}
        </button>
      )}
    </p>
  );
}
