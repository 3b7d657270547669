/** @jsxImportSource preact */
// How another machine joins: one ticket, one order, done once for the whole mesh.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, failureText } from "../api.ts";
import { tick } from "../clock.ts";
import { mesh } from "../mesh-news.ts";
import { Copy } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { useReading } from "../reading.ts";
import { pageOf } from "../router.ts";
import { spanText } from "../time.ts";
import type { Mesh } from "../views.ts";
import { Qr } from "./qr.tsx";

type Ticket = { readonly ticket: string; readonly expiresAt: string; readonly qr: string };

const TTLS: readonly (readonly [label: string, seconds: number])[] = [
  ["10 minutes", 600],
  ["an hour", 3_600],
  ["a day", 86_400],
];

export function JoinPage() {
  const ticket = useSignal<Ticket | undefined>(undefined);
  const known = useSignal<ReadonlySet<string>>(new Set());
  const problem = useSignal("");
  const uses = useSignal(1);
  const ttl = useSignal(600);
  const { value } = useReading<Mesh>("/mesh", {}, { after: ["mesh"], everyMs: 2_000 });
  useEffect(() => {
    if (value !== undefined) mesh.value = value;
  }, [value]);
  const left = ticket.value === undefined ? 0 : Date.parse(ticket.value.expiresAt) - tick.value;
  const isOver = ticket.value !== undefined && left <= 0;
  const joined = ticket.value === undefined ? [] : (value?.peers ?? []).filter(({ peer }) => !known.value.has(peer));

  async function make(event: Event): Promise<void> {
    event.preventDefault();
    problem.value = "";
    const answer = await ask<Ticket>("POST", "/tickets", { body: { ttlSeconds: ttl.value, uses: uses.value } });
    if (answer.kind !== "done") return void (problem.value = failureText(answer));
    known.value = new Set((value ?? mesh.peek())?.peers.map(({ peer }) => peer));
    ticket.value = answer.value;
  }

  return (
    <>
      <div class="head">
        <h1>Add a machine</h1>
      </div>
      <p class="lead">
        A ticket lets another machine into this mesh. It is used once there, and all peers know it from then on.
      </p>
      <section class="card panel join">
        <form class="join-form" onSubmit={(event) => void make(event)}>
          <label class="field">
            <span class="label-of">Good for</span>
            <select value={String(ttl.value)} onChange={(event) => ttl.value = Number(event.currentTarget.value)}>
              {TTLS.map(([label, seconds]) => <option key={seconds} value={String(seconds)}>{label}</option>)}
            </select>
          </label>
          <label class="field">
            <span class="label-of">Machines</span>
            <input
              type="number"
              min="1"
              max="100"
              value={String(uses.value)}
              onInput={(event) => uses.value = Math.max(1, Math.floor(event.currentTarget.valueAsNumber) || 1)}
            />
          </label>
          <button type="submit" class={ticket.value === undefined || isOver ? "primary" : ""}>
            {ticket.value === undefined ? "Make a ticket" : "Make another"}
          </button>
        </form>
        {problem.value !== "" && <p class="wrong" role="alert">{problem.value}</p>}
        {ticket.value !== undefined && (
          <div class={isOver ? "ticket over" : "ticket"}>
            <Qr text={ticket.value.qr} />
            <div class="ticket-text">
              <p role="status">
                {isOver ? <strong>This ticket is over. Make another.</strong> : (
                  <>
                    On the other machine, within{" "}
                    <strong class="countdown">{spanText(Math.floor(left / 1_000) * 1_000)}</strong>:
                  </>
                )}
              </p>
              <Copy label="Copy the order" text={`scripts/metronome join ${ticket.value.ticket}`} isWhole />
              <p class="none">
                A ticket is as good as a key, and is shown only now: leave it nowhere.{" "}
                {uses.value === 1 ? "It lets in one machine." : `It lets in ${uses.value} machines.`}
              </p>
            </div>
          </div>
        )}
        {ticket.value !== undefined && (
          <div role="status">
            {joined.map(({ peer, name }) => (
              <p class="joined" key={peer}>
                <Icon name="check" /> <strong>{name || peer.slice(-8)}</strong> is in the mesh.{" "}
                <a href={pageOf("mesh", { peer })}>See it</a>
              </p>
            ))}
            {joined.length === 0 && !isOver && (
              <p class="none">Nobody has joined with it yet; it is seen here when one does.</p>
            )}
          </div>
        )}
      </section>
      <section class="card panel join" aria-labelledby="other-title">
        <h2 id="other-title">Or take this machine into another mesh</h2>
        <p>
          Make the ticket there, on this page of one of its peers. Then stop this peer, and start it here with the
          ticket:
        </p>
        <Copy label="Copy the order" text="scripts/metronome join TICKET" />
      </section>
    </>
  );
}
