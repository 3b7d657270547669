// A violation of a promise, as a checker found it.

export type Violation = {
  readonly promise: "G1" | "G2" | "G3" | "G4" | "G5" | "G6" | "G7" | "placement" | "convergence" | "wire";
  readonly text: string;
  /** The task and the moment that it is about, for the story. */
  readonly task?: string;
  readonly at?: number;
  readonly id?: string;
};
