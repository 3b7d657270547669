// What the routes are given: the peer, and what they share; and what they find with each request.

import type { UserId } from "../core/values/ids.ts";
import type { AuditAccess, ExchangeAccess, MeshAccess, Peer, TargetAccess } from "../peer.ts";
import type { Access } from "./access/access.ts";
import type { Directory } from "./access/directory.ts";
import type { Gatekeeper } from "./access/gatekeeper.ts";
import type { Issuer } from "./access/issuer.ts";
import type { Passwords } from "./access/password.ts";
import type { Quotas } from "./access/quotas.ts";
import type { Sightings } from "./access/sightings.ts";
import type { Turnstile } from "./access/turnstile.ts";
import type { Witness } from "./access/witness.ts";
import type { Once } from "./request/once.ts";
import type { Catalogue } from "./tasks/catalogue.ts";

export type Doors = {
  readonly peer: Peer;
  readonly mesh: MeshAccess;
  readonly targets: TargetAccess;
  readonly audit: AuditAccess;
  readonly exchanges: ExchangeAccess;
  readonly witness: Pick<Witness, "note" | "collect" | "wrote">;
  readonly gatekeeper: Gatekeeper;
  readonly directory: Directory;
  readonly passwords: Passwords;
  readonly quotas: Quotas;
  /** For all that somebody could guess at. */
  readonly turnstile: Turnstile;
  readonly once: Once;
  readonly issuer: Issuer;
  readonly sightings: Sightings;
  readonly catalogue: Catalogue;
  readonly cookieName: (isSecure: boolean) => string;
  readonly log: Log;
  /** Aborted when the API is closed: what streams ends. */
  readonly closing: AbortSignal;
  /** Asks the routes themselves, with what is known of the request. */
  readonly here: (request: Request, env: ApiEnv["Bindings"]) => Promise<Response>;
};

export type Log = (
  level: "warning" | "error",
  message: string,
  facts: { readonly [name: string]: string | number },
) => void;

/** What a route finds in its context's `env`. */
export type ApiEnv = {
  readonly Bindings: {
    readonly url: URL;
    /** The path as it was sent, not decoded. */
    readonly path: string;
    readonly access: Access;
    /** Whose tasks are asked for: of who asks, unless an admin names another user. */
    readonly user: UserId;
    /** An admin asks and names nobody: lists hold what is everyone's. */
    readonly isEveryone: boolean;
    /** Address of who sent the request; absent when it came from within the process. */
    readonly remote?: string;
    /** It came over TLS. */
    readonly isSecure: boolean;
    /** It came through the mesh, or was sent here by this peer itself as if it had: it is not sent on. */
    readonly isForwarded?: boolean;
  };
};
