// A target is where an event goes: a URN, and how to send. Any JSON becomes a checked target or the fault that it has;
// what is checked here can be written on the wire without another look: one message, with nothing smuggled into it.

import { type Fault, fault } from "./fault.ts";
import { Memo } from "./memo.ts";
import { AMQP_TARGETS } from "./target-amqp.ts";
import { KAFKA_TARGETS } from "./target-kafka.ts";
import { MQTT_TARGETS } from "./target-mqtt.ts";
import type { TargetScheme } from "./target-scheme.ts";
import type { Target } from "./task.ts";

/** Beside HTTP. A new kind of target is one more here, and a trigger that serves its schemes. */
const BROKERS: readonly TargetScheme[] = [AMQP_TARGETS, KAFKA_TARGETS, MQTT_TARGETS];

const PORTS: { readonly [scheme: string]: number } = Object.assign(
  { http: 80, https: 443 },
  ...BROKERS.map(({ ports }) => ports),
);

/** Schemes that events can be sent by. */
export const TARGET_SCHEMES: readonly string[] = Object.keys(PORTS);
export const METHODS = ["POST", "PUT", "PATCH", "DELETE", "GET"] as const satisfies readonly Target["method"][];
export const URN_MAX = 2_048;
export const HEADERS_MAX = 32;
/** Names and values together. Servers of ordinary make refuse more than 8 KiB (nginx, Apache) in all. */
export const HEADERS_MAX_BYTES = 8 * 1024;

/** A URN, or an object with a URN and how to send. What is returned is what was written. */
export function parseTarget(value: unknown, field = "target"): Target | Fault {
  if (typeof value === "string") return urnFault(value, field) ?? { urn: value };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fault(field, `A target is a URN, or an object with "urn", not ${kindOf(value)}.`, { suggestion: EXAMPLE });
  }
  const { urn, method, headers } = value as {
    readonly urn?: unknown;
    readonly method?: unknown;
    readonly headers?: unknown;
  };
  const broker = typeof urn === "string" ? brokerOf(urn) : undefined;
  const known = ["urn", broker === undefined ? "method" : broker.property, "headers"];
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const meant = Object.hasOwn(MEANT, name) ? MEANT[name] : undefined;
    const what = broker === undefined ? "A target" : `A target of ${broker.property}`;
    return fault(
      `${field}.${shorten(name)}`,
      `${what} has no property "${shorten(name)}"; known are ${known.join(", ")}.`,
      meant !== undefined && known.includes(meant) ? { suggestion: meant } : {},
    );
  }
  if (typeof urn !== "string") {
    return fault(`${field}.urn`, `A target's urn is a text, not ${kindOf(urn)}.`, { suggestion: EXAMPLE });
  }
  const wrongUrn = urnFault(urn, `${field}.urn`);
  if (wrongUrn !== undefined) return wrongUrn;
  if (method !== undefined && !isMethod(method)) {
    const upper = typeof method === "string" ? method.toUpperCase() : undefined;
    return fault(
      `${field}.method`,
      `A method is one of ${METHODS.join(", ")}.`,
      isMethod(upper) ? { suggestion: upper } : {},
    );
  }
  const wrongHeaders = headers === undefined ? undefined : headersFault(headers, `${field}.headers`, hasUserinfo(urn));
  if (wrongHeaders !== undefined) return wrongHeaders;
  const options = broker === undefined ? undefined : (value as { readonly [name: string]: unknown })[broker.property];
  const wrongOptions = options === undefined ? undefined : broker?.optionsFault(options, `${field}.${broker.property}`);
  if (wrongOptions !== undefined) return wrongOptions;
  return {
    urn,
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined
      ? {}
      : { headers: Object.fromEntries(Object.entries(headers as { readonly [name: string]: string })) }),
    ...(broker === undefined || options === undefined ? {} : { [broker.property]: options }),
  };
}

function brokerOf(urn: string): TargetScheme | undefined {
  const scheme = schemeOf(urn);
  return scheme === undefined ? undefined : BROKERS.find(({ ports }) => Object.hasOwn(ports, scheme));
}

/** In lower case. */
function schemeOf(urn: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(urn)?.[1]?.toLowerCase();
}

/** `scheme://host:port`, normalised and without userinfo: the unit of pooling and concurrency. */
export function originOf(target: Target): string {
  return ORIGINS.get(target.urn) ?? ORIGINS.set(target.urn, originOfUrn(target.urn));
}

const ORIGINS = new Memo<string, string>(1_024);

function originOfUrn(urn: string): string {
  const url = URL.parse(urn);
  if (url !== null) {
    const port = url.port === "" ? PORTS[url.protocol.slice(0, -1)] ?? 80 : url.port;
    return `${url.protocol}//${url.hostname}:${port}`;
  }
  // Brokers are named by lists of hosts, which no URL can hold.
  return urn.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)[^]*$/i, "$1$2");
}

/** The target as it may be shown: its password and the values of headers that hold a secret are `***`. */
export function maskTarget(target: Target): Target {
  const urn = maskUrn(target.urn);
  if (target.headers === undefined) return { ...target, urn };
  const headers = Object.entries(target.headers).map((
    [name, value],
  ) => [name, SECRET_HEADER.test(name) ? "***" : value]);
  return { ...target, urn, headers: Object.fromEntries(headers) };
}

/** `http://user:***@host/`. A user without a password is a key, as payment services have them, and is hidden too. */
export function maskUrn(urn: string): string {
  return urn.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i, (_, scheme: string, userinfo: string) => {
    const colon = userinfo.indexOf(":");
    const isPair = colon > 0 && colon < userinfo.length - 1;
    return `${scheme}${isPair ? `${userinfo.slice(0, colon)}:***` : "***"}@`;
  });
}

/** The user and the password of a checked URN, decoded. */
export function userinfoOf(urn: string): { readonly user: string; readonly password: string } | undefined {
  const url = URL.parse(urn);
  if (url === null || (url.username === "" && url.password === "")) return undefined;
  return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

const EXAMPLE = "http://localhost:3000/tick";
const MEANT: { readonly [name: string]: string } = {
  url: "urn",
  uri: "urn",
  href: "urn",
  header: "headers",
  verb: "method",
};

const SECRET_HEADER =
  /(^|-)(auth|authorization|authentication|cookie|session|credentials?)(-|$)|token|secret|passw|key|signature/i;

/** Control characters of ASCII and Latin-1, and the white space that Unicode has beside them. */
const UNPRINTABLE = /[\p{Cc}\s\u2028\u2029]/u;

function urnFault(urn: string, field: string): Fault | undefined {
  if (urn === "") return fault(field, "A URN can't be empty.", { suggestion: EXAMPLE });
  if (urn.length > URN_MAX) return fault(field, `A URN is at most ${URN_MAX} characters; this one is ${urn.length}.`);
  const unprintable = urn.search(UNPRINTABLE);
  if (unprintable !== -1) {
    return fault(field, "A URN holds no white space and no control characters; a space is written %20.", {
      position: unprintable,
    });
  }
  if (!urn.isWellFormed()) return fault(field, "A URN holds half of a surrogate pair, which no text can.");
  const scheme = schemeOf(urn);
  if (scheme === undefined) return schemeFault(urn, field);
  if (!TARGET_SCHEMES.includes(scheme)) {
    return fault(field, `"${shorten(scheme)}" is not a scheme that events can be sent by; known are ${KNOWN}.`, {
      position: 0,
    });
  }
  const start = scheme.length + 3;
  const end = urn.slice(start).search(/[/?#]/);
  const authority = end === -1 ? urn.slice(start) : urn.slice(start, start + end);
  // What comes after a back slash is the host to some readers and the path to others: WHATWG URL §4.4.
  const backslash = urn.split("?")[0]?.indexOf("\\") ?? -1;
  if (backslash !== -1) return fault(field, "A URN holds no back slash; %5C stands for one.", { position: backslash });
  const hash = urn.indexOf("#");
  if (hash !== -1) {
    return fault(field, "A fragment (# and what follows) is never sent; %23 stands for a # that should be.", {
      position: hash,
    });
  }
  const broker = brokerOf(urn);
  if (broker !== undefined) return broker.urnFault(urn, field);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (host === "" || host.startsWith(":")) {
    return fault(field, "A URN names a host after ://.", { position: start, suggestion: EXAMPLE });
  }
  const port = /:(\d*)$/.exec(host)?.[1];
  const hostAt = start + authority.length - host.length;
  if (port !== undefined && port !== "" && (Number(port) < 1 || Number(port) > 65_535)) {
    return fault(field, "A port is a number of 1 to 65535.", { position: hostAt + host.lastIndexOf(":") + 1 });
  }
  const url = URL.parse(urn);
  if (url === null || url.hostname === "") {
    return fault(field, "The host of this URN is no name, no address, or has no port after its colon.", {
      position: hostAt,
    });
  }
  return userinfoFault(url, field, start);
}

const KNOWN = TARGET_SCHEMES.join(", ");

function schemeFault(urn: string, field: string): Fault {
  const rest = urn.replace(/^(https?:)?\/*/i, "");
  const scheme = /^https:/i.test(urn) ? "https" : "http";
  const suggestion = `${scheme}://${rest}`;
  // A suggestion is shown and logged: it repeats no password.
  const isGood = rest !== "" && !rest.includes("@") && urnFault(suggestion, field) === undefined;
  return fault(field, `A URN starts with its scheme and ://; known schemes are ${KNOWN}.`, {
    position: 0,
    ...(isGood ? { suggestion } : {}),
  });
}

/** RFC 7617 §2: a user holds no colon, and neither part control characters. */
function userinfoFault({ username, password }: URL, field: string, position: number): Fault | undefined {
  if (username === "" && password === "") return undefined;
  try {
    const user = decodeURIComponent(username);
    const isClean = !user.includes(":") && !/\p{Cc}/u.test(user + decodeURIComponent(password));
    return isClean
      ? undefined
      : fault(field, "A user holds no colon, and user and password hold no control characters.", { position });
  } catch {
    return fault(field, "User and password are percent-encoded UTF-8; %25 stands for a % in them.", { position });
  }
}

function hasUserinfo(urn: string): boolean {
  return /^[^/]*:\/\/[^/?#]*@/.test(urn);
}

/** RFC 9110 §5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** All but what RFC 9110 §5.5 allows without obs-text: bytes above ASCII have no agreed meaning. */
const UNSENDABLE = /[^\t\x20-\x7e]/;

/** What frames the message, or says what the event is: these are Metronome's to set. `webhook-` is kept for signatures. */
const OWN_HEADER =
  /^(host|content-(length|type|encoding|range)|transfer-encoding|connection|upgrade|te|trailer|expect|keep-alive|http2-settings|proxy-.*|idempotency-key|traceparent|tracestate|ce-.*|webhook-.*)$/;

function headersFault(value: unknown, field: string, hasBasic: boolean): Fault | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fault(field, `Headers are an object of texts, not ${kindOf(value)}.`);
  }
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length > HEADERS_MAX) {
    return fault(field, `A target has at most ${HEADERS_MAX} headers; these are ${entries.length}.`);
  }
  const seen = new Set<string>();
  let bytes = 0;
  for (const [name, content] of entries) {
    const at = `${field}.${shorten(name)}`;
    const lower = name.toLowerCase();
    if (!TOKEN.test(name)) {
      return fault(at, "The name of a header is letters, digits and !#$%&'*+-.^_`|~ only (RFC 9110).");
    }
    if (OWN_HEADER.test(lower)) {
      return fault(at, `"${shorten(name)}" is set by Metronome for each event; leave it out.`);
    }
    if (seen.has(lower)) return fault(at, `"${shorten(name)}" is there twice: upper and lower case are one name.`);
    seen.add(lower);
    if (lower === "authorization" && hasBasic) {
      return fault(at, "The URN has a user, which is sent as authorization; keep one of the two.");
    }
    if (typeof content !== "string") return fault(at, `The value of a header is a text, not ${kindOf(content)}.`);
    const wrong = content.search(UNSENDABLE);
    if (wrong !== -1) {
      return fault(
        at,
        "The value of a header is visible ASCII, spaces and tabs; other characters are percent-encoded.",
        { position: wrong },
      );
    }
    if (content !== content.trim()) {
      return fault(at, "The value of a header neither starts nor ends with white space.", {
        position: content.search(/^\s|\s+$/),
      });
    }
    bytes += name.length + content.length;
  }
  return bytes > HEADERS_MAX_BYTES
    ? fault(field, `Headers are at most ${HEADERS_MAX_BYTES} bytes in all; these are ${bytes}.`)
    : undefined;
}

function isMethod(value: unknown): value is NonNullable<Target["method"]> {
  return (METHODS as readonly unknown[]).includes(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function shorten(word: string): string {
  if (word === "") return '""';
  return word.length <= 64 ? word : `${word.slice(0, 63).toWellFormed()}…`;
}
