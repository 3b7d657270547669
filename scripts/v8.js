// What V8 is told: by the launcher, and by benchmarks that run a part of the program.

/**
 * V8 puts less of one function into another, and gives the last of its compilers only what has run thirty times as often
 * as it would by itself: what the others make is nearly as fast, and a burst is over before the last one pays. 20,000
 * deliveries cost 15 to 25 µs of CPU each less, nearly all of it in the threads that compile; with 30,000 in place of
 * 100,000 Node's cost 5 µs more.
 */
const LESS_COMPILED = [
  "--max-inlined-bytecode-size=150",
  "--max-inlined-bytecode-size-cumulative=300",
  "--invocation-count-for-turbofan=100000",
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

/**
 * What is old is looked through when it is three times what was alive of it the last time. By itself V8 waits for up to
 * four times as much, but once a peer has been idle for a while only for a third more: so it looked through all that
 * 20,000 tasks hold in the moment in which they came due, and again while they were sent. That cost Node 8 to 10 of 80 µs
 * of CPU for each; Deno's V8 gains nothing.
 */
const OLD_GROWTH = "--heap-growing-percent=200";

/**
 * On Deno already when it is twice that: what it holds outside of V8's heap is given back only then, 300 bytes for each
 * hash alone. An hour in which a target is down costs 146 to 178 MB so, and 168 to 212 with V8's own choice.
 */
const OLD_GROWTH_DENO = "--heap-growing-percent=100";

export const V8_FLAGS = {
  deno: [NURSERY_MIN, NURSERY_MAX, OLD_GROWTH_DENO, ...LESS_COMPILED],
  // With `gc` a peer throws away once what only its start needed; see `peer-process.ts`.
  node: ["--expose-gc", NURSERY_MAX, OLD_GROWTH, ...LESS_COMPILED],
};
