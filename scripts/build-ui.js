// Builds the page into ui/dist when what it is made of has changed, and says so in one line.
//
//   node scripts/build-ui.js
//
// What weighs more than it may is not built. What is built bears a digest of its sources. Dates of files are not asked: a checkout sets them as it likes.

import { hash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { tooHeavy } from "./page-budget.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const ui = join(root, "ui");
const dist = join(ui, "dist");

/** Left by a build that was killed; those of builds that still run are younger. */
const ABANDONED_MS = 10 * 60_000;

/** Makes sure that ui/dist is the page of these sources. Two at the same time do no harm: each moves a whole page in. */
async function buildUi() {
  const digest = digestOf(sources());
  if (stampOf(dist) === digest) return;
  const started = performance.now();
  const { build } = await importVite();
  sweep();
  const made = mkdtempSync(join(ui, ".dist-"));
  try {
    const { output } = await build({
      configFile: join(ui, "vite.config.ts"),
      configLoader: "runner",
      logLevel: "error",
      build: { outDir: made },
    });
    const heavy = tooHeavy(made, output);
    if (heavy.length > 0) throw new Error(`the page is too heavy: ${heavy.join("; ")} (scripts/page-budget.js)`);
    writeFileSync(join(made, ".stamp"), digest);
    chmodSync(made, 0o755);
    moveIn(made, digest);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  console.error(`built the page in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
}

function moveIn(made, digest) {
  if (stampOf(dist) === digest) return;
  const old = mkdtempSync(join(ui, ".dist-"));
  try {
    for (let tries = 0; tries < 10; tries++) {
      if (existsSync(dist)) {
        try {
          renameSync(dist, join(old, String(tries)));
        } catch (error) {
          if (error.code !== "ENOENT") throw error;
        }
      }
      try {
        return renameSync(made, dist);
      } catch (error) {
        // Another build moved its own in between.
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
        if (stampOf(dist) === digest) return;
      }
    }
    throw new Error(`${dist} is put there by someone else again and again`);
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function sources() {
  return [...filesIn(ui), join(root, "package-lock.json")].sort();
}

/** All but the pictures, which are no part of it, and what is built, which comes and goes while others build. */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => folder !== ui || !/^(dist$|pictures$|\.dist-)/.test(name))
    .flatMap((entry) => entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]);
}

function digestOf(paths) {
  const texts = paths.map((path) =>
    `${relative(root, path).replaceAll("\\", "/")}\n${hash("sha256", readFileSync(path), "hex")}\n`
  );
  return hash("sha256", texts.join(""), "hex");
}

/** The digest of what was built into the folder; "" when there is none. */
function stampOf(folder) {
  try {
    return readFileSync(join(folder, ".stamp"), "utf8");
  } catch {
    return "";
  }
}

async function importVite() {
  try {
    return await import("vite");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error("the page has to be built, and Vite is not installed: run `npm ci` with its dev dependencies");
  }
}

function sweep() {
  for (const entry of readdirSync(ui, { withFileTypes: true })) {
    const path = join(ui, entry.name);
    if (!entry.name.startsWith(".dist-")) continue;
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - changedAt > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await buildUi();
