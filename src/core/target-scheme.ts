// What is special to the targets of a scheme beside HTTP's: which URNs are good, and what more such a target may say.

import type { Fault } from "./fault.ts";

export type TargetScheme = {
  /** The port that a URN without one means, by scheme. */
  readonly ports: { readonly [scheme: string]: number };
  /** The property of the target that holds its options. */
  readonly property: "amqp" | "kafka" | "mqtt";
  /** `urn` starts with one of the schemes and `://`, and holds no white space, no back slash and no fragment. */
  urnFault(urn: string, field: string): Fault | undefined;
  /** `options` is any JSON. */
  optionsFault(options: unknown, field: string): Fault | undefined;
};
