// The lockfile, against what is known of the packages in it: each stands at or above the version that ended its known
// weaknesses, wherever in the tree it lies, and is the very file that was once looked at.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const LOCKFILE = new URL("../package-lock.json", import.meta.url);

/** The first version without the named weaknesses. */
const FLOORS: { readonly [name: string]: readonly [version: string, weaknesses: string] } = {
  "@libp2p/gossipsub": ["17.1.1", "CVE-2026-46679: a flood of subscriptions"],
  hono: ["4.12.21", "CVE-2026-44456, 44457, 44459, 22817, 47673 to 47676, 39407"],
  "@hono/node-server": ["1.19.13", "CVE-2026-29087, 39406: past static files by %2F and //"],
  amqplib: ["2.3.1", "GHSA-37f9-7m79-6866: frames of a hostile broker"],
  undici: ["7.24.0", "CVE-2026-22036, 2229, 1525"],
  deno: ["2.8.1", "CVE-2026-49860, 49406, 49401: past --deny-net, past the folder, past denied paths"],
};

/** Abandoned, with holes that nobody will close. */
const GONE = ["@chainsafe/libp2p-gossipsub", "@libp2p/floodsub"];

type Locked = {
  readonly version?: string;
  /** Of what is installed under an alias. */
  readonly name?: string;
  /** Absent of what comes from the registry. */
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
};

const packages = Object.entries(
  (JSON.parse(readFileSync(LOCKFILE, "utf8")) as { readonly packages: Record<string, Locked> }).packages,
).filter(([path]) => path !== "").map(([path, locked]) => ({
  path,
  name: locked.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
  ...locked,
}));

test("no package in the lockfile is older than its known weaknesses allow", () => {
  for (const [name, [floor, weaknesses]] of Object.entries(FLOORS)) {
    const found = packages.filter((each) => each.name === name);
    assert.ok(found.length > 0, `${name} is not there any more: take it off this list`);
    for (const { path, version = "0.0.0" } of found) {
      assert.ok(isAtLeast(version, floor), `${path} is ${version}, and below ${floor} has ${weaknesses}`);
    }
  }
  assert.deepEqual(packages.filter(({ name }) => GONE.includes(name)).map(({ path }) => path), []);
});

test("each package of the lockfile comes from the registry, and is known by its digest", () => {
  const loose = packages.filter(({ link, resolved, integrity }) =>
    link === true || resolved !== undefined || !/^sha512-/.test(integrity ?? "")
  );
  assert.deepEqual(loose.map(({ path }) => path), []);
});

test("versions are compared by their numbers", () => {
  assert.ok(isAtLeast("4.12.21", "4.12.21") && isAtLeast("4.13.0", "4.12.21") && isAtLeast("10.0.0", "9.9.9"));
  assert.ok(!isAtLeast("4.9.30", "4.12.21") && !isAtLeast("2.3.0", "2.3.1") && !isAtLeast("17.1.1-rc.1", "17.1.1"));
});

/** A version before its release is below it. */
function isAtLeast(version: string, floor: string): boolean {
  const [numbers = "", ...before] = version.split("-");
  const difference = numbers.split(".").map((part, at) => Number(part) - Number(floor.split(".")[at] ?? 0))
    .find((each) => each !== 0) ?? 0;
  return difference > 0 || (difference === 0 && before.length === 0);
}
