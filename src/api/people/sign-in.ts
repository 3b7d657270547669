// Signing in by name and password: one way for browsers, programs and the seed's clients, behind one turnstile.

import { PASSWORD_MAX, type User, USER_NAME_MAX } from "../../core/people/user.ts";
import { Faults, text } from "../../core/values/faults.ts";
import type { Doors } from "../doors.ts";
import { problem } from "../request/problem.ts";

export type Credentials = { readonly name: string; readonly password: string };

export type SignedIn =
  | { readonly kind: "user"; readonly user: User }
  | { readonly kind: "wrong" }
  | { readonly kind: "wait"; readonly response: Response };

export async function signIn(
  { peer, directory, passwords, turnstile, witness }: Pick<
    Doors,
    "peer" | "directory" | "passwords" | "turnstile" | "witness"
  >,
  { name, password }: Credentials,
  remote: string,
): Promise<SignedIn> {
  const pass = turnstile.enter(remote, peer.now());
  if (pass.kind === "wait") return { kind: "wait", response: tooMany(pass.seconds) };
  const user = await directory.named(name);
  const isRight = await passwords.matches(password, user?.password);
  if (isRight === undefined) return { kind: "wait", response: tooBusy() };
  if (!isRight || user === undefined) {
    // Who has mistaken one field for the other has written a password here.
    witness.note("sign-in refused", user?.id ?? "an unknown name");
    return { kind: "wrong" };
  }
  pass.forgive();
  return { kind: "user", user };
}

export function credentialsIn(body: { readonly [name: string]: unknown }, faults: Faults): Credentials {
  return {
    name: text(body.name, "name", 1, USER_NAME_MAX, faults),
    password: text(body.password, "password", 1, PASSWORD_MAX, faults),
  };
}

export function wrongCredentials(): Response {
  return problem(401, "There is no user of that name with that password.", {
    field: "password",
    headers: { "www-authenticate": 'Bearer realm="metronome"' },
  });
}

export function tooMany(seconds: number, what = "sign in"): Response {
  return problem(429, `Too many attempts to ${what}. Try again in ${seconds} s.`, {
    headers: { "retry-after": String(seconds) },
  });
}

export function tooBusy(): Response {
  return problem(503, "Too many passwords are being checked now.", { headers: { "retry-after": "2" } });
}
