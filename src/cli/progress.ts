// The progress of long work: a bar on the error output where that is a terminal, nothing where it is not.

import type { Environment, Output } from "./parts.ts";

export type Progress = {
  update(now: { readonly bytes: number; readonly tasks: number }): void;
  /** The line is left free again. Twice is once. */
  stop(): void;
};

/** What we use of cli-progress, which brings no types. */
type Bar = {
  start(total: number, value: number, payload: Payload): void;
  update(value: number, payload: Payload): void;
  stop(): void;
};
type Payload = { readonly tasks: string; readonly speed: string };

/** `total`: bytes; absent when nobody knows. */
export async function createProgress(
  work: string,
  { stderr, env }: { readonly stderr: Output; readonly env: Environment },
  total?: number,
): Promise<Progress> {
  if (stderr.isTTY !== true || env.TERM === "dumb") return { update: () => {}, stop: () => {} };
  // Loaded here: most commands have no bar.
  const { default: cliProgress } = await import("cli-progress");
  const startedAt = performance.now();
  const known = total === undefined || total === 0 ? "" : " {bar} {percentage}% · {eta_formatted} left ·";
  const bar: Bar = new cliProgress.SingleBar({
    format: `${work}${known} {tasks} tasks · {speed}/s`,
    stream: barStream(stderr),
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the command's own.
    gracefulExit: false,
  });
  const payload = (tasks: number): Payload => ({
    tasks: String(tasks),
    speed: (tasks / Math.max(0.001, (performance.now() - startedAt) / 1000)).toFixed(0),
  });
  bar.start(total ?? 0, 0, payload(0));
  let isStopped = false;
  return {
    update({ bytes, tasks }) {
      if (!isStopped) bar.update(Math.min(bytes, total ?? bytes), payload(tasks));
    },
    stop() {
      if (!isStopped) bar.stop();
      isStopped = true;
    },
  };
}

/** The bar writes through node:readline, which asks for no more than this. */
function barStream(output: Output) {
  return { isTTY: true, columns: output.columns ?? 80, write: (text: string) => output.write(text, () => {}) };
}
