// A network of its own for a mesh: two switches with a cable between them, and a third for the API and the target, which
// nobody cuts. Network namespaces, so Linux and root.

import { spawnSync } from "node:child_process";
import process from "node:process";

/** So that two meshes at once do not take each other's devices: a device has at most 15 characters. */
const NAME = `mt${process.pid % 100_000}x`;

/** The third part of addresses that nobody has: two meshes at once have one each, and one that was killed leaves its own. */
function freePart() {
  const taken = ip("-o", "-4", "addr");
  for (let step = 0; step < 256; step++) {
    const part = (process.pid + step) % 256;
    if (!taken.includes(` 10.99.${part}.`)) return part;
  }
  throw new Error("no network of 10.99.0.0/16 is free: ip link shows what is there");
}

/**
 * `size` peers, the first `left` of them at one switch. `leftover` is given what takes it all away, before anything is made,
 * and returns what does so now.
 */
export function makeNetwork(size, left, leftover) {
  const part = freePart();
  const host = `10.99.${part}.1`;
  const links = [`${NAME}A`, `${NAME}B`, `${NAME}S`];
  const remove = leftover(() => {
    for (let n = 0; n < size; n++) spawnSync("ip", ["netns", "del", `${NAME}${n}`]);
    for (const link of [...links, `${NAME}ab`]) spawnSync("ip", ["link", "del", link]);
  });
  for (const link of links) {
    ip("link", "add", link, "type", "bridge");
    ip("link", "set", link, "up");
  }
  ip("link", "add", `${NAME}ab`, "type", "veth", "peer", "name", `${NAME}ba`);
  for (const [end, bridge] of [[`${NAME}ab`, `${NAME}A`], [`${NAME}ba`, `${NAME}B`]]) {
    ip("link", "set", end, "master", bridge);
    ip("link", "set", end, "up");
  }
  ip("addr", "add", `${host}/24`, "dev", `${NAME}S`);
  for (let n = 0; n < size; n++) {
    ip("netns", "add", `${NAME}${n}`);
    ip("-n", `${NAME}${n}`, "link", "set", "lo", "up");
    for (const [at, bridge, net] of [["0", n < left ? "A" : "B", 98], ["1", "S", 99]]) {
      ip("link", "add", `${NAME}${n}v${at}`, "type", "veth", "peer", "name", `eth${at}`, "netns", `${NAME}${n}`);
      ip("link", "set", `${NAME}${n}v${at}`, "master", `${NAME}${bridge}`);
      ip("link", "set", `${NAME}${n}v${at}`, "up");
      ip("-n", `${NAME}${n}`, "addr", "add", `10.${net}.${part}.${10 + n}/24`, "dev", `eth${at}`);
      ip("-n", `${NAME}${n}`, "link", "set", `eth${at}`, "up");
    }
  }
  return {
    host,
    placeOf: (n) => ({
      prefix: ["ip", "netns", "exec", `${NAME}${n}`],
      http: `10.99.${part}.${10 + n}:8081`,
      p2p: `10.98.${part}.${10 + n}:8091`,
    }),
    isLeft: (address) => Number(address.split(".").at(-1)) < 10 + left,
    cut: () => ip("link", "set", `${NAME}ab`, "down"),
    heal: () => ip("link", "set", `${NAME}ab`, "up"),
    remove,
  };
}

function ip(...args) {
  const { status, stdout, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${error?.message ?? stderr} (Linux and root are needed)`);
  return stdout;
}
