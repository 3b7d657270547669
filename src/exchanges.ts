// The exchanges that this peer keeps: a ring on the disk, so that there is never more than its places; what comes too fast
// is passed over, deliveries that went well first. They are there to be looked at: nothing depends on them, so none waits
// for the disk, and what the disk does not take is not tried again.

import { type Exchange, EXCHANGES_MAX, type KeptExchange } from "./core/task/exchange.ts";
import type { OccurrenceId } from "./core/task/occurrence.ts";
import type { ExchangeAccess } from "./peer.ts";
import type { Store } from "./store/store.ts";

/** What has come by then goes to the disk together. */
const FLUSH_MS = 200;
/** Of one flush: 100 and 200 a second. */
const GOOD_MAX = 20;
const ALL_MAX = 40;

export type Exchanges = ExchangeAccess & {
  keep(exchange: Exchange, of: { readonly id: OccurrenceId; readonly n: number; readonly isGood: boolean }): void;
  close(): Promise<void>;
};

export function createExchanges(store: Pick<Store, "commit" | "exchangePlaces" | "exchange">): Exchanges {
  const slots = new Map<string, number>();
  const names: (string | undefined)[] = [];
  const waiting = new Map<string, Omit<KeptExchange, "seq">>();
  let seq = 0;
  let good = 0;
  let loading: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: Promise<void> = Promise.resolve();

  return {
    keep(exchange, { id, n, isGood }) {
      if (waiting.size >= ALL_MAX || (isGood && good >= GOOD_MAX)) return;
      if (isGood) good++;
      waiting.set(nameOf(id, n), { id, n, isGood, exchange });
      timer ??= setTimeout(flush, FLUSH_MS);
    },
    async find(id, n) {
      const name = nameOf(id, n);
      const known = waiting.get(name);
      if (known !== undefined) return known.exchange;
      await load();
      const slot = slots.get(name);
      const kept = slot === undefined ? undefined : await store.exchange(slot);
      return kept?.id === id && kept.n === n ? kept.exchange : undefined;
    },
    async close() {
      flush();
      await last;
    },
  };

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    // A disk that takes no writes, or can't be read, says so itself.
    last = last.then(write).catch(() => {});
  }

  async function write(): Promise<void> {
    const kept = [...waiting];
    good = 0;
    if (kept.length === 0) return;
    try {
      await load();
      const writes = kept.map(([, each]) => {
        seq++;
        return { kind: "exchange" as const, slot: seq % EXCHANGES_MAX, kept: { ...each, seq } };
      });
      await store.commit(writes);
      for (const { slot, kept: { id, n } } of writes) put(slot, nameOf(id, n));
    } finally {
      // Until it is there it is found here.
      for (const [name, each] of kept) if (waiting.get(name) === each) waiting.delete(name);
    }
  }

  /** What there is from before; read when it is first needed. */
  function load(): Promise<void> {
    loading ??= (async () => {
      for (const { slot, name, seq: own } of await store.exchangePlaces()) {
        put(slot, name);
        seq = Math.max(seq, own);
      }
    })();
    return loading;
  }

  function put(slot: number, name: string): void {
    const before = names[slot];
    if (before !== undefined && slots.get(before) === slot) slots.delete(before);
    names[slot] = name;
    slots.set(name, slot);
  }
}

function nameOf(id: OccurrenceId, n: number): string {
  return `${id}/${n}`;
}
