// `user`: the commands of users. An admin makes and changes them; everybody changes their own password.

import type { Spec } from "./command.ts";
import { itemNamed } from "./item-named.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { readPassword } from "./password.ts";
import { objectIn, text } from "./shapes.ts";
import { moment } from "./show.ts";
import { printable } from "./text.ts";
import { findUser, parseUser, type User } from "./user-named.ts";

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

export const userSignOut: Spec<{ readonly session?: string }> = {
  usage: "signout [name]",
  isWrite: true,
  summary: "end all other sessions, or one: one's own, or as an admin those of a user",
  examples: ["metronome user signout", "metronome user signout ada", "metronome user signout ada --session 3f2a9c41"],
  options: (command) => command.option("--session <id>", "this one alone, as `user sessions` prints it"),
  async run({ isJson, connect, print, printJson }, { session }, [name]) {
    const client = await connect();
    if (session !== undefined) {
      const id = await itemNamed(client, SESSIONS, session, { user: name });
      await client.send("DELETE", `auth/sessions/${id}${ofUser(name)}`);
      return isJson ? await printJson({ ended: id }) : await print(`Ended ${id}.\n`);
    }
    await client.send("DELETE", `auth/sessions${ofUser(name)}`);
    const whose = name === undefined ? "Your other sessions" : `The sessions of ${printable(name)}`;
    return isJson ? await printJson({ signedOut: name ?? "me" }) : await print(`${whose} have ended.\n`);
  },
};

function ofUser(name: string | undefined): string {
  return name === undefined ? "" : `?user=${encodeURIComponent(name)}`;
}

const SESSIONS = { path: "auth/sessions", what: "session", list: "metronome user sessions" };

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

function line({ name, role, id }: User): string {
  return `${printable(name)} is ${role === "admin" || role === "editor" ? "an" : "a"} ${role}, with the id ${id}.`;
}
