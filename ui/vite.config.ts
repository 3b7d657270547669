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
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
