// The task that the welcome made; "" before, and once the person is through.

import { signal } from "@preact/signals";

export const welcomed = signal("");
