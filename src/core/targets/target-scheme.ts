// What is special to the targets of a scheme beside HTTP's: which URNs are good, and what more such a target may say.

import type { Fault } from "../values/fault.ts";

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

/** Of one scheme or of several that are alike, HTTP among them. */
export type SchemeRules = {
  /** The port that a URN without one means, by scheme. */
  readonly ports: { readonly [scheme: string]: number };
  /** What is wrong after `://`; white space, back slashes and fragments are ruled out before. */
  readonly urnFault: (urn: string, field: string) => Fault | undefined;
  /** The properties that it knows, each with its check. What passes is taken as it is. */
  readonly options: { readonly [property: string]: (value: unknown, field: string) => Fault | undefined };
};
