// `completion`: a script with which a shell completes commands and options as they are typed.

import type { Command } from "commander";
import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { printable } from "./text.ts";

/** What may come behind the words of a path: `task` is followed by `add`, `task add` by `--id`. */
type Place = { readonly path: string; readonly words: readonly string[] };

export function completion(program: Command): Spec<Record<never, never>> {
  return {
    usage: "completion <shell>",
    summary: "print a script that completes commands and options in a shell: bash, zsh or fish",
    examples: [
      "source <(metronome completion bash)",
      "metronome completion fish > ~/.config/fish/completions/metronome.fish",
    ],
    isLocal: true,
    async run({ isJson, print, printJson }, _options, [shell = ""]) {
      const places = placesOf(program, []);
      const script = SCRIPTS.get(shell)?.(places);
      if (script === undefined) {
        throw new Failure(EXIT.usage, `${printable(shell)} is no shell that is known here: bash, zsh or fish.`);
      }
      return isJson ? await printJson({ shell, script }) : await print(script);
    },
  };
}

const SCRIPTS: ReadonlyMap<string, (places: readonly Place[]) => string> = new Map([
  ["bash", bash],
  ["zsh", (places) => `autoload -U +X bashcompinit && bashcompinit\n${bash(places)}`],
  ["fish", fish],
]);

function placesOf(command: Command, path: readonly string[]): readonly Place[] {
  const options = command.options.flatMap(({ long }) => long ?? []);
  const words = [...command.commands.map((each) => each.name()), ...options, "--help"];
  return [
    { path: path.join(" "), words },
    ...command.commands.flatMap((each) => placesOf(each, [...path, each.name()])),
  ];
}

/** The longest path that the words begin with counts: ids and files come behind it. */
function bash(places: readonly Place[]): string {
  const deepest = places.toSorted((a, b) => b.path.length - a.path.length);
  const cases = deepest.map(({ path, words }) =>
    `    "${path === "" ? "" : `${path} `}"*) words="${words.join(" ")}" ;;`
  );
  return `_metronome() {
  local path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path+="$word "
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _metronome metronome
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.map(({ path, words }) => {
    const names = path.split(" ").filter((name) => name !== "");
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`).join("; and ");
    const when = names.length === 0 ? "__fish_use_subcommand" : seen;
    return `complete -c metronome -n '${when}' -a '${words.join(" ")}'`;
  });
  return `${lines.join("\n")}\n`;
}
