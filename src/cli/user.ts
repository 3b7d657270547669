// `user`: the commands of users. An admin makes and changes them; everybody changes their own password.

import type { Client } from "./client.ts";
import type { Spec } from "./command.ts";
import { ttlSeconds } from "./duration.ts";
import { EXIT, Failure } from "./failure.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { pages } from "./pages.ts";
import { readPassword } from "./password.ts";
import { objectIn, text } from "./shapes.ts";
import { moment } from "./show.ts";
import { printable } from "./text.ts";

export type User = { readonly id: string; readonly name: string; readonly role: string; readonly createdAt: string };

export const userAdd: Spec<{ readonly role: string }> = {
  usage: "add <name>",
  isWrite: true,
  summary: "make a user; the password is typed, or comes on the standard input",
  examples: ["metronome user add ada", "metronome user add ci --role runner < password.txt"],
  options: (command) => command.option("--role <role>", "viewer, runner, editor or admin", "editor"),
  async run({ parts, isJson, connect, print, printJson }, { role }, [name = ""]) {
    const client = await connect();
    const password = await readPassword(parts, `Password of ${printable(name)}`);
    const made = await client.send("POST", "users", { name, password, role });
    return isJson ? await printJson(made) : await print(`${line(parseUser(made))}\n`);
  },
};

export const userList: Spec<Record<never, never>> = {
  usage: "ls",
  summary: "list the users",
  examples: ["metronome user ls"],
  async run(context) {
    await printList(await context.connect(), context, {
      path: "users",
      limit: LIMIT_MAX,
      columns: COLUMNS,
      row: (item) => row(parseUser(item)),
      none: "There are no users: the peer's own key opens everything, as admin.",
    });
  },
};

export const userRemove: Spec<{ readonly withTasks?: true }> = {
  usage: "rm <name>",
  isWrite: true,
  summary: "delete a user, and what it signed in with",
  examples: ["metronome user rm ada", "metronome user rm ada --with-tasks"],
  options: (command) => command.option("--with-tasks", "its tasks too"),
  async run({ isJson, connect, print, printJson }, { withTasks }, [name = ""]) {
    const client = await connect();
    const user = await findUser(client, name);
    await client.send("DELETE", `users/${user.id}${withTasks === true ? "?tasks=delete" : ""}`);
    return isJson ? await printJson({ removed: user.id }) : await print(`Deleted ${printable(user.name)}.\n`);
  },
};

export const userPassword: Spec<Record<never, never>> = {
  usage: "passwd [name]",
  isWrite: true,
  summary: "set a password: one's own, with the old one, or as an admin that of a user",
  examples: ["metronome user passwd", "metronome user passwd ada"],
  async run({ parts, isJson, connect, print, printJson }, _options, [name]) {
    const client = await connect();
    const id = name === undefined ? "me" : (await findUser(client, name)).id;
    // From a pipe only one line is read: an admin's way.
    const currentPassword = name === undefined ? await readPassword(parts, "Your password now") : undefined;
    const password = await readPassword(parts, "New password");
    const changed = await client.send("PATCH", `users/${id}`, {
      password,
      ...(currentPassword === undefined ? {} : { currentPassword }),
    });
    return isJson ? await printJson(changed) : await print("Changed. Other sessions have ended.\n");
  },
};

export const userSignOut: Spec<Record<never, never>> = {
  usage: "signout [name]",
  isWrite: true,
  summary: "end all other sessions: one's own, or as an admin those of a user",
  examples: ["metronome user signout", "metronome user signout ada", "metronome user signout admin"],
  async run({ isJson, connect, print, printJson }, _options, [name]) {
    const client = await connect();
    await client.send("DELETE", `auth/sessions${name === undefined ? "" : `?user=${encodeURIComponent(name)}`}`);
    const whose = name === undefined ? "Your other sessions" : `The sessions of ${printable(name)}`;
    return isJson ? await printJson({ signedOut: name ?? "me" }) : await print(`${whose} have ended.\n`);
  },
};

export const userRole: Spec<Record<never, never>> = {
  usage: "role <name> <role>",
  isWrite: true,
  summary: "let a user be a viewer, a runner, an editor or an admin",
  examples: ["metronome user role ada admin"],
  async run({ isJson, connect, print, printJson }, _options, [name = "", role = ""]) {
    const client = await connect();
    const changed = await client.send("PATCH", `users/${(await findUser(client, name)).id}`, { role });
    return isJson ? await printJson(changed) : await print(`${line(parseUser(changed))}\n`);
  },
};

export const userInvite: Spec<{ readonly role: string; readonly ttl: string }> = {
  usage: "invite",
  isWrite: true,
  summary: "let one person sign up, and print the invitation",
  examples: ["metronome user invite --role viewer --ttl 1d"],
  options: (command) =>
    command
      .option("--role <role>", "viewer, runner, editor or admin", "editor")
      .option("--ttl <duration>", "how long it is good", "7d"),
  async run({ isJson, connect, print, printJson }, { role, ttl }) {
    const client = await connect();
    const made = await client.send("POST", "invites", { role, ttlSeconds: ttlSeconds(ttl) });
    return isJson ? await printJson(made) : await print(`${text(objectIn(made).invite)}\n`);
  },
};

export const userPolicy: Spec<Record<never, never>> = {
  usage: "policy [who]",
  isWrite: true,
  summary: "say, or set, who may sign up: first, open, invite or closed",
  examples: ["metronome user policy", "metronome user policy closed"],
  async run({ isJson, connect, print, printJson }, _options, [signUp]) {
    const client = await connect();
    const settings = signUp === undefined
      ? await client.get("settings")
      : await client.send("PATCH", "settings", { signUp });
    return isJson ? await printJson(settings) : await print(`${text(objectIn(settings).signUp)}\n`);
  },
};

const COLUMNS = [{ title: "NAME", isFlexible: true }, { title: "ROLE" }, { title: "SINCE", goes: 1 }, { title: "ID" }];

function row({ name, role, createdAt, id }: User): readonly string[] {
  return [name, role, moment(createdAt), id];
}

/** By its name or its id. */
async function findUser(client: Client, word: string): Promise<User> {
  for await (const items of pages(client, "users", {}, LIMIT_MAX)) {
    const found = items.map(parseUser).find(({ id, name }) => id === word || name === word);
    if (found !== undefined) return found;
  }
  throw new Failure(EXIT.refused, `There is no user ${printable(word)}: \`metronome user ls\` lists them.`);
}

function parseUser(value: unknown): User {
  const { id, name, role, createdAt } = objectIn(value);
  return { id: text(id), name: text(name), role: text(role), createdAt: text(createdAt) };
}

function line({ name, role, id }: User): string {
  return `${printable(name)} is ${role === "admin" || role === "editor" ? "an" : "a"} ${role}, with the id ${id}.`;
}
