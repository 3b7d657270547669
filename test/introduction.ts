// What a peer of the tests says of itself, when the test does not care.

import type { Introduction } from "../src/core/keeper/introduction.ts";
import { PERIODS, type Periods } from "../src/core/values/periods.ts";

export const STRANGER: {
  readonly introduction: Introduction;
  readonly periods: Periods;
  readonly digestKey: string;
  readonly isSigned: () => boolean;
} = {
  introduction: { name: "test", weight: 1, labels: {}, version: "0.0.0", format: 1, tzdata: "2026a" },
  periods: PERIODS.normal,
  digestKey: "test",
  isSigned: () => true,
};
