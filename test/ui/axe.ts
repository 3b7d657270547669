// Whether everybody can read what is shown now: on a narrow screen and a wide one, in light and in dark.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ROOT } from "./world.ts";

const AXE = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");
const LEVELS = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]`;
/** All that a theme can change: its colours. */
const OF_COLOURS = `["color-contrast", "link-in-text-block"]`;
const WIDTHS = [320, 1_280];

/** With the page's own policy in force: the browser's debugger may evaluate what the page may not. */
export async function assertReadable(page: Page, where: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const rules = colorScheme === "light" ? LEVELS : OF_COLOURS;
      const found = await page.evaluate(`(async () => {
        if (globalThis.axe === undefined) { ${AXE} }
        const { violations } = await axe.run(document, { runOnly: ${rules} });
        return violations.map(({ id, nodes }) => id + ": " +
          nodes.map(({ html, failureSummary }) => html + " " + failureSummary).join(" | "));
      })()`);
      assert.deepEqual(found, [], `${where}, ${width} wide, ${colorScheme}`);
    }
    const beyond = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    assert.equal(beyond, 0, `${where} is too wide for ${width}`);
  }
}
