// Colours, where there is somebody to see them: on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb says no.

import type { Environment, Output } from "./parts.ts";

export type Colour = "bold" | "dim" | "red" | "green" | "yellow";
export type Ink = (text: string, colour: Colour) => string;

/** SGR parameters of ECMA-48: how each begins and ends. */
const CODES: { readonly [C in Colour]: readonly [on: number, off: number] } = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export function createInk(output: Output, env: Environment): Ink {
  const isColoured = output.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  return (text, colour) => {
    const [on, off] = CODES[colour];
    return isColoured && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  };
}
