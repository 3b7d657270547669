// How a broker is reached and who calls: all that one connection is made of.

import { isIP } from "node:net";
import type { Host } from "../core/targets/broker-urn.ts";
import { shownText } from "./connection-error.ts";
import type { OpenTarget } from "./open-target.ts";
import type { ClientTls } from "./tls.ts";

export type Access = {
  readonly isSecure: boolean;
  readonly hosts: readonly Host[];
  readonly user?: string;
  readonly password?: string;
  readonly clientTls?: ClientTls;
  /** For a task of no admin's. */
  readonly isGuarded: boolean;
};

export function accessOf(
  { isSecure, hosts, userinfo }: {
    readonly isSecure: boolean;
    readonly hosts: readonly Host[];
    readonly userinfo?: { readonly user: string; readonly password: string };
  },
  { login, clientTls, isGuarded }: Pick<OpenTarget, "login" | "clientTls" | "isGuarded">,
): Access {
  return {
    ...{ isSecure, hosts, ...userinfo, ...login, isGuarded: isGuarded === true },
    ...(clientTls === undefined ? {} : { clientTls }),
  };
}

/** `host:port,host:port`, for a human. */
export function placeOf({ hosts }: Access): string {
  return hosts.map(({ hostname, port }) => `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`).join(",");
}

/** The options of TLS for a connection to this host. RFC 6066 §3: an address is no server name. */
export function tlsOf(hostname: string, clientTls: ClientTls = {}): ClientTls & { readonly servername: string } {
  return { servername: isIP(hostname) === 0 ? hostname : "", ...clientTls };
}

/** Who is not let in, and what helps. */
export function unwelcome(access: Access, userOtherwise?: string): string {
  const { user = userOtherwise } = access;
  if (user === undefined) return "refuses who gives no user: give the target one";
  return `refuses the user ${shownText(user, secretsOf(access))}, or its password: correct them in the target`;
}

/** What may be seen in no result. */
export function secretsOf({ password }: Access): readonly string[] {
  if (password === undefined || password === "") return [];
  return [password, encodeURIComponent(password)];
}
