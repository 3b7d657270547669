// What is known of a set of brokers between two commands: one file, and a folder for each broker, where npm's packages
// are or where METRONOME_SERVICES says.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const usual = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "node_modules", ".cache", "services");
const root = process.env.METRONOME_SERVICES ?? usual;
const file = join(root, "state.json");

export function folderOf(name) {
  return made(join(root, name));
}

/** The same for all sets of this project's folder: what is never written to once it is there. */
export function commonFolderOf(name) {
  return made(join(usual, name));
}

function made(folder) {
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
