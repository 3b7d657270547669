// Where the runtimes are: the pinned Deno that npm brought, and a Node that is new enough.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

// See `metronome` for why it is not imported.
const { process } = globalThis;

const NODE_MAJOR_MIN = 24;
const require = createRequire(import.meta.url);
const ending = process.platform === "win32" ? ".exe" : "";

/** Path of the program for `deno` or `node`; throws with one line that says what to do when there is none. */
export function runtimePath(name) {
  return name === "node" ? nodePath() : denoPath();
}

function denoPath() {
  const platform = `@deno/${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`;
  const found = [
    () => join(packageFolder("deno"), `deno${ending}`),
    () => join(packageFolder(platform), `deno${ending}`),
  ];
  const path = firstExisting(found);
  if (path === undefined) throw new Error("Deno is not installed here: run `npm ci` in the project's folder first");
  return path;
}

function nodePath() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN) return process.execPath;
  const path = firstExisting([() => join(packageFolder("node"), "bin", `node${ending}`)]);
  if (path === undefined) {
    throw new Error(
      `Node ${NODE_MAJOR_MIN} or newer is needed, this is ${process.versions.node}: run \`npm ci\` with its dev dependencies`,
    );
  }
  return path;
}

function packageFolder(name) {
  return dirname(require.resolve(`${name}/package.json`));
}

function firstExisting(candidates) {
  for (const candidate of candidates) {
    try {
      const path = candidate();
      if (existsSync(path)) return path;
    } catch {
      // The package is not there: the next candidate may be.
    }
  }
  return undefined;
}
