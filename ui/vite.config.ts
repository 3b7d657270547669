// How the page is built: hashed names, nothing inline (the page's security policy allows none).

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const ui = dirname(fileURLToPath(import.meta.url));

const SHELL =
  /\/node_modules\/|\/ui\/[a-z-]+\.tsx?$|\/parts\/(icon|notice|choice|moment|lazy)\.|\/shell\/(keys|side)\.|\/overview\/(overview-page|charts|welcomed)\./;
/** In the folder of the page itself, and loaded when it is opened all the same. */
const NOT_SHELL = /\/(sign-in-page|pages|local-time)\.tsx?$/;
/** What is asked for when nobody is signed in: one file too. */
const DOOR = /\/(sign-in-page|parts\/field)\.tsx$/;
/** What many pages are made of, each of it too small for a file of its own. */
const PARTS =
  /\/ui\/(parts\/(?!download)|(local-time|pages|tasks\/deeds|runs\/(run-columns|lateness-text)|task\/owner)\.tsx?$)/;

export default defineConfig({
  root: ui,
  plugins: [plainImports()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Browsers of 2024 and later: they have light-dark() and what else is used as it is.
    target: ["chrome123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      // What every page needs is one file: a first look asks for few.
      output: {
        codeSplitting: {
          groups: [{ name: "shell", test: isShell }, { name: "door", test: DOOR }, { name: "parts", test: PARTS }],
        },
      },
      preserveEntrySignatures: "allow-extension",
    },
  },
});
function isShell(id: string): boolean {
  return (SHELL.test(id) && !NOT_SHELL.test(id)) || id.startsWith("\0");
}

/**
 * Vite wraps each import of a file of its own in what loads the styles of that file first. There are none: `lazy` loads
 * the one file of styles. So the wrapper only imports.
 */
function plainImports(): Plugin {
  return {
    name: "plain-imports",
    enforce: "pre",
    load: (id) => id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null,
  };
}
