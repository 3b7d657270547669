// The text that Prometheus reads: exposition format 0.0.4, as https://prometheus.io/docs/instrumenting/exposition_formats
// describes it. Base units, seconds and bytes; a counter ends in `_total`.

export type Labels = { readonly [name: string]: string };

export type Sample = { readonly labels?: Labels; readonly value: number };

export type Family =
  | {
    readonly kind: "counter" | "gauge";
    readonly name: string;
    readonly help: string;
    readonly samples: readonly Sample[];
  }
  | {
    readonly kind: "histogram";
    readonly name: string;
    readonly help: string;
    /** Upper bounds, ascending, each with how many were at most that and more than the one before. */
    readonly classes: readonly (readonly [bound: number, count: number])[];
    /** All, those beyond the last bound too; and what they come to together. */
    readonly count: number;
    readonly sum: number;
  };

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function expose(families: readonly Family[]): string {
  return families.map((family) => {
    const { name, help, kind } = family;
    const lines = kind === "histogram" ? histogramLines(family) : family.samples.map((each) => line(name, each));
    return [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${kind}`,
      ...lines,
    ]
      .map((each) => `${each}\n`).join("");
  }).join("");
}

function histogramLines({ name, classes, count, sum }: Extract<Family, { kind: "histogram" }>): readonly string[] {
  let upTo = 0;
  return [
    ...classes.map(([bound, each]) => line(`${name}_bucket`, { labels: { le: String(bound) }, value: upTo += each })),
    line(`${name}_bucket`, { labels: { le: "+Inf" }, value: count }),
    line(`${name}_sum`, { value: sum }),
    line(`${name}_count`, { value: count }),
  ];
}

function line(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`).join(",");
  return `${name}${pairs === "" ? "" : `{${pairs}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
