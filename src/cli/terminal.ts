// A terminal that does not show what is typed.

import process from "node:process";

/** Absent when the standard input is no terminal. */
export function terminalInput(): ((prompt: string) => Promise<string>) | undefined {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true) return undefined;
  return (prompt) =>
    new Promise((resolve) => {
      stderr.write(prompt);
      stdin.setRawMode(true);
      stdin.setEncoding("utf8");
      stdin.resume();
      let text = "";
      const hear = (typed: string) => {
        for (const key of typed) {
          // Backspace, as either kind of terminal sends it.
          if (key === "\u007f" || key === "\b") text = [...text].slice(0, -1).join("");
          else if (key === "\r" || key === "\n" || key === "\u0004") return end(text);
          else if (key === "\u0003") return end("");
          else text += key;
        }
      };
      const end = (typed: string) => {
        stdin.off("data", hear);
        stdin.setRawMode(false);
        stdin.pause();
        stderr.write("\n");
        resolve(typed);
      };
      stdin.on("data", hear);
    });
}
