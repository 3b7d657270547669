// A URN says where events go. What is checked here holds for every scheme; what comes after `://` is its scheme's to judge.

import { type Fault, fault } from "../values/fault.ts";
import { shorten } from "../values/faults.ts";
import { portOf, rulesOf, SCHEMES } from "./target-schemes.ts";

export const URN_MAX = 2_048;
export const URN_EXAMPLE = "http://localhost:3000/tick";

/** What is wrong with a URN, and the way out; absent when nothing is. */
export function urnFault(urn: string, field: string): Fault | undefined {
  if (urn === "") return fault(field, "A URN can't be empty.", { suggestion: URN_EXAMPLE });
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
  const rules = rulesOf(scheme);
  if (rules === undefined) {
    return fault(field, `"${shorten(scheme)}" is not a scheme that events can be sent by; known are ${KNOWN}.`, {
      position: 0,
    });
  }
  // What comes after a back slash is the host to some readers and the path to others: WHATWG URL §4.4.
  const backslash = urn.split("?")[0]?.indexOf("\\") ?? -1;
  if (backslash !== -1) return fault(field, "A URN holds no back slash; %5C stands for one.", { position: backslash });
  const hash = urn.indexOf("#");
  if (hash !== -1) {
    return fault(field, "A fragment (# and what follows) is never sent; %23 stands for a # that should be.", {
      position: hash,
    });
  }
  return rules.urnFault(urn, field);
}

/** Its scheme in lower case; absent when it has none. */
export function schemeOf(urn: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(urn)?.[1]?.toLowerCase();
}

/** `scheme://host:port` of a URN, normalised and without userinfo. */
export function originOfUrn(urn: string): string {
  const url = URL.parse(urn);
  if (url !== null) {
    const port = url.port === "" ? portOf(url.protocol.slice(0, -1)) ?? 80 : url.port;
    return `${url.protocol}//${url.hostname}:${port}`;
  }
  // Brokers are named by lists of hosts, which no URL can hold.
  return urn.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)[^]*$/i, "$1$2");
}

/** `http://user:***@host/` */
export function maskUrn(urn: string): string {
  return withUrnSecret(urn, () => "***");
}

/**
 * The URN with another text where its secret stands: the password, or all before the `@` when that is no pair: a user
 * without a password is a key, as payment services have them. The same when it holds none.
 */
export function withUrnSecret(urn: string, change: (secret: string) => string): string {
  return urn.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i, (_, scheme: string, userinfo: string) => {
    const colon = userinfo.indexOf(":");
    const isPair = colon > 0 && colon < userinfo.length - 1;
    const shown = isPair ? userinfo.slice(0, colon + 1) : "";
    return `${scheme}${shown}${change(userinfo.slice(shown.length))}@`;
  });
}

/** The user and the password of a checked URN, decoded. */
export function userinfoOf(urn: string): { readonly user: string; readonly password: string } | undefined {
  const url = URL.parse(urn);
  if (url === null || (url.username === "" && url.password === "")) return undefined;
  return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

export function hasUserinfo(urn: string): boolean {
  return /^[^/]*:\/\/[^/?#]*@/.test(urn);
}

/** Control characters of ASCII and Latin-1, and the white space that Unicode has beside them. */
const UNPRINTABLE = /[\p{Cc}\s\u2028\u2029]/u;

const KNOWN = SCHEMES.join(", ");

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
