// What the page may weigh, compressed as a peer sends it. A build that is heavier fails, and says which part of it is.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Bytes. `shell`: what every first look brings. `route`: what a page, or a dialog, brings beside it. */
export const BUDGET = { shell: 25_000, route: 30_000, all: 150_000 };

/** What was built into the folder, in bytes by the path at which a browser asks for it. */
export function weigh(folder) {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(html|js|css)$/.test(file))
      .map((
        file,
      ) => [`/${file.replaceAll("\\", "/")}`, gzipSync(readFileSync(join(folder, file)), { level: 9 }).length]),
  );
}

/** What is too heavy, in words; `output` is what the build made. Empty when all is within the budget. */
export function tooHeavy(folder, output) {
  const weights = weigh(folder);
  const sum = (paths) => [...paths].reduce((total, path) => total + (weights.get(path) ?? 0), 0);
  const chunks = new Map(output.filter(({ type }) => type === "chunk").map((chunk) => [chunk.fileName, chunk]));
  const withImports = (name, found = new Set()) => {
    if (found.has(`/${name}`)) return found;
    found.add(`/${name}`);
    for (const each of chunks.get(name)?.imports ?? []) withImports(each, found);
    return found;
  };
  const index = readFileSync(join(folder, "index.html"), "utf8");
  const named = [...weights.keys()].filter((path) => index.includes(`"${path}"`));
  const shell = new Set(["/index.html", ...named.flatMap((path) => [...withImports(path.slice(1))])]);
  const styles = [...weights.keys()].filter((path) => path.endsWith(".css") && !shell.has(path));
  const parts = [["the shell", sum(shell), BUDGET.shell], ["all of it", sum(weights.keys()), BUDGET.all]];
  for (const { fileName, isDynamicEntry } of chunks.values()) {
    const brought = [...withImports(fileName), ...styles].filter((path) => !shell.has(path));
    if (isDynamicEntry) parts.push([fileName, sum(brought), BUDGET.route]);
  }
  return parts.filter(([, has, may]) => has > may).map(([name, has, may]) =>
    `${name} has ${has} bytes, and may have ${may}`
  );
}
