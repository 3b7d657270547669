// For Deno's test runner, which ends each file's isolate: when V8 collects a store just then, the store takes its hook off an
// environment that is gone already, and all of Deno ends in a panic. A store that is kept is not collected.

import { ClassicLevel, type OpenOptions } from "classic-level";

const kept = new Set<unknown>();
const { open } = ClassicLevel.prototype;

ClassicLevel.prototype.open = function (options: OpenOptions = {}) {
  kept.add(this);
  return open.call(this, options);
};
