// `metrics`: the numbers of a peer as Prometheus reads them, or each as JSON.

import type { Spec } from "./command.ts";
import { textLines } from "./lines.ts";

/** A name, labels and a number. */
const LINE_MAX_LENGTH = 64 * 1024;

export const metrics: Spec<Record<never, never>> = {
  usage: "metrics",
  summary: "print the numbers of a peer: what it fired, how late, what failed, how it sees the mesh",
  examples: ["metronome metrics | grep undelivered", "metronome metrics --json --peer shop"],
  async run({ isJson, connect, print, printJson }) {
    const client = await connect();
    const bytes = await client.stream("metrics");
    if (!isJson) {
      for await (const chunk of bytes) await print(chunk);
      return;
    }
    for await (const line of textLines(bytes, LINE_MAX_LENGTH)) {
      const [, metric, labels = "", value] = SAMPLE.exec(line) ?? [];
      if (metric !== undefined) await printJson({ metric, labels: labelsIn(labels), value: Number(value) });
    }
  },
};

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:\\.|[^"\\])*)"/g;

function labelsIn(text: string): { readonly [name: string]: string } {
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, name = "", value = ""]) => [name, unescaped(value)]));
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => character === "n" ? "\n" : character);
}
