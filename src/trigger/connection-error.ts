// Why there is no connection, in one sentence for a human: the same words for every kind of target.

export type Place = {
  /** `host:port` */
  readonly place: string;
  readonly host: string;
  readonly connectMs: number;
};

/** Absent for what is no matter of the network. */
export function unreachable(code: string, { place, host, connectMs }: Place): string | undefined {
  switch (code) {
    case "METRONOME_CONNECT_TIMEOUT":
      return `could not connect to ${place} within ${spanOf(connectMs)}`;
    case "ECONNREFUSED":
      return `connection refused by ${place}`;
    case "ENOTFOUND":
    case "ENODATA":
      return `host name ${host} does not resolve`;
    case "EAI_AGAIN":
      return `host name ${host} can't be looked up: the name server does not answer`;
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return `there is no route to ${place}`;
    case "ETIMEDOUT":
      return `the connection to ${place} timed out`;
    case "EMFILE":
    case "ENFILE":
      return `could not connect to ${place}: too many files and connections are open`;
  }
  return undefined;
}

/** Why nothing is said to this server over TLS, and what helps; `text` is what the runtime says. */
export function insecure(place: string, text: string): string {
  const start = `no secure connection with ${place}: `;
  // What Node's OpenSSL says, and what Deno's rustls.
  if (/self.signed|unable to (get|verify)|unknown ?issuer/i.test(text)) {
    return `${start}nobody known here vouches for its certificate; tls.ca of a named target says who does (${text})`;
  }
  if (/altnames|not ?valid ?for ?name/i.test(text)) {
    return `${start}its certificate is for another name; tls.serverName of a named target says which (${text})`;
  }
  if (/wrong version number|packet length too long|InvalidContentType/i.test(text)) {
    return `${start}it speaks no TLS at this port`;
  }
  return start + text;
}

/** A broker that hangs up before it has let anybody in; `scheme` is the one for TLS. */
export function hungUp(place: string, { isSecure, scheme }: { readonly isSecure: boolean; readonly scheme: string }) {
  const why = isSecure ? "it may speak no TLS at this port" : `it may want TLS at this port (${scheme}://)`;
  return `${place} closed the connection at once: ${why}`;
}

/** Several addresses may have been tried; the first error stands for all. Empty when there is none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { code, errors, cause } = error as {
    readonly code?: unknown;
    readonly errors?: readonly unknown[];
    readonly cause?: unknown;
  };
  if (typeof code === "string") return code;
  return codeOf(Array.isArray(errors) ? errors[0] : cause);
}

const SHOWN_MAX = 200;

/** One line of at most 200 printable characters, without these secrets. */
export function shownText(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, "***");
  return clean.replace(/[^\x20-\x7e\u00a1-\u{10ffff}]+/gu, " ").replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\ufffd]+/gu,
    " ",
  )
    .replace(/ {2,}/g, " ").trim().slice(0, SHOWN_MAX).toWellFormed();
}

/** `30 s`, `250 ms` */
export function spanOf(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : ms > 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${ms} ms`;
}
