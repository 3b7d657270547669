// `metronome start` and `metronome join`: the options of a peer. What they mean, and what is wrong with them, is the
// configuration's to say. To join is to start with a ticket.

import { type Command, Option } from "commander";
import process from "node:process";
import type { Flags } from "../config.ts";
import { EXIT } from "./failure.ts";

/** The commands in which this process becomes a peer. */
export const PEER_COMMANDS: readonly (string | undefined)[] = ["start", "join"];

export function addStart(program: Command): Command {
  withOptions(program.command("start"), "start a peer: the scheduler with its store, its REST API and its page")
    .option("--join <ticket>", "the mesh to join, as `metronome ticket` prints it (METRONOME_JOIN)")
    .showHelpAfterError("Example: metronome start --name shop --label site=lyon\n(--help says more)")
    .action((options: Flags, { args }: Command) => run(options, args));
  withOptions(program.command("join <ticket>"), "start a peer that joins a mesh, with what `metronome ticket` printed")
    .showHelpAfterError(
      "Example: metronome join TICKET, as `metronome ticket` of a member prints it\n(--help says more)",
    )
    .action((ticket: string, options: Flags, { args }: Command) => run({ ...options, join: ticket }, args.slice(1)));
  return program;
}

function withOptions(command: Command, description: string): Command {
  return command
    .description(description)
    .option("--data <folder>", "where the peer keeps everything (METRONOME_DATA; default: the platform's data folder)")
    .option("--http <host:port>", "where the API and the page answer (METRONOME_HTTP; default: 127.0.0.1:8081)")
    .option(
      "--p2p <host:port>",
      "where other peers are met (METRONOME_P2P; default: port 8091, of this machine alone while there are no others)",
    )
    .option("--name <name>", "what people call this peer (METRONOME_NAME; default: the host's name)")
    .option(
      "--allow-origins <origins>",
      "other sites whose pages may ask this peer, with commas (METRONOME_ALLOW_ORIGINS); none when absent",
    )
    .option(
      "--allow-targets <networks>",
      "private networks that every user's tasks may reach, with commas (METRONOME_ALLOW_TARGETS); none when absent",
    )
    .option("--tls <how>", "self-signed: a certificate of its own for the API and the page (METRONOME_TLS)")
    .option("--tls-cert <file>", "a certificate in PEM for the API and the page (METRONOME_TLS_CERT)")
    .option("--tls-key <file>", "the certificate's key in PEM (METRONOME_TLS_KEY)")
    .option("--label <name=value>", "what this peer is, again for each (METRONOME_LABELS, with commas)", gather)
    .option("--config <file>", "a JSON file of these settings, for those not given otherwise (METRONOME_CONFIG)")
    .addOption(
      new Option("--runtime <runtime>", "deno, in a sandbox, or node, 24 or newer (METRONOME_RUNTIME; default: deno)")
        .choices(["deno", "node"]),
    )
    .option("--json", "print one line of JSON when the peer is ready")
    .addHelpText("after", MORE_HELP)
    .allowExcessArguments()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.usage));
}

async function run(flags: Flags, beyond: readonly string[]): Promise<void> {
  if (beyond.length > 0) {
    // Not shown: it may be a ticket.
    process.stderr.write(
      "metronome: there is a word that is no option: settings are given as --name shop, and a ticket to `metronome join`\n",
    );
    return process.exit(EXIT.usage);
  }
  // Loaded here: who asks for a task does not pay for a server.
  const { runPeer } = await import("./peer-process.ts");
  await runPeer(Object.fromEntries(Object.entries(flags).map(([name, value]) => [asWritten(name), value])));
}

/** Commander's `allowOrigins` is what was written `--allow-origins`. */
function asWritten(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const MORE_HELP = `
METRONOME_ADMIN_TOKEN, of at least 32 characters, opens the API and the page. Without it the first start prints a link
that signs in once. Each variable can be given as a file, by its name with _FILE at the end.`;

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
