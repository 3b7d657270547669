// What shows a target who sends: the headers, the certificate and the signature that its credentials make.

import { Buffer } from "node:buffer";
import type { ResolvedTarget } from "../core/delivery/resolved-target.ts";
import { type Credential, type Credentials, secretHeaders, valuesAt } from "../core/targets/credentials.ts";
import { userinfoOf } from "../core/targets/target-urn.ts";
import { type OauthClient, oauthClient } from "./oauth.ts";
import { clientTlsOf } from "./open-target.ts";
import { type Signer, signerOf } from "./signature.ts";
import { writeTls } from "./tls.ts";

export type Proof = {
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly secrets: readonly string[];
  readonly signer?: Signer;
  readonly oauth?: OauthClient;
  /** As `writeTls` writes it. */
  readonly tls?: string;
};

/** Of a URN alone: its user and password. */
export function plainProof(urn: string): Proof {
  const userinfo = urn.includes("@") ? userinfoOf(urn) : undefined;
  return userinfo === undefined ? NONE : basicProof(userinfo.user, userinfo.password);
}

/** `which`: with the values that are used now, or with those before, where there are any. */
export function proofOf(target: ResolvedTarget, credentials: Credentials, which: "newest" | "previous"): Proof {
  const { auth, tls = {} } = target;
  const valueOf = (credential: Credential | undefined) =>
    (which === "previous" ? credential?.previous?.value : undefined) ?? credential?.value ?? "";
  const headers: (readonly [string, string])[] = [];
  const secrets: string[] = [];
  for (const [name, credential] of secretHeaders(credentials)) {
    headers.push([name, valueOf(credential)]);
    secrets.push(valueOf(credential));
  }
  const { password, token, clientSecret, key, signingSecret } = credentials;
  const written = writeTls(clientTlsOf(tls, key?.value));
  const signer = signerOf(signingSecret);
  const common = {
    ...(signer === undefined ? {} : { signer }),
    ...(written === undefined ? {} : { tls: written }),
  };
  switch (auth?.kind) {
    case undefined:
      return { headers, secrets, ...common };
    case "basic": {
      const basic = basicProof(auth.user, valueOf(password));
      return { headers: [...headers, ...basic.headers], secrets: [...secrets, ...basic.secrets], ...common };
    }
    case "bearer": {
      const bearer = valueOf(token);
      return { headers: [...headers, ["authorization", `Bearer ${bearer}`]], secrets: [...secrets, bearer], ...common };
    }
    case "oauth2": {
      const secret = valueOf(clientSecret);
      return {
        headers,
        secrets: [...secrets, secret, encodeURIComponent(secret)],
        oauth: oauthClient(auth, secret, { tls: written, isGuarded: target.isGuarded === true }),
        ...common,
      };
    }
  }
}

/** Until when values before those of now are good; absent when there are none at `now`. Signatures are made with both anyway. */
export function previousUntil({ signingSecret: _, ...used }: Credentials, now: number): number | undefined {
  const rotating = Object.values(used).filter((each) => valuesAt(each, now).length > 1);
  if (rotating.length === 0) return undefined;
  return Math.min(...rotating.map(({ previous }) => previous?.until ?? Infinity));
}

const NONE: Proof = { headers: [], secrets: [] };

/** RFC 7617; a user alone is a key, and secret. */
function basicProof(user: string, password: string): Proof {
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  const secret = password === "" ? user : password;
  return {
    headers: [["authorization", `Basic ${credentials}`]],
    secrets: [credentials, secret, encodeURIComponent(secret)],
  };
}
