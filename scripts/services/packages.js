// Debian packages that a broker needs: installed when its program is not there, and not started by the installation.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { Unavailable } from "./refusal.js";

const POLICY = "/usr/sbin/policy-rc.d";
const INSTALL_MS = 400_000;

export function installed(program, packages) {
  if (existsSync(program)) return;
  if (process.platform !== "linux" || !has("apt-get")) {
    throw new Unavailable(`${program} is not installed, and there is no apt-get to install it by`);
  }
  if (process.getuid() !== 0) {
    throw new Unavailable(`${program} is not installed: as root, apt-get install ${packages.join(" ")}`);
  }
  const isOurs = !existsSync(POLICY);
  // The daemon of the package would be another broker, on the ports that everybody expects one at.
  if (isOurs) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    run("apt-get", ["update", "-q"]);
    run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages]);
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
  if (!existsSync(program)) throw new Unavailable(`apt-get brought no ${program}`);
}

/** Whether there is such a program. */
export function has(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

function run(command, args) {
  const { status, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: INSTALL_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (status !== 0) throw new Unavailable(`${command} ${args[0]} failed: ${stderr.trim().split("\n").at(-1)}`);
}
