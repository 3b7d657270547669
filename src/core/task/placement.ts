// Placement says where a task is fired: by which peers, told by their labels, and by which of them more. It is a rule, not
// a list: a peer that comes with the right labels takes its part at once. Every peer also goes by `name` and `peer` (its
// id), as if these were labels, unless it has labels of these names.

import { describeValue, type Faults, isObject, kindOf } from "../values/faults.ts";
import type { PeerId } from "../values/ids.ts";
import { LABEL_NAME_MAX, LABEL_VALUE_MAX, type Labels } from "../values/labels.ts";

/** For each label what it may say: a text, or one of several. All labels have to match. */
export type LabelMatch = { readonly [label: string]: string | readonly string[] };

export type Placement = {
  /** Only peers that match fire the task. Absent: all peers may. */
  readonly match?: LabelMatch;
  /** A peer's own weight is multiplied by that of the first of these that it matches, else by 1. 0 takes it out. */
  readonly weights?: readonly { readonly match: LabelMatch; readonly weight: number }[];
};

/** What a rule looks at. */
export type Placed = { readonly peer: PeerId; readonly name: string; readonly labels: Labels };

export const MATCH_LABELS_MAX = 16;
export const MATCH_VALUES_MAX = 32;
export const WEIGHTS_MAX = 16;
export const PLACEMENT_WEIGHT_MAX = 1_000;

/** As JSON: peers tell each other of each placement in use, with every probe. */
export const PLACEMENT_TEXT_MAX = 1_024;

/** By how much the weight of a peer is multiplied; 0: it does not fire the task. `isHome`: who is not named does not. */
export function weightIn({ match, weights }: Placement, isHome: boolean, peer: Placed): number {
  if (match !== undefined && !matches(match, peer)) return 0;
  if (weights === undefined) return 1;
  const named = weights.find((each) => matches(each.match, peer));
  if (named !== undefined) return named.weight;
  return isHome && match === undefined ? 0 : 1;
}

function matches(match: LabelMatch, { peer, name, labels }: Placed): boolean {
  return Object.entries(match).every(([label, wanted]) => {
    const own = Object.hasOwn(labels, label)
      ? labels[label]
      : label === "name"
      ? name
      : label === "peer"
      ? peer
      : undefined;
    return own !== undefined && (typeof wanted === "string" ? own === wanted : wanted.includes(own));
  });
}

/** For people: `site=lyon, arch=arm64 or amd64`. */
export function placementWords({ match, weights }: Placement): string {
  const parts = match === undefined ? [] : [matchWords(match)];
  if (weights !== undefined) {
    parts.push(`weights ${weights.map((each) => `${each.weight} for ${matchWords(each.match)}`).join(", ")}`);
  }
  return parts.join("; ");
}

function matchWords(match: LabelMatch): string {
  return Object.entries(match)
    .map(([label, wanted]) => `${label}=${typeof wanted === "string" ? wanted : wanted.join(" or ")}`).join(", ");
}

/** A placement as a user writes it; its faults are told. */
export function checkPlacement(value: unknown, field: string, faults: Faults): void {
  if (!isObject(value)) {
    faults.add(field, `A placement is an object with "match" or "weights", not ${kindOf(value)}.`, {
      suggestion: '{"match":{"site":"lyon"}}',
    });
    return;
  }
  faults.unknown(value, field, ["match", "weights"]);
  const { match, weights } = value;
  if (match === undefined && weights === undefined) {
    faults.add(field, `A placement has "match" or "weights"; leave it out for a task that any peer may fire.`, {
      suggestion: '{"match":{"site":"lyon"}}',
    });
  }
  if (match !== undefined) checkMatch(match, `${field}.match`, faults);
  if (weights !== undefined) checkWeights(weights, `${field}.weights`, faults);
  const length = JSON.stringify(value).length;
  if (length > PLACEMENT_TEXT_MAX) {
    faults.add(field, `A placement is at most ${PLACEMENT_TEXT_MAX} characters of JSON; this one is ${length}.`);
  }
}

function checkMatch(value: unknown, field: string, faults: Faults): void {
  if (!isObject(value)) {
    faults.add(field, `"${field}" is an object of labels and what they are to say, not ${kindOf(value)}.`, {
      suggestion: '{"site":"lyon"}',
    });
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || entries.length > MATCH_LABELS_MAX) {
    faults.add(field, `"${field}" names 1 to ${MATCH_LABELS_MAX} labels; these are ${entries.length}.`);
  }
  for (const [label, wanted] of entries) {
    if (!LABEL_NAME.test(label)) {
      faults.add(field, `The name of a label is 1 to ${LABEL_NAME_MAX} of the characters A-Z a-z 0-9 . _ / -`);
      continue;
    }
    const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    if (values.length === 0 || values.length > MATCH_VALUES_MAX) {
      faults.add(`${field}.${label}`, `A label is matched by a text or 1 to ${MATCH_VALUES_MAX} of them.`);
    } else if (
      !values.every((each) => typeof each === "string" && each.length <= LABEL_VALUE_MAX && each.isWellFormed())
    ) {
      faults.add(
        `${field}.${label}`,
        `A label is matched by a text of at most ${LABEL_VALUE_MAX} characters, or a list of them, not ${
          describeValue(wanted)
        }.`,
      );
    }
  }
}

function checkWeights(value: unknown, field: string, faults: Faults): void {
  if (!Array.isArray(value) || value.length === 0 || value.length > WEIGHTS_MAX) {
    faults.add(field, `"${field}" is a list of 1 to ${WEIGHTS_MAX} weights.`, {
      suggestion: '[{"match":{"site":"lyon"},"weight":3}]',
    });
    return;
  }
  for (const [at, each] of (value as readonly unknown[]).entries()) {
    const path = `${field}.${at}`;
    if (!isObject(each)) {
      faults.add(path, `A weight is an object with "match" and "weight", not ${kindOf(each)}.`);
      continue;
    }
    faults.unknown(each, path, ["match", "weight"]);
    checkMatch(each.match, `${path}.match`, faults);
    const { weight } = each;
    if (typeof weight !== "number" || !(weight >= 0 && weight <= PLACEMENT_WEIGHT_MAX)) {
      faults.add(
        `${path}.weight`,
        `"${path}.weight" is a number from 0 (never) to ${PLACEMENT_WEIGHT_MAX}, not ${describeValue(weight)}.`,
      );
    }
  }
}

const LABEL_NAME = /^[A-Za-z0-9._/-]{1,63}$/;
