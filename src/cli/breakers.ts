// `breakers`: the ways from a peer to targets, those first that are shut because their target is down.

import type { Spec } from "./command.ts";
import { listIn, maybe, number, objectIn, text } from "./shapes.ts";
import { maybeMoment } from "./show.ts";
import { type Cell, createTable } from "./table.ts";

export const breakers: Spec<Record<never, never>> = {
  usage: "breakers",
  beyond: (word) => `Those of one peer are shown with --peer ${word}`,
  summary: "show which targets are left alone because they are down, and what waits for them",
  examples: ["metronome breakers"],
  async run({ isJson, ink, width, connect, print, printJson, note }) {
    const client = await connect();
    const answer = await client.get("breakers");
    if (isJson) return await printJson(answer);
    const items = listIn(objectIn(answer).items).map(objectIn);
    if (items.length === 0) return await note("No target is in use, and none has failed of late.");
    const table = createTable(COLUMNS, ink, width);
    await print(table.lines(items.map((lane): readonly Cell[] => {
      const state = text(lane.breaker);
      return [
        text(lane.target),
        state !== "closed"
          ? { text: state, colour: "red" }
          : maybe(lane.by, text) === undefined
          ? "up"
          : { text: "by another peer", colour: "yellow" },
        maybeMoment(maybe(lane.until, text)),
        String(number(lane.inFlight)),
        String(number(lane.waiting) + number(lane.tasksWaiting)),
        maybe(lane.error, text) ?? "-",
      ];
    })));
  },
};

const COLUMNS = [
  { title: "TARGET", isFlexible: true },
  { title: "BREAKER" },
  { title: "UNTIL" },
  { title: "IN FLIGHT" },
  { title: "WAITING" },
  { title: "ERROR", isFlexible: true },
];
