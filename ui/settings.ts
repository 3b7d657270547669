// What a person chose for this browser: the theme, and in which zone times are shown.

import { computed, effect, signal } from "@preact/signals";

const THEMES = ["system", "light", "dark"] as const;
export type Theme = typeof THEMES[number];

/** The zone of each task's schedule, of this browser, or UTC. */
export const ZONES = ["task", "browser", "UTC"] as const;
export type ZoneChoice = typeof ZONES[number];

export const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const theme = stored("metronome.theme", THEMES, "system");
export const zoneChoice = stored("metronome.zone", ZONES, "task");

/** Whether single keys act: who dictates to the machine does not want that (WCAG 2.1.4). */
export const keyChoice = stored("metronome.keys", ["on", "off"], "on");
export const areKeysOn = computed(() => keyChoice.value === "on");

/** How this browser's last session stands: whoever was in opens the stream at once, and need not ask first. */
export const lastSession = stored("metronome.session", ["out", "in"], "out");

// theme.js does the same before the first paint.
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

function stored<T extends string>(key: string, known: readonly T[], otherwise: T) {
  const kept = read(key);
  const value = signal<T>(known.find((each) => each === kept) ?? otherwise);
  effect(() => write(key, value.value));
  return value;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is denied or full: the choice lasts as long as the page.
  }
}
