// What all commands have in common: where the peer is, --json, an example in the help, and one end, at which whatever
// went wrong becomes a block of text and an exit code.

import { Command, InvalidArgumentError, Option } from "commander";
import { type Client, createClient } from "./client.ts";
import { EXIT, Failure } from "./failure.ts";
import { createInk, type Ink } from "./ink.ts";
import { parseMesh } from "./mesh-shapes.ts";
import type { Output, Parts } from "./parts.ts";
import { peerNamed } from "./peer-named.ts";
import { printable } from "./text.ts";
import { addReplicas, type ReplicasOption } from "./replicas.ts";
import { findPeer, type WhereOptions } from "./where.ts";

/** What a command works with. */
export type Context = {
  readonly parts: Parts;
  readonly isJson: boolean;
  /** For what is printed. */
  readonly ink: Ink;
  /** Cells of a line; absent when it is no terminal. */
  readonly width?: number;
  readonly connect: () => Promise<Client>;
  /** Resolves when it is handed on. */
  readonly print: (text: string | Uint8Array) => Promise<void>;
  readonly printJson: (value: unknown) => Promise<void>;
  /** One line beside the output, for a human. */
  readonly note: (text: string) => Promise<void>;
};

export type Spec<Options> = {
  /** `show <id>` */
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly string[];
  /** Whether it asks a peer. */
  readonly isLocal?: true;
  /** Whether it writes what other peers are to have, too. */
  readonly isWrite?: true;
  /** What is said of a word that it does not take: the way to what was probably meant. */
  readonly beyond?: (word: string) => string;
  readonly options?: (command: Command) => Command;
  /** The exit code, when it is not 0. */
  readonly run: (context: Context, options: Options, operands: readonly string[]) => Promise<number | void>;
};

type CommonOptions = WhereOptions & ReplicasOption & { readonly peer?: string; readonly json?: true };

export function addCommand<Options>(parent: Command, parts: Parts, spec: Spec<Options>): Command {
  const command = parent.command(spec.usage).description(spec.summary);
  spec.options?.(command);
  if (spec.isWrite === true) addReplicas(command);
  command.option("--json", "print JSON, a line for each value");
  if (spec.isLocal !== true) addWhere(command);
  const [first = "", ...more] = spec.examples;
  command.addHelpText("after", ["", "Example:", `  ${first}`, ...more.map((example) => `  ${example}`)].join("\n"));
  command.allowExcessArguments().showHelpAfterError(`Example: ${first}\n(--help says more)`);
  command.action(async () => {
    const options = command.opts<Options & CommonOptions>();
    const context = createContext(options, parts);
    let code: number;
    try {
      refuseBeyond(command, spec.beyond);
      refuseEmpty(command);
      code = await spec.run(context, options, command.args) ?? EXIT.done;
    } catch (error) {
      code = await fail(error, context);
    }
    parts.exit(code);
  });
  return command;
}

/** `task`: below it stand commands alone. A word that is none of them is answered with those that are. */
export function addGroup(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).helpCommand(false);
}

/** Once all of its commands are there. */
export function nameCommands(group: Command): void {
  group.showHelpAfterError(`Known are ${namesOf(group)}.\n(--help says more)`);
  for (const each of group.commands) if (isGroup(each)) nameCommands(each);
}

/** Whether it is there for the commands below it alone. */
function isGroup(command: Command): boolean {
  return command.commands.length > 0 && command.options.length === 0;
}

function namesOf({ commands }: Command): string {
  return commands.map((each) => each.name()).join(", ");
}

/** An option that may come more than once. */
export function repeated(
  flags: string,
  description: string,
  check: (value: string) => string = (value) => value,
): Option {
  return new Option(flags, description)
    .argParser((value: string, before: readonly string[] | undefined) => [...before ?? [], check(value)]);
}

export function labelPair(value: string): string {
  if (value.indexOf("=") > 0) return value;
  throw new InvalidArgumentError("It is a label's name, =, and its value: site=lyon.");
}

function addWhere(command: Command): void {
  command
    .addOption(new Option("--url <url>", "the peer's address (METRONOME_URL); the peer of this machine when absent"))
    .addOption(new Option("--token <token>", "what opens its API (METRONOME_TOKEN, METRONOME_TOKEN_FILE)"))
    .addOption(new Option("--data <folder>", "data folder of the peer of this machine (METRONOME_DATA)"))
    .addOption(
      new Option("--peer <peer>", "ask this peer of the mesh, through that one: its name, or of its id enough"),
    );
}

function createContext(options: CommonOptions, parts: Parts): Context {
  const { stdout, stderr, env } = parts;
  const isJson = options.json === true;
  return {
    parts,
    isJson,
    ink: createInk(stdout, env),
    ...(stdout.isTTY === true && stdout.columns !== undefined && stdout.columns > 0 ? { width: stdout.columns } : {}),
    connect: () => connect(options, parts),
    print: (text) => write(stdout, text),
    printJson: (value) => write(stdout, `${JSON.stringify(value)}\n`),
    note: (text) => write(stderr, `${text}\n`),
  };
}

function refuseBeyond(command: Command, told: Spec<unknown>["beyond"]): void {
  const [word] = command.args.slice(command.registeredArguments.length);
  if (word === undefined || command.registeredArguments.at(-1)?.variadic === true) return;
  const names = pathOf(command).join(" ");
  const shown = printable(word.slice(0, WORD_SHOWN));
  const way = told !== undefined
    ? told(shown)
    : command.commands.length > 0
    ? `Below it are ${namesOf(command)}.`
    : `It is used so: ${names} ${command.usage()}`;
  throw new Failure(EXIT.usage, `\`${names}\` takes no word "${shown}" here. ${way}\n(--help says more)`);
}

const WORD_SHOWN = 80;

/** A variable of a script that is not set: `user passwd "$NAME"` would change who asks. */
function refuseEmpty(command: Command): void {
  const at = command.args.indexOf("");
  if (at < 0) return;
  const name = command.registeredArguments[at]?.name() ?? command.registeredArguments.at(-1)?.name() ?? "word";
  throw new Failure(EXIT.usage, `\`${pathOf(command).join(" ")}\`: the ${name} is empty.\n(--help says more)`);
}

function pathOf(command: Command): readonly string[] {
  return [...(command.parent === null ? [] : pathOf(command.parent)), command.name()];
}

async function connect({ peer, replicas, ...options }: CommonOptions, parts: Parts): Promise<Client> {
  const where = await findPeer(options, parts);
  const client = createClient(where, parts, { replicas });
  if (peer === undefined) return client;
  const found = peerNamed(parseMesh(await client.get("mesh")), peer);
  return createClient(where, parts, { under: `peers/${encodeURIComponent(found.peer)}/api/v1/`, replicas });
}

function write(output: Output, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => error === undefined || error === null ? resolve() : reject(error));
  });
}

async function fail(error: unknown, { parts, isJson }: Context): Promise<number> {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // Who read our output reads no more, as `head` does.
  if (code === "EPIPE") return EXIT.failed;
  if (!(error instanceof Failure)) throw error;
  const text = isJson ? JSON.stringify({ ...error.facts, exit: error.exitCode }) : error.message;
  await write(parts.stderr, `${text}\n`);
  return error.exitCode;
}
