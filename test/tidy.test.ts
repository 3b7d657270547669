// The walls of the house. A change that wants to break one of these has the design wrong, not the wall.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Pure calendar and hashing code that the core may stand on. */
const CORE_LIBRARIES = new Set(["luxon", "cronstrue", "node:buffer", "node:crypto"]);

/** What each adapter is allowed from outside: one library. */
const ADAPTERS: { readonly [file: string]: string | undefined } = {
  "src/store/level.ts": "level",
  "src/store/memory.ts": undefined,
  "src/trigger/http.ts": "undici",
  "src/trigger/amqp.ts": "amqplib",
  "src/trigger/kafka.ts": "kafkajs",
  "src/trigger/mqtt.ts": "mqtt",
  "src/mesh/libp2p.ts": undefined,
  "src/mesh/memory.ts": undefined,
};

/** libp2p comes in parts; the files that know them are named for it. */
const MESH_LIBRARIES = /^(libp2p$|@libp2p\/|@chainsafe\/libp2p-|@multiformats\/)/;

const DOORS = [
  "src/clock.ts",
  "src/peer.ts",
  "src/mesh/mesh.ts",
  "src/store/store.ts",
  "src/store/key-value.ts",
  "src/trigger/trigger.ts",
];

const ROOMS = ["store", "mesh", "trigger", "audit", "api", "cli"];

/** The composition roots, of a peer, of simulated meshes and of what a peer would meet: the only files that know all. */
const COMPOSITION_ROOTS = ["src/start.ts", "src/what-if.ts", "src/doctor.ts"];

const WORDS_CORE_MAY_NOT_SAY =
  /\b(Date\.now|new Date\(\)|async|await|Promise|fetch|console|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|performance|process|Deno|globalThis)\b/;

function files(folder: string, endings = [".ts", ".tsx", ".js", ".mjs"]): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && entry.name !== "dist") found.push(...files(path, endings));
    } else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
  }
  return found.sort();
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The text without comments and without what stands in quotes, so that a word in a sentence is no deed. */
function code(file: string): string {
  return read(file)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|[^:\\])\/\/.*$/gm, "$1")
    .replace(/`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""');
}

type Import = { readonly target: string; readonly isType: boolean };

/** What a file imports, static and dynamic, as paths from the root for its own files. */
function imports(file: string): Import[] {
  const text = read(file).replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  const add = (specifier: string, isType: boolean) => {
    const target = specifier.startsWith(".") ? posix.join(dirname(file), specifier) : specifier;
    found.push({ target, isType });
  };
  for (const match of text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^"';]*?from\s*["']([^"']+)["']/gm)) {
    add(match[2] ?? "", match[1] !== undefined);
  }
  for (const match of text.matchAll(/^\s*import\s*["']([^"']+)["']/gm)) add(match[1] ?? "", false);
  for (const match of text.matchAll(/\bimport\(\s*(["'])([^"']+)\1/g)) add(match[2] ?? "", false);
  return found;
}

function roomOf(file: string): string | undefined {
  const [top, room] = file.split("/");
  return top === "src" && room !== undefined && ROOMS.includes(room) ? room : undefined;
}

function violations(of: readonly string[], isWrong: (file: string, imported: Import) => boolean): string[] {
  return of.flatMap((file) =>
    imports(file).filter((imported) => isWrong(file, imported)).map(({ target }) => `${file} imports ${target}`)
  );
}

test("the top level holds exactly what it should", () => {
  const tolerated = new Set(["node_modules"]);
  const visible = readdirSync(ROOT).filter((name) => !name.startsWith(".") && !tolerated.has(name)).sort();
  assert.deepEqual(visible, [
    "LICENSE",
    "README.md",
    "deno.json",
    "package-lock.json",
    "package.json",
    "scripts",
    "src",
    "test",
    "ui",
  ]);
});

test("core imports core and pure libraries only", () => {
  assert.deepEqual(
    violations(files("src/core"), (_, { target }) => !target.startsWith("src/core/") && !CORE_LIBRARIES.has(target)),
    [],
  );
});

/** From the lowest up: what a room imports, types too, lies in it or below it. */
const CORE_ROOMS = [
  "values",
  "schedule",
  "register",
  "targets",
  "task",
  "delivery",
  "ownership",
  "membership",
  "protocol",
  "people",
  "replication",
  "keeper",
  "hold",
  "firing",
  "machine",
];

test("in core no import goes up", () => {
  const storey = (file: string) => CORE_ROOMS.indexOf(file.split("/")[2] ?? "");
  const all = files("src/core");
  assert.deepEqual(all.filter((file) => storey(file) < 0), []);
  assert.deepEqual(
    violations(all, (file, { target }) => target.startsWith("src/core/") && storey(target) > storey(file)),
    [],
  );
});

test("core never asks the time, the chance or the world", () => {
  const said = files("src/core").flatMap((file) => {
    const word = WORDS_CORE_MAY_NOT_SAY.exec(code(file));
    return word === null ? [] : [`${file} says ${word[0]}`];
  });
  assert.deepEqual(said, []);
});

test("a door imports core and other doors only", () => {
  assert.deepEqual(
    violations(DOORS, (_, { target }) => !target.startsWith("src/core/") && !DOORS.includes(target)),
    [],
  );
});

test("an adapter knows its room, core, and one outside library", () => {
  const wrong = Object.entries(ADAPTERS).flatMap(([file, library]) =>
    violations([file], (_, { target }) => {
      if (target.startsWith("node:") || target.startsWith("src/core/")) return false;
      return target.startsWith("src/") ? roomOf(target) !== roomOf(file) : target !== library;
    })
  );
  assert.deepEqual(wrong, []);
});

test("an outside library of an adapter is imported in that file alone", () => {
  const libraries = new Map(Object.entries(ADAPTERS).map(([file, library]) => [library, file]));
  assert.deepEqual(
    violations(files("src"), (file, { target }) => libraries.has(target) && libraries.get(target) !== file),
    [],
  );
});

test("libp2p is known to the files of the mesh that bear its name, and to no other", () => {
  assert.deepEqual(
    violations(
      files("src"),
      (file, { target }) => MESH_LIBRARIES.test(target) && !file.startsWith("src/mesh/libp2p-"),
    ),
    [],
  );
});

/** The node, and what it does beside the loop. */
const NODE = files("src/node");

test("the node knows doors and core, and no adapter", () => {
  assert.deepEqual(
    violations(
      NODE,
      (_, { target }) => !target.startsWith("src/core/") && !DOORS.includes(target) && !NODE.includes(target),
    ),
    [],
  );
});

test("rooms never import each other, and the API sees the peer's door alone", () => {
  const outside = files("src").filter((file) => roomOf(file) !== undefined);
  assert.deepEqual(
    violations(outside, (file, { target }) => {
      const room = roomOf(target);
      return room !== undefined && room !== roomOf(file);
    }),
    [],
  );
  assert.deepEqual(
    violations(
      files("src/api"),
      (_, { target }) =>
        target.startsWith("src/") && !target.startsWith("src/core/") && !target.startsWith("src/api/") &&
        !["src/peer.ts", "src/assets.ts"].includes(target),
    ),
    [],
  );
});

test("only the composition root knows the adapters", () => {
  const adapters = Object.keys(ADAPTERS);
  assert.deepEqual(
    violations(
      files("src"),
      (file, { target }) =>
        adapters.includes(target) && !COMPOSITION_ROOTS.includes(file) && roomOf(file) !== roomOf(target),
    ),
    [],
  );
});

test("the page speaks HTTP only: it imports nothing of the peer", () => {
  assert.deepEqual(violations(files("ui"), (_, { target }) => target.startsWith("src/")), []);
});

test("what a file imports is written out, so that these walls can be seen", () => {
  const hidden = [...files("src"), ...files("ui")].filter((file) =>
    /\bimport\(\s*[^"'\s)]/.test(code(file).replaceAll('import("")', ""))
  );
  assert.deepEqual(hidden, []);
});

test("imports resolve, carry their ending, and there are no barrels", () => {
  const all = [...files("src"), ...files("test"), ...files("ui")];
  const broken = violations(
    all,
    (_, { target }) =>
      // `?url`: the address of a file that the build puts beside, in place of what is in it.
      /^(src|test|ui|scripts)\//.test(target) && !existsSync(join(ROOT, target.replace(/\?url$/, ""))),
  );
  assert.deepEqual(broken, []);
  assert.deepEqual(all.filter((file) => /^export \* from/m.test(read(file))), []);
});

test("no files import each other in a circle", () => {
  const deeds = new Map(
    [...files("src"), ...files("ui")].map((file) => [file, imports(file)]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" > "));
    if (done.has(file)) return;
    done.add(file);
    for (const { target } of deeds.get(file) ?? []) walk(target, [...way, file]);
  };
  for (const file of deeds.keys()) walk(file, []);
  assert.deepEqual(circles, []);
});

test("no file is so long that it holds two nouns", () => {
  const long = [...files("src"), ...files("ui"), ...files("scripts")].filter((file) =>
    read(file).split("\n").length > 500
  );
  assert.deepEqual(long, []);
});

test("what is exported is named in another file", () => {
  const all = [...files("src"), ...files("ui"), ...files("scripts"), ...files("test")];
  const namedIn = new Map<string, number>();
  for (const file of all) {
    for (const name of new Set(read(file).match(/\b[A-Za-z_]\w*\b/g))) namedIn.set(name, (namedIn.get(name) ?? 0) + 1);
  }
  const exported = /^export (?:abstract |async )*(?:function\*?|const|class) (\w+)/gm;
  const alone = all.flatMap((file) =>
    Array.from(read(file).matchAll(exported), ([, name = ""]) => name)
      .filter((name) => (namedIn.get(name) ?? 0) < 2).map((name) => `${file} exports ${name}`)
  );
  assert.deepEqual(alone, []);
});

test("nothing is left for later, and no check is silenced", () => {
  const marks = /\b(TODO|FIXME|XXX|HACK)\b|@ts-ignore|@ts-expect-error|deno-lint-ignore|: any\b|\bas any\b|<any>/;
  const self = "test/tidy.test.ts";
  const left = [...files("src"), ...files("test"), ...files("ui"), ...files("scripts")]
    .filter((file) => file !== self && marks.test(read(file)));
  assert.deepEqual(left, []);
});

test("dependencies are pinned to the last digit, and are at most thirty", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const loose = Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  assert.deepEqual(loose, []);
  assert.ok(Object.keys(dependencies ?? {}).length <= 30);
});

test("the README gives a reason for each dependency", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
  const readme = read("README.md");
  assert.deepEqual(Object.keys(dependencies).filter((name) => !readme.includes(`\`${name}\``)), []);
});
