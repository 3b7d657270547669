// What HTTP adds to a target: its host and its userinfo, the method, headers that can be written on the wire without
// another look, the mode of the CloudEvent, and which answers are a success.

import { type Fault, fault } from "../values/fault.ts";
import { kindOf, nearest, shorten } from "../values/faults.ts";
import { type SuccessRule, successRuleFault } from "./success-rule.ts";
import type { SchemeRules } from "./target-scheme.ts";

export type HttpOptions = {
  /** POST when absent. */
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE" | "GET";
  /** Extra headers, at most 32; names are tokens, values visible ASCII. Those that carry the event can't be set. */
  readonly headers?: { readonly [name: string]: string };
  /** `binary` (when absent): attributes in headers, the payload as the body. `structured`: one JSON document. */
  readonly cloudEvents?: "binary" | "structured";
  /** Which answers mean that the event was taken; any 2xx when absent. */
  readonly success?: SuccessRule;
};

export const METHODS = ["POST", "PUT", "PATCH", "DELETE", "GET"] as const satisfies readonly HttpOptions["method"][];
export const CLOUD_EVENTS = ["binary", "structured"] as const;
export const HEADERS_MAX = 32;
/** Names and values together. Servers of ordinary make refuse more than 8 KiB (nginx, Apache) in all. */
export const HEADERS_MAX_BYTES = 8 * 1024;

export const HTTP_RULES: SchemeRules = {
  ports: { http: 80, https: 443 },
  urnFault: httpUrnFault,
  options: {
    method: (value, field) => {
      if (isMethod(value)) return undefined;
      const upper = typeof value === "string" ? value.toUpperCase() : undefined;
      return fault(field, `A method is one of ${METHODS.join(", ")}.`, isMethod(upper) ? { suggestion: upper } : {});
    },
    headers: headersFault,
    cloudEvents: cloudEventsFault,
    success: successRuleFault,
  },
};

/** Whether the value of a header of this name is hidden wherever it is shown. */
export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(name);
}

const SECRET_HEADER =
  /(^|-)(auth|authorization|authentication|cookie|session|credentials?)(-|$)|token|secret|passw|key|signature/i;

function httpUrnFault(urn: string, field: string): Fault | undefined {
  const start = urn.indexOf("://") + 3;
  const end = urn.slice(start).search(/[/?#]/);
  const authority = end === -1 ? urn.slice(start) : urn.slice(start, start + end);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (host === "" || host.startsWith(":")) {
    return fault(field, "A URN names a host after ://.", {
      position: start,
      suggestion: "http://localhost:3000/tick",
    });
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

/** RFC 9110 §5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** All but what RFC 9110 §5.5 allows without obs-text: bytes above ASCII have no agreed meaning. */
const UNSENDABLE = /[^\t\x20-\x7e]/;

/** What frames the message, or says what the event is: these are Metronome's to set. `webhook-` is kept for signatures. */
const OWN_HEADER =
  /^(host|content-(length|type|encoding|range)|transfer-encoding|connection|upgrade|te|trailer|expect|keep-alive|http2-settings|proxy-.*|idempotency-key|traceparent|tracestate|ce-.*|webhook-.*)$/;

export function headersFault(value: unknown, field: string): Fault | undefined {
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
        position: content !== content.trimStart() ? 0 : content.trimEnd().length,
      });
    }
    bytes += name.length + content.length;
  }
  return bytes > HEADERS_MAX_BYTES
    ? fault(field, `Headers are at most ${HEADERS_MAX_BYTES} bytes in all; these are ${bytes}.`)
    : undefined;
}

/** A mode of the CloudEvent, whatever it is sent by. */
export function cloudEventsFault(value: unknown, field: string): Fault | undefined {
  if ((CLOUD_EVENTS as readonly unknown[]).includes(value)) return undefined;
  const meant = typeof value === "string" ? nearest(value, CLOUD_EVENTS) : undefined;
  return fault(
    field,
    `A CloudEvent is sent in one of the modes ${CLOUD_EVENTS.join(", ")}.`,
    meant === undefined ? {} : { suggestion: meant },
  );
}

function isMethod(value: unknown): value is NonNullable<HttpOptions["method"]> {
  return (METHODS as readonly unknown[]).includes(value);
}
