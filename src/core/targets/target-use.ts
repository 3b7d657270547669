// Which credentials a target uses, and whether it has them: one that lacks its password could only fail, and one that is
// of no use is not kept.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Fault, fault } from "../values/fault.ts";
import type { CredentialChanges, Credentials } from "./credentials.ts";
import { certificatesOf } from "./target-auth.ts";
import type { TargetDefinition } from "./target-definition.ts";
import { schemeOf } from "./target-urn.ts";

/** Whether this credential has a use at that target. */
export function isUsed({ auth, tls, urn }: TargetDefinition, name: string): boolean {
  switch (name) {
    case "password":
      return auth?.kind === "basic";
    case "token":
      return auth?.kind === "bearer";
    case "clientSecret":
      return auth?.kind === "oauth2";
    case "key":
      return tls?.certificate !== undefined;
    default:
      // Signatures and headers are HTTP's.
      return isHttp(urn);
  }
}

/** What is wrong with what the scheme, the definition and the credentials say together. */
export function usageFault(
  definition: TargetDefinition,
  changes: CredentialChanges,
  held: Credentials,
): Fault | undefined {
  const { urn, auth, tls, headers } = definition;
  if (auth !== undefined && auth.kind !== "basic" && !isHttp(urn)) {
    return fault("auth.kind", `A target of ${schemeOf(urn)} knows "basic" alone.`, { suggestion: "basic" });
  }
  const isSecure = /s$/.test(schemeOf(urn) ?? "") || (auth?.kind === "oauth2" && /^https:/i.test(auth.tokenUrl));
  if (tls !== undefined && !isSecure) {
    return fault("tls", `TLS is for a URN that asks for it: ${schemeOf(urn)}s://.`, {
      suggestion: `${schemeOf(urn)}s`,
    });
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || isUsed(definition, name)) continue;
    return fault(`credentials.${name}`, `${USES[name] ?? "Signatures and headers are for http(s)://."} Leave it out.`);
  }
  for (const name of ["password", "token", "clientSecret", "key"]) {
    if (!isUsed(definition, name) || held[name] !== undefined) continue;
    return fault(`credentials.${name}`, `The target needs ${name}, which it has not: write it with this.`);
  }
  const double = Object.keys(headers ?? {}).find((name) => held[`headers.${name.toLowerCase()}`] !== undefined);
  if (double !== undefined) {
    return fault(`headers.${double}`, "The header is there twice, here and in credentials.headers: keep one.");
  }
  if (auth !== undefined && held["headers.authorization"] !== undefined) {
    return fault("credentials.headers.authorization", 'Who sends is said by "auth" already; keep one of the two.');
  }
  return pairFault(tls?.certificate, held.key?.value);
}

const USES: { readonly [name: string]: string } = {
  password: 'A password is used with "auth" of kind "basic".',
  token: 'A token is used with "auth" of kind "bearer".',
  clientSecret: 'The secret of a client is used with "auth" of kind "oauth2".',
  key: 'A key is used with "tls.certificate".',
};

function pairFault(certificate: string | undefined, key: string | undefined): Fault | undefined {
  const own = certificate === undefined ? undefined : certificatesOf(certificate)[0];
  if (own === undefined || key === undefined) return undefined;
  try {
    if (new X509Certificate(own).checkPrivateKey(createPrivateKey(key))) return undefined;
  } catch {
    // A key of a kind that the certificate can't have.
  }
  return fault("credentials.key", "The key is not that of the certificate, which is the first of tls.certificate.");
}

function isHttp(urn: string): boolean {
  return /^https?:/i.test(urn);
}
