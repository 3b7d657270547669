// What is known of the brokers between two commands: one file, and a folder for each, where npm's packages are.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = process.env.METRONOME_SERVICES ??
  join(dirname(fileURLToPath(import.meta.url)), "..", "..", "node_modules", ".cache", "services");
const file = join(root, "state.json");

export function folderOf(name) {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** `{<service>: {processes, ports, urns, tls, …} | {unavailable}}` */
export function readState() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

export function writeState(name, service) {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.part`, JSON.stringify({ ...readState(), [name]: service }, undefined, 1));
  renameSync(`${file}.part`, file);
}
