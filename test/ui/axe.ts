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
/** All rules count in each theme and on each screen: a theme changes colours only, a screen all but them. */
const LOOKS = [
  { width: 320, colorScheme: "light", rules: LEVELS },
  { width: 320, colorScheme: "dark", rules: OF_COLOURS },
  { width: 1_280, colorScheme: "light", rules: OF_COLOURS },
  { width: 1_280, colorScheme: "dark", rules: LEVELS },
] as const;

/** With the page's own policy in force: the browser's debugger may evaluate what the page may not. */
export async function assertReadable(page: Page, where: string): Promise<void> {
  for (const { width, colorScheme, rules } of LOOKS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const found = await page.evaluate(`(async () => {
      if (globalThis.axe === undefined) { ${AXE} }
      const { violations } = await axe.run(document, { runOnly: ${rules} });
      return violations.map(({ id, nodes }) => id + ": " +
        nodes.map(({ html, failureSummary }) => html + " " + failureSummary).join(" | "));
    })()`);
    assert.deepEqual(found, [], `${where}, ${width} wide, ${colorScheme}`);
    const beyond = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    assert.equal(beyond, 0, `${where} is too wide for ${width}`);
  }
}
