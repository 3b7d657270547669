// The periods of membership: how often a peer probes, and how long it waits before it believes the worst. A late
// detection costs lateness, a false one costs duplicates: when in doubt, slower.

export type Periods = {
  /** From one round of probes to the next. */
  readonly probeMs: number;
  /** How long a probe may go unanswered before others are asked to probe too, and how long theirs may. */
  readonly directMs: number;
  readonly indirectMs: number;
  /** How long a peer whose link was lost may go unreached. */
  readonly hintMs: number;
  /** A suspicion lasts at least the first, and the second for each doubling of the mesh. */
  readonly suspicionMs: number;
  readonly suspicionPerDoublingMs: number;
  /** An alarm that comes later than this was late: what waited for it gets as much again, to read what has arrived. */
  readonly graceMs: number;
};

const NORMAL: Periods = {
  probeMs: 1_000,
  directMs: 500,
  indirectMs: 500,
  hintMs: 300,
  suspicionMs: 1_500,
  suspicionPerDoublingMs: 500,
  graceMs: 100,
};

/** `fast` for one rack, `normal` for LAN and Internet, `satellite` for round trips of 600 ms and more. */
export const PERIODS = { fast: scaled(0.4), normal: NORMAL, satellite: scaled(5) } as const;

function scaled(by: number): Periods {
  return {
    probeMs: NORMAL.probeMs * by,
    directMs: NORMAL.directMs * by,
    indirectMs: NORMAL.indirectMs * by,
    hintMs: NORMAL.hintMs * by,
    suspicionMs: NORMAL.suspicionMs * by,
    suspicionPerDoublingMs: NORMAL.suspicionPerDoublingMs * by,
    graceMs: NORMAL.graceMs * by,
  };
}

/** How long a suspicion lasts in a mesh of so many living peers. After the SWIM paper: long enough for gossip to go round. */
export function suspicionMs(periods: Periods, peers: number): number {
  return Math.ceil(Math.max(periods.suspicionMs, periods.suspicionPerDoublingMs * Math.log2(Math.max(1, peers))));
}
