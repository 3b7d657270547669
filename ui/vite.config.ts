// How the page is built: no plugin, hashed names, nothing inline (the page's security policy allows none).

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const ui = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: ui,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Browsers of 2024 and later: they have light-dark() and what else is used as it is.
    target: ["chrome123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    // Only what has no other way to come is asked for before: styles.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_, files) => files.filter((file) => file.endsWith(".css")),
    },
    reportCompressedSize: false,
    rolldownOptions: {
      // What every page needs is one file: a first look asks for few.
      output: { codeSplitting: { groups: [{ name: "shell", test: isShell }] } },
      preserveEntrySignatures: "allow-extension",
    },
  },
});

const SHELL =
  /\/node_modules\/|\/ui\/[a-z-]+\.tsx?$|\/parts\/(icon|notice|choice|moment|lazy)\.|\/shell\/(keys|side)\.|\/overview\/(overview-page|charts|welcomed)\./;
/** In the folder of the page itself, and loaded when it is opened all the same. */
const NOT_SHELL = /\/(sign-in-page|pages|reading-of)\.tsx?$/;

function isShell(id: string): boolean {
  return (SHELL.test(id) && !NOT_SHELL.test(id)) || id.startsWith("\0");
}
