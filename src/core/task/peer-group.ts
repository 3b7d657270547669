// A peer group is all peers that match one placement: the tasks of one placement are shared out among them, by shards of
// their own. Two tasks whose placements say the same have the same group, at every peer.

import { hash } from "node:crypto";
import type { Entity } from "../register/register.ts";
import { Faults, isObject } from "../values/faults.ts";
import { Memo } from "../values/memo.ts";
import { checkPlacement, type Placed, type Placement, weightIn } from "./placement.ts";
import type { Policy } from "./task.ts";

declare const groupIdBrand: unique symbol;
/** 12 hex digits. */
export type GroupId = string & { readonly [groupIdBrand]: true };

export type PeerGroup = {
  readonly id: GroupId;
  /** What `parseGroup` takes: one rule, one text. */
  readonly text: string;
  readonly placement: Placement;
  /** Only peers that the placement names: `partition: home`. */
  readonly isHome: boolean;
};

/** Absent: the task is any peer's. */
export function groupOf({ placement, partition }: Policy): PeerGroup | undefined {
  if (placement === undefined) return undefined;
  // Whose `match` names the peers is as much at home by any partition policy: one group serves both.
  return groupFor(placement, partition === "home" && placement.match === undefined);
}

/** Of the task that an entity holds or held: a deletion keeps it, so that who fired the task ends what is open. */
export function groupOfEntity(entity: Entity | undefined): PeerGroup | undefined {
  const policy = entity?.registers.policy?.value;
  return policy === undefined || policy === null ? undefined : groupOf(policy as Policy);
}

/** Of a text that another peer sent, or the disk gave; undefined when it is none. */
export function parseGroup(text: string): PeerGroup | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { home, ...placement } = value;
  const group = groupFor(placement as Placement, home === true);
  return group.text === text ? group : undefined;
}

/** By how much the weight of a peer is multiplied in the group; 0: it is not in it. */
export function weightInGroup({ placement, isHome }: PeerGroup, peer: Placed): number {
  return weightIn(placement, isHome, peer);
}

/** Groups that are made once and shared by the tasks that have the same. */
const MADE = new Memo<string, PeerGroup>(1_024);

const ID_DIGITS = 12;

/** Nobody is in it. */
const NOBODY: Placement = { match: { peer: [] } };

/** A placement that this program can't read, as of a newer one, is nobody's here. */
function groupFor(written: Placement, isHome: boolean): PeerGroup {
  const key = `${isHome} ${JSON.stringify(written)}`;
  const known = MADE.get(key);
  if (known !== undefined) return known;
  const faults = new Faults();
  checkPlacement(written, "placement", faults);
  const placement = faults.all.length > 0 ? NOBODY : ordered(written);
  const text = JSON.stringify({ ...placement, ...(isHome ? { home: true } : {}) });
  const id = hash("sha256", text, "hex").slice(0, ID_DIGITS) as GroupId;
  return MADE.set(key, { id, text, placement, isHome });
}

/** The order of labels says nothing, nor that of what one may say; the order of weights does. */
function ordered({ match, weights }: Placement): Placement {
  return {
    ...(match === undefined ? {} : { match: orderedMatch(match) }),
    ...(weights === undefined
      ? {}
      : { weights: weights.map((each) => ({ match: orderedMatch(each.match), weight: each.weight })) }),
  };
}

function orderedMatch(match: NonNullable<Placement["match"]>): NonNullable<Placement["match"]> {
  const entries = Object.entries(match).map(([label, wanted]) => {
    const values = typeof wanted === "string" ? [wanted] : [...new Set(wanted)].sort();
    return [label, values.length === 1 ? values[0] ?? "" : values] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}
