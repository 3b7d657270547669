// The URN of a broker: `scheme://user:password@host:port/place`, where Kafka names several hosts, which no URL can
// hold. Hosts are normalised as those of HTTP are, so that one address has one spelling for whoever checks it.

import { type Fault, fault } from "../values/fault.ts";

export type Host = { readonly hostname: string; readonly port: number };

export type BrokerUrn = {
  /** In lower case. */
  readonly scheme: string;
  /** Decoded; absent when the URN has none. */
  readonly userinfo?: { readonly user: string; readonly password: string };
  /** An address of IPv6 is without its brackets. */
  readonly hosts: readonly Host[];
  /** What comes after the first slash behind the hosts, as it is written. */
  readonly path: string;
};

export type BrokerForm = {
  readonly ports: { readonly [scheme: string]: number };
  readonly hostsMax: number;
  readonly example: string;
};

/** Of a URN that starts with one of the form's schemes and holds no white space, no back slash and no fragment. */
export function parseBrokerUrn(
  urn: string,
  field: string,
  { ports, hostsMax, example }: BrokerForm,
): BrokerUrn | Fault {
  const start = urn.indexOf("://") + 3;
  const scheme = urn.slice(0, start - 3).toLowerCase();
  const mark = urn.indexOf("?");
  if (mark !== -1) {
    return fault(field, `A URN of ${scheme} has no query; %3F stands for a question mark.`, { position: mark });
  }
  const slash = urn.indexOf("/", start);
  const authority = slash === -1 ? urn.slice(start) : urn.slice(start, slash);
  const at = authority.lastIndexOf("@");
  const userinfo = at === -1 ? undefined : userinfoOf(authority.slice(0, at));
  if (userinfo === null) {
    return fault(field, "User and password are percent-encoded UTF-8; %25 stands for a % in them.", {
      position: start,
    });
  }
  if (userinfo !== undefined && /\p{Cc}/u.test(userinfo.user + userinfo.password)) {
    return fault(field, "User and password hold no control characters.", { position: start });
  }
  const texts = authority.slice(at + 1).split(",");
  let position = start + at + 1;
  const hosts: Host[] = [];
  for (const text of texts) {
    const host = hostOf(text, ports[scheme] ?? 0);
    if (typeof host === "string") {
      return fault(field, host, text === "" ? { position, suggestion: example } : { position });
    }
    if (hosts.length === hostsMax) {
      const most = hostsMax === 1 ? "one host" : `at most ${hostsMax} hosts`;
      return fault(field, `A URN of ${scheme} names ${most}.`, { position: position - 1 });
    }
    hosts.push(host);
    position += text.length + 1;
  }
  const path = slash === -1 ? "" : urn.slice(slash + 1);
  return { scheme, ...(userinfo === undefined ? {} : { userinfo }), hosts, path };
}

/** The text that a percent-encoded part stands for; absent when it is no UTF-8. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Null when it can't be decoded. */
function userinfoOf(text: string): BrokerUrn["userinfo"] | null {
  const colon = text.indexOf(":");
  const user = decoded(colon === -1 ? text : text.slice(0, colon));
  const password = decoded(colon === -1 ? "" : text.slice(colon + 1));
  if (user === undefined || password === undefined) return null;
  return user === "" && password === "" ? undefined : { user, password };
}

/** The host, or what is wrong with it. */
function hostOf(text: string, portOtherwise: number): Host | string {
  if (text === "" || text.startsWith(":")) return "A URN names a host after ://.";
  const port = /:(\d*)$/.exec(text)?.[1] ?? "";
  if (port !== "" && (Number(port) < 1 || Number(port) > 65_535)) return "A port is a number of 1 to 65535.";
  const url = /[/@]/.test(text) ? null : URL.parse(`http://${text}`);
  if (url === null || url.hostname === "") {
    return "The host of this URN is no name, no address, or has no port after its colon.";
  }
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { hostname, port: port === "" ? portOtherwise : Number(port) };
}
