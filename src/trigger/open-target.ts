// A named target is opened where it is sent to: only there what is secret of it can be read.

import type { ResolvedTarget } from "../core/delivery/resolved-target.ts";
import type { Credentials } from "../core/targets/credentials.ts";
import type { ClientTls } from "./tls.ts";

/** Absent when they were sealed for another mesh, or another target. */
export type OpenCredentials = (sealed: string, context: string) => Credentials | undefined;

/** A target as a broker is called: by whom, and whom they believe. */
export type OpenTarget = ResolvedTarget & {
  readonly login?: { readonly user: string; readonly password: string };
  readonly clientTls?: ClientTls;
};

/** What is secret of the target; a text says why it can't be read here. */
export function credentialsOf({ name = "", sealed }: ResolvedTarget, open: OpenCredentials): Credentials | string {
  if (sealed === undefined) return {};
  return open(sealed.text, sealed.context) ??
    `the credentials of the target "${name}" can't be opened here: they were sealed in another mesh; write them again`;
}

export type Opened = {
  readonly target: OpenTarget;
  /** With the password before, which is good until then: for when the broker does not know the new one yet. */
  readonly former?: { readonly target: OpenTarget; readonly until: number };
};

/** A text says why there is no sending to it. */
export function openTarget(target: ResolvedTarget, open: OpenCredentials): Opened | string {
  if (target.name === undefined) return { target };
  const credentials = credentialsOf(target, open);
  if (typeof credentials === "string") return credentials;
  const { auth } = target;
  const { password, key } = credentials;
  const named = { ...target, ...(target.tls === undefined ? {} : { clientTls: clientTlsOf(target.tls, key?.value) }) };
  if (auth?.kind !== "basic") return { target: named };
  const { user } = auth;
  const opened = { ...named, login: { user, password: password?.value ?? "" } };
  const { previous } = password ?? {};
  if (previous === undefined) return { target: opened };
  const former = { ...named, login: { user, password: previous.value } };
  return { target: opened, former: { target: former, until: previous.until ?? Infinity } };
}

export function clientTlsOf(
  { ca, certificate, serverName }: NonNullable<ResolvedTarget["tls"]>,
  key: string | undefined,
): ClientTls {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}
