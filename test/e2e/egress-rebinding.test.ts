// The way out with nothing put in its place: the machine's own resolver, asked by UDP, and sockets that listen at the
// forbidden addresses themselves, in a network of its own.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const NAMESPACE = ["unshare", "--net", "--mount", ...process.getuid?.() === 0 ? [] : ["-r"]];
/** Names are asked for where the test answers, and nowhere else. */
const INSIDE =
  'mount --bind "$0/resolv.conf" /etc/resolv.conf && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && ' +
  'ip link set lo up && exec "$@"';
const WORLD_MS = 60_000;

type Seen = {
  readonly spellings: number;
  readonly reached: number;
  readonly spelt: readonly string[];
  readonly bySpelling: { readonly [address: string]: number };
  readonly outcomes: readonly (readonly string[])[];
  readonly brokers: readonly (readonly string[])[];
  readonly connected: { readonly [address: string]: number };
  readonly queries: { readonly [question: string]: number };
};

test("a name that rebinds, by a real DNS server, and forbidden addresses where something listens get no connection", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "metronome-egress-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n");
  writeFileSync(join(folder, "nsswitch.conf"), "hosts: files dns\n");
  const [command = "", ...rest] = [...NAMESPACE, "sh", "-c", INSIDE, folder];
  if (process.platform !== "linux" || spawnSync(command, [...rest, "true"]).status !== 0) {
    return t.skip("no network of its own can be made here (unshare --net --mount)");
  }
  const program = fileURLToPath(new URL("./egress-world.ts", import.meta.url));
  const run = "deno" in process.versions ? ["run", "--no-check", "-A", program] : [program];
  const ran = spawnSync(command, [...rest, process.execPath, ...run], { encoding: "utf8", timeout: WORLD_MS });
  assert.equal(ran.status, 0, ran.stderr);
  const seen: Seen = JSON.parse(ran.stdout);

  // The sockets are really there: who does not ask gets in by most of the spellings.
  assert.ok(seen.spellings >= 80 && seen.reached >= 60, `${seen.reached} of ${seen.spellings} lead to a socket`);
  assert.deepEqual(seen.bySpelling, {});
  assert.ok(!seen.spelt.includes("delivered"));

  const [flips, flips6, ...never] = (seen.outcomes[0] ?? []).map((_, at) => seen.outcomes.map((round) => round[at]));
  for (const each of [flips, flips6]) {
    assert.equal(each?.[0], "delivered", "while it is public an event goes there, so the names are really answered");
    for (const later of each?.slice(1) ?? []) assert.match(later ?? "", GUARDED);
  }
  for (const each of never.flat()) assert.match(each ?? "", GUARDED);
  // A broker that is none is called again within the attempt, and is elsewhere by then.
  for (const each of seen.brokers.flat()) assert.match(each, GUARDED);
  assert.deepEqual(Object.keys(seen.connected).sort(), ["2606:2800:21f:cb07::1", "93.184.215.14"]);
  assert.ok((seen.queries["flips.rebind.test 1"] ?? 0) >= seen.outcomes.length, "each event asks anew");
});

const GUARDED = /leads to an address where no event goes/;
