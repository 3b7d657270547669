/** @jsxImportSource preact */
// The chain of each peer's record: whole, or where it was tampered with. A peer reads its own, from end to end.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, failureText } from "../api.ts";
import { peerName } from "../mesh-news.ts";
import { Icon } from "../parts/icon.tsx";
import { auditPath } from "./trail.ts";

type Verdict = {
  readonly whole: boolean;
  readonly first: number;
  readonly head: { readonly n: number; readonly hash: string };
  readonly broken: { readonly n: number; readonly why: string } | null;
};

type Chain =
  | { readonly kind: "asked" }
  | { readonly kind: "told"; readonly verdict: Verdict }
  | { readonly kind: "silent"; readonly why: string };

export function Chains({ peers, own }: { readonly peers: readonly string[]; readonly own: string }) {
  const chains = useSignal<ReadonlyMap<string, Chain>>(new Map());
  const put = (peer: string, chain: Chain) => chains.value = new Map(chains.peek()).set(peer, chain);

  async function check(some: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const peer of some) put(peer, { kind: "asked" });
    await Promise.all(some.map(async (peer) => {
      const answer = await ask<Verdict>(
        "GET",
        auditPath(peer, own, ":verify"),
        signal === undefined ? {} : { signal },
      );
      if (answer.kind === "aborted") return;
      put(
        peer,
        answer.kind === "done" ? { kind: "told", verdict: answer.value } : { kind: "silent", why: failureText(answer) },
      );
    }));
  }

  useEffect(() => {
    const asking = new AbortController();
    void check(peers.filter((peer) => chains.peek().get(peer)?.kind !== "told"), asking.signal);
    return () => asking.abort();
  }, [peers.join()]);

  const told = peers.map((peer) => chains.value.get(peer));
  const isBroken = told.some((chain) => chain?.kind === "told" && chain.verdict.broken !== null);
  return (
    <details class="card panel chains" open={isBroken}>
      <summary>
        <Icon name="chevron" />
        <span role="status">{summaryOf(told)}</span>
      </summary>
      <p class="none">
        Each record is bound to the one before it, and sealed with the key of its peer. What is changed, put in, taken
        out or cut off afterwards is found.{" "}
        <button type="button" class="linkish" onClick={() => void check(peers)}>Check again</button>
      </p>
      <ul class="rows">
        {peers.map((peer) => {
          const chain = chains.value.get(peer);
          return (
            <li key={peer} data-chain={peer}>
              <span>
                <strong>{peerName(peer)}</strong> {peer === own && <span class="tag">this peer</span>}
                <span class="none">{chainText(chain)}</span>
              </span>
              <ChainMark chain={chain} />
              <a
                class="button quiet"
                href={`/api/v1${auditPath(peer, own, ":export")}`}
                download={`audit-${peerName(peer)}.log`}
                aria-label={`Export the chain of ${peerName(peer)}`}
              >
                <Icon name="down" /> Chain
              </a>
            </li>
          );
        })}
      </ul>
    </details>
  );
}

function summaryOf(chains: readonly (Chain | undefined)[]): string {
  const count = (n: number) => n === 1 ? "one peer" : `${n} peers`;
  const broken = chains.filter((chain) => chain?.kind === "told" && chain.verdict.broken !== null).length;
  if (broken > 0) return `The record of ${count(broken)} is broken: it was tampered with.`;
  if (chains.some((chain) => chain === undefined || chain.kind === "asked")) {
    return "Checking that the record is whole…";
  }
  const silent = chains.filter((chain) => chain?.kind === "silent").length;
  const whole = chains.length - silent;
  if (whole === 0) return "Whether the record is whole can't be told now.";
  return `The record of ${count(whole)} is whole${silent === 0 ? "" : `; of ${count(silent)} it can't be told now`}.`;
}

function ChainMark({ chain }: { readonly chain: Chain | undefined }) {
  if (chain?.kind === "silent") {
    return (
      <span class="mark">
        <Icon name="dots" /> not known
      </span>
    );
  }
  if (chain?.kind !== "told") return <span class="mark">checking…</span>;
  const { broken } = chain.verdict;
  return broken === null
    ? (
      <span class="mark delivered">
        <Icon name="check" /> whole
      </span>
    )
    : (
      <span class="mark failed">
        <Icon name="warn" /> broken at {broken.n}
      </span>
    );
}

function chainText(chain: Chain | undefined): string {
  if (chain?.kind === "silent") return chain.why;
  if (chain?.kind !== "told") return "It reads its record.";
  const { head, first, broken } = chain.verdict;
  if (broken !== null) {
    return `At record ${broken.n}: ${broken.why}. Export the chain, and look who has access to the disk of this machine.`;
  }
  if (head.n === 0) return "Nothing was written down yet.";
  const records = head.n - first + 1;
  return `${records.toLocaleString("en")} ${records === 1 ? "record" : "records"}${
    first > 1 ? `, from number ${first.toLocaleString("en")} on` : ""
  }; the last is ${head.hash.slice(0, 12)}…`;
}
