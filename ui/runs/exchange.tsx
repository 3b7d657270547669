/** @jsxImportSource preact */
// What one attempt sent and what came back, and where its time went. It is kept by the peer that made the attempt, which
// is asked when somebody looks.

import { useSignal } from "@preact/signals";
import { peerName } from "../mesh-news.ts";
import { Copy } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { useReading } from "../reading.ts";
import { spanText } from "../time.ts";
import type { Attempt, Run } from "../views.ts";

type Headers = readonly (readonly [name: string, value: string])[];
type Body = { readonly text: string; readonly isHex?: true; readonly bytes: number };

type Exchange = {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Headers;
    readonly body?: Body;
  };
  readonly response?: { readonly status: number; readonly headers: Headers; readonly body?: Body };
  readonly timings: {
    readonly connection: number;
    readonly made?: { readonly lookup: number; readonly connect: number; readonly tls?: number };
    readonly wait?: number;
    readonly read?: number;
  };
};

export function ExchangeOf({ run, attempt, isOpen }: {
  readonly run: Run;
  readonly attempt: Attempt;
  /** Shown without being asked for. */
  readonly isOpen: boolean;
}) {
  const open = useSignal(isOpen);
  return (
    <details
      class="unfold"
      open={open.value}
      onToggle={({ currentTarget }) => open.value = currentTarget.open}
    >
      <summary>
        <Icon name="chevron" /> Request and response
      </summary>
      {open.value && <Shown run={run} attempt={attempt} />}
    </details>
  );
}

function Shown({ run, attempt: { n, peer } }: { readonly run: Run; readonly attempt: Attempt }) {
  const { value, why } = useReading<Exchange>(`/runs/${encodeURIComponent(run.id)}/attempts/${n}/exchange`, { peer });
  if (value === undefined) {
    return <p class="none" role="status">{why ?? `Asking ${peerName(peer)}, which has it…`}</p>;
  }
  const { request, response, timings } = value;
  return (
    <div class="exchange">
      <Timings timings={timings} />
      <div class="sides">
        <div>
          <h3>Sent{sizeText(request.body)}</h3>
          <Copy label="Copy the request" text={messageText(`${request.method} ${request.url}`, request)} isWhole />
        </div>
        <div>
          <h3>Came back{sizeText(response?.body)}</h3>
          {response === undefined
            ? <p class="none">Nothing: the attempt ended before an answer began.</p>
            : <Copy label="Copy the response" text={messageText(String(response.status), response)} isWhole />}
        </div>
      </div>
    </div>
  );
}

function Timings({ timings: { connection, made, wait = 0, read = 0 } }: { readonly timings: Exchange["timings"] }) {
  const total = Math.max(0.1, connection + wait + read);
  const parts = [
    { name: "connection", ms: connection, at: 0 },
    { name: "wait", ms: wait, at: connection },
    { name: "read", ms: read, at: connection + wait },
  ];
  return (
    <>
      <svg class="phases" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ name, ms, at }) => (
          <rect key={name} class={name} x={at / total * 1_000} width={ms / total * 1_000} height="8" />
        ))}
      </svg>
      <p class="none phases-key">
        {parts.map(({ name, ms }) => (
          <span key={name}>
            <i class={name} aria-hidden="true" /> {name} {msText(ms)}
          </span>
        ))}
        {made !== undefined && (
          <span>
            (a new connection: name {msText(made.lookup)}, connect {msText(made.connect)}
            {made.tls !== undefined && `, TLS ${msText(made.tls)}`})
          </span>
        )}
      </p>
    </>
  );
}

function msText(ms: number): string {
  return ms < 10 ? `${ms} ms` : spanText(ms);
}

function messageText(first: string, { headers, body }: { readonly headers: Headers; readonly body?: Body }): string {
  const lines = [first, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\n");
  if (body === undefined) return lines;
  return `${lines}\n\n${body.isHex ? body.text.replace(/(..)(?!$)/g, "$1 ") : body.text}`;
}

function sizeText(body: Body | undefined): string {
  if (body === undefined) return "";
  const shown = body.isHex ? body.text.length / 2 : new TextEncoder().encode(body.text).length;
  const bytes = `${body.bytes.toLocaleString("en")} ${body.bytes === 1 ? "byte" : "bytes"}`;
  const as = body.isHex ? ", as hex" : "";
  return body.bytes > shown + MASK_SLACK ? `, the beginning of ${bytes}${as}` : `, ${bytes}${as}`;
}

/** What is masked is shorter than it was. */
const MASK_SLACK = 1_024;
