// What V8 is told: by the launcher, and by benchmarks that run a part of the program.

/**
 * V8 puts less of one function into another, and gives the last of its compilers only what has run ten times as often as
 * it would by itself: what the others make is nearly as fast, and a burst is over before the last one pays. 20,000
 * deliveries cost 15 to 25 µs of CPU each less, nearly all of it in the threads that compile.
 */
const LESS_COMPILED = [
  "--max-inlined-bytecode-size=150",
  "--max-inlined-bytecode-size-cumulative=300",
  "--invocation-count-for-turbofan=30000",
];

/**
 * Room for what is new, twice 16 MB and no more: V8 takes up to 128 MB for it by itself, and gives them back only when it
 * is idle for long.
 */
const NURSERY_MAX = "--max-semi-space-size=16";

/**
 * The same at least, so that more of what is new is gone before it is looked at: 20,000 deliveries cost 134 µs of CPU each
 * in place of 144. Node holds 24 MB more for it, also when it is idle, and gains nothing.
 */
const NURSERY_MIN = "--min-semi-space-size=16";

export const V8_FLAGS = {
  deno: [NURSERY_MIN, NURSERY_MAX, ...LESS_COMPILED],
  // With `gc` a peer throws away once what only its start needed; see `peer-process.ts`.
  node: ["--expose-gc", NURSERY_MAX, ...LESS_COMPILED],
};
