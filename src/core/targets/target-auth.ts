// How a target is told who sends, and how it is known to be the one that it should be. What is secret of it stands apart,
// among the credentials.

import { X509Certificate } from "node:crypto";
import { describeValue, type Faults, isObject, kindOf, text } from "../values/faults.ts";
import { schemeOf, urnFault } from "./target-urn.ts";

export type Auth =
  /** RFC 7617, and what brokers take as user and password; the credential `password`. */
  | { readonly kind: "basic"; readonly user: string }
  /** RFC 6750; the credential `token`. */
  | { readonly kind: "bearer" }
  /** OAuth 2.0 client credentials, RFC 6749 §4.4; the credential `clientSecret`. */
  | {
    readonly kind: "oauth2";
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly scope?: string;
    readonly audience?: string;
    /** How the client shows its secret: HTTP Basic when absent, or in the body of the request. */
    readonly clientAuth?: "basic" | "body";
  };

export type Tls = {
  /** PEM certificates that are believed in place of those that the runtime knows. */
  readonly ca?: string;
  /** PEM certificates that this client shows, its own first; the credential `key` is its private key. */
  readonly certificate?: string;
  /** The name that the certificate of the target is to bear, when it is not the host of the URN. */
  readonly serverName?: string;
};

const AUTH_KINDS = ["basic", "bearer", "oauth2"] as const;
export const CLIENT_AUTHS = ["basic", "body"] as const;
export const AUTH_TEXT_MAX = 1_024;
export const PEM_MAX = 32 * 1_024;
const CERTIFICATES_MAX = 32;
const USER_MAX = 256;

/** Whatever is written under `auth`; what is wrong becomes faults. */
export function authIn(value: unknown, field: string, faults: Faults): Auth | undefined {
  if (!isObject(value)) {
    faults.add(field, `"auth" is an object with "kind", not ${kindOf(value)}.`);
    return undefined;
  }
  const printable = (name: string, max: number, isOptional = false) => {
    const found = value[name];
    if (isOptional && found === undefined) return;
    const checked = text(found, `${field}.${name}`, 1, max, faults);
    if (/\p{Cc}/u.test(checked)) faults.add(`${field}.${name}`, `"${name}" holds no control characters.`);
  };
  switch (value.kind) {
    case "basic":
      faults.unknown(value, field, ["kind", "user"]);
      printable("user", USER_MAX);
      if (typeof value.user === "string" && value.user.includes(":")) {
        faults.add(`${field}.user`, "A user holds no colon (RFC 7617).");
      }
      break;
    case "bearer":
      faults.unknown(value, field, ["kind"]);
      break;
    case "oauth2":
      faults.unknown(value, field, ["kind", "tokenUrl", "clientId", "scope", "audience", "clientAuth"]);
      tokenUrlIn(value.tokenUrl, `${field}.tokenUrl`, faults);
      printable("clientId", AUTH_TEXT_MAX);
      printable("scope", AUTH_TEXT_MAX, true);
      printable("audience", AUTH_TEXT_MAX, true);
      if (value.clientAuth !== undefined && !(CLIENT_AUTHS as readonly unknown[]).includes(value.clientAuth)) {
        faults.add(`${field}.clientAuth`, `"clientAuth" is one of ${CLIENT_AUTHS.join(", ")}.`);
      }
      break;
    default:
      faults.add(
        `${field}.kind`,
        `"kind" is one of ${AUTH_KINDS.join(", ")}; not ${describeValue(value.kind)}.`,
        typeof value.kind === "string" && /oauth/i.test(value.kind) ? { suggestion: "oauth2" } : {},
      );
  }
  return value as Auth;
}

/** Whatever is written under `tls`; what is wrong becomes faults. */
export function tlsIn(value: unknown, field: string, faults: Faults): Tls | undefined {
  if (!isObject(value)) {
    faults.add(field, `"tls" is an object, not ${kindOf(value)}.`);
    return undefined;
  }
  faults.unknown(value, field, ["ca", "certificate", "serverName"]);
  if (value.ca !== undefined) certificatesIn(value.ca, `${field}.ca`, faults);
  if (value.certificate !== undefined) certificatesIn(value.certificate, `${field}.certificate`, faults);
  if (value.serverName !== undefined) {
    const name = text(value.serverName, `${field}.serverName`, 1, 253, faults);
    if (name !== "" && !/^[A-Za-z0-9._-]+$/.test(name)) {
      faults.add(`${field}.serverName`, "A server name is a host name: letters, digits, dots and hyphens.");
    }
  }
  return value as Tls;
}

/** The certificates of a PEM text, each by itself. */
export function certificatesOf(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function certificatesIn(value: unknown, field: string, faults: Faults): void {
  const pem = text(value, field, 1, PEM_MAX, faults);
  if (pem === "") return;
  const certificates = certificatesOf(pem);
  if (certificates.length === 0 || certificates.length > CERTIFICATES_MAX) {
    faults.add(field, `"${field}" is 1 to ${CERTIFICATES_MAX} certificates in PEM: -----BEGIN CERTIFICATE-----.`);
    return;
  }
  const wrong = certificates.findIndex((certificate) => !isCertificate(certificate));
  if (wrong !== -1) faults.add(field, `Certificate ${wrong + 1} of "${field}" can't be read.`);
  if (pem.includes("PRIVATE KEY")) {
    faults.add(field, "A private key belongs to credentials.key, where it is sealed.");
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}

function tokenUrlIn(value: unknown, field: string, faults: Faults): void {
  const url = text(value, field, 1, AUTH_TEXT_MAX, faults);
  if (url === "") return;
  const wrong = urnFault(url, field);
  if (wrong !== undefined) faults.take(wrong);
  else if (!/^https?$/.test(schemeOf(url) ?? "")) faults.add(field, "A token is asked for by http:// or https://.");
  else if (url.includes("@")) faults.add(field, "The secret of the client belongs to credentials.clientSecret.");
}
